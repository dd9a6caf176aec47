"""What the conference adds to every email: a paragraph and a signatory."""

from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.accounts.guards import current_actor
from app.admin_kit.edit_form import EditForm
from app.errors import StaleEdit
from app.forms.fields import editor_line_field, editor_text_field
from app.forms.form import validates_own_csrf
from app.programme import queries
from app.programme.editing import versioned_edits
from app.programme.fields.conference import CONFERENCE_FIELDS
from app.programme.models import Conference
from app.web import redirects
from app.web.rendering import render_page

MAX_PARAGRAPH_LENGTH = 500  # characters
MAX_SIGNATORY_LENGTH = 100


class EmailAdditionsForm(EditForm):
    """Edit what the conference adds to emails."""

    email_paragraph = editor_text_field(
        _l("Paragraph in every email (optional)"), _l("The paragraph"), limit=MAX_PARAGRAPH_LENGTH
    )
    email_signatory = editor_line_field(
        _l("Signatory (optional)"), _l("The signatory"), max_chars=MAX_SIGNATORY_LENGTH
    )

    def set_initial_data(self, conference: Conference) -> None:
        """Fill in the current additions."""
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
    "email-additions-saved": _l("Saved. New emails will include this."),
}

bp = Blueprint("email_additions", __name__, url_prefix="/letters/wording/change")


@bp.route("", methods=["GET", "POST"])
@validates_own_csrf
def edit() -> ResponseReturnValue:
    form, conference = EmailAdditionsForm(), queries.get_conference()
    stale = None
    if form.validate_on_submit():
        try:
            changes = _save(conference, form)
        except StaleEdit as error:
            form, stale = form.rebase_on(error), error
        else:
            message_key = "email-additions-saved" if changes else "as-it-was"
            return redirects.redirect_to(url_for("admin.email_kinds.index"), message_key)
    elif not form.is_submitted():
        form.set_initial_data(conference)
    return render_page(
        "admin/emails/additions.html", 409 if stale else None, form=form, stale=stale
    )


def _save(conference: Conference, form: EmailAdditionsForm) -> bool:
    """Save the submitted values; return whether anything changed."""
    changes = versioned_edits.save(
        CONFERENCE_FIELDS,
        conference,
        form.values(),
        expected_version=form.expected_version.data,
        actor=current_actor(),
    )
    return bool(changes)
