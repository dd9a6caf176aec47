"""What the emails of the site say: every type with a preview, and what the conference adds."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.accounts.guards import current_actor
from app.admin.edit_form import EditForm
from app.admin.email_kinds import EMAIL_KINDS
from app.admin.email_previews import FRAME_POLICY, PreviewRequest, render_preview
from app.errors import StaleEdit
from app.forms.fields import editor_line_field, editor_text_field
from app.forms.form import validates_own_csrf
from app.mail import own_texts
from app.mail.own_texts import TextKey
from app.programme import queries
from app.programme.editing import versioned_edits
from app.programme.fields.conference import CONFERENCE_FIELDS
from app.programme.models import Conference
from app.web import languages, redirects
from app.web.rendering import render_page

MAX_PARAGRAPH_LENGTH = 500  # characters
MAX_SIGNATORY_LENGTH = 100


class EmailWordingForm(EditForm):
    """Edit what the conference adds to emails."""

    email_paragraph = editor_text_field(
        _l("Paragraph in every email (optional)"), _l("The paragraph"), limit=MAX_PARAGRAPH_LENGTH
    )
    email_signatory = editor_line_field(
        _l("Signatory (optional)"), _l("The signatory"), max_chars=MAX_SIGNATORY_LENGTH
    )

    def set_initial_data(self, conference: Conference) -> None:
        """Fill in what is added now."""
        self.expected_version.data = conference.version
        self.email_paragraph.data = conference.email_paragraph
        self.email_signatory.data = conference.email_signatory

    def values(self) -> dict[str, Any]:
        """Return the submitted values in the format of the history."""
        return {
            "email_paragraph": self.email_paragraph.data or "",
            "email_signatory": self.email_signatory.data or "",
        }


redirects.MESSAGES["admin"] |= {
    "email-wording-saved": _l("Saved. New emails will include this."),
}

bp = Blueprint("email_wording", __name__, url_prefix="/letters/wording")


@bp.get("")
def index() -> ResponseReturnValue:
    return render_page(
        "admin/emails/kinds.html",
        kinds=EMAIL_KINDS,
        edited=_list_edited_languages(),
        has_languages=len(languages.list_codes()) > 1,
        wording=queries.get_email_wording(),
        has_conference=queries.has_conference(),
    )


def _list_edited_languages() -> Mapping[str, Sequence[str]]:
    """Return the languages in which organisers wrote an email themselves, by its template."""
    found: dict[str, list[str]] = {}
    for template, language in own_texts.list_edited():
        found.setdefault(template, []).append(languages.describe(language).name)
    return found


@bp.route("/change", methods=["GET", "POST"])
@validates_own_csrf
def edit() -> ResponseReturnValue:
    form, conference = EmailWordingForm(), queries.get_conference()
    stale, status = None, 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            changes = _save(conference, form)
        except StaleEdit as error:
            form, stale, status = form.rebase_on(error), error, 409
        else:
            message_key = "email-wording-saved" if changes else "as-it-was"
            return redirects.redirect_to(url_for(".index"), message_key)
    elif not form.is_submitted():
        form.set_initial_data(conference)
    return render_page("admin/emails/wording.html", status, form=form, stale=stale)


def _save(conference: Conference, form: EmailWordingForm) -> bool:
    """Save what was typed; return whether anything changed."""
    changes = versioned_edits.save(
        CONFERENCE_FIELDS,
        conference,
        form.values(),
        expected_version=form.expected_version.data,
        actor=current_actor(),
    )
    return bool(changes)


@bp.get("/<template>")
def preview(template: str) -> ResponseReturnValue:
    """Show what an email says; its HTML is a page of its own, in a frame."""
    asked = _get_preview(template)
    key = asked.key
    return render_preview(
        "admin/emails/preview.html",
        asked,
        key=key,
        kind=EMAIL_KINDS[template],
        state=own_texts.find_state(key),
        written_in=languages.describe(key.language),
        offered_languages=[languages.describe(code) for code in languages.list_codes()],
    )


@bp.get("/<template>/html")
def preview_html(template: str) -> ResponseReturnValue:
    """Return the HTML of an email for the frame."""
    response = Response(_get_preview(template).render_html())
    response.headers["Content-Security-Policy"] = FRAME_POLICY
    return response


def _get_preview(template: str) -> PreviewRequest:
    code = request.args.get("language", languages.SOURCE_LANGUAGE)
    if template not in EMAIL_KINDS or code not in languages.list_codes():
        abort(404)
    return PreviewRequest(TextKey(template, code), ".preview", ".preview_html")
