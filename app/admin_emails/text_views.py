"""Editing email texts: the text of each type of email in each language."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

from flask import Blueprint, Response, make_response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse
from wtforms import TextAreaField
from wtforms.validators import DataRequired

from app.accounts import rate_limits
from app.accounts.guards import current_actor
from app.admin_emails import examples, text_pages
from app.admin_emails.kinds.registry import EMAIL_KINDS
from app.admin_emails.previews import FRAME_POLICY, PREVIEW_POLICY, PreviewRequest, render_preview
from app.admin_kit import draft_forms
from app.admin_kit.draft_forms import deletes_draft
from app.admin_kit.edit_form import EditForm
from app.content import diff
from app.errors import StaleEdit
from app.forms.fields import line_field
from app.forms.form import ConfirmForm, validates_own_csrf
from app.forms.validators import max_length, no_hidden_characters
from app.mail import email_texts
from app.mail.email_texts import EmailTextState, TextKey
from app.mail.fields.registry import EMAIL_FIELDS
from app.mail.rendering import EmailText, RenderedEmail
from app.mail.shipped_texts import get_shipped_text
from app.text import normalise_lines
from app.web import redirects
from app.web.rendering import render_page

FINGERPRINT_LENGTH: Final = 12  # characters

redirects.MESSAGES["admin"] |= {
    "email-text-saved": _l("Saved. New emails of this type will say this."),
    "email-text-test": _l("We are sending this email to you, with invented details."),
}

bp = Blueprint("email_texts", __name__, url_prefix="/letters/wording/<template>/<language>")


class EmailTextForm(EditForm):
    """Edit the text of an email in one language."""

    subject = line_field(
        _l("Subject"),
        _l("The subject"),
        _l("Enter a subject"),
        max_chars=email_texts.MAX_SUBJECT_LENGTH,
        dir="auto",
    )
    body = TextAreaField(
        _l("Text"),
        [
            DataRequired(_l("Enter the text")),
            max_length(email_texts.MAX_BODY_LENGTH, _l("The text")),
            no_hidden_characters,
        ],
        filters=[normalise_lines],
        render_kw={"dir": "auto", "data-previewed": ""},
    )

    @property
    def text(self) -> EmailText:
        """Return the submitted text."""
        return EmailText(self.subject.data or "", (self.body.data or "").strip())

    def set_initial_data(self, version: int, text: EmailText) -> None:
        """Fill in a text, and the number of the version that it replaces."""
        self.expected_version.data = version
        self.subject.data, self.body.data = text.subject, text.body

    def reject_problems(self, template: str) -> bool:
        """Add an error for each invalid placeholder; return True if there is one."""
        problems = email_texts.find_problems(template, self.text)
        for name, sentences in problems.items():
            self[name].errors = [*self[name].errors, *sentences]
        return bool(problems)


@bp.route("", methods=["GET", "POST"])
@validates_own_csrf
@deletes_draft
def edit(template: str, language: str) -> ResponseReturnValue:
    key = text_pages.get_key(template, language)
    typed = draft_forms.get_form_arguments()
    form = EmailTextForm(**typed)
    state = email_texts.get_state(key)
    if not form.is_submitted() and not typed:
        form.set_initial_data(state.version, _get_base_text(key, state))
    status, stale = _submit(form, key)
    if isinstance(status, BaseResponse):
        return status
    return _render_form(key, form, state, status, stale)


def _submit(form: EmailTextForm, key: TextKey) -> tuple[Any, StaleEdit | None]:
    """Save the form or store it as a draft; return the redirect, or the status of the page."""
    if not form.is_submitted():
        return 200, None
    if not form.validate() or form.reject_problems(key.template):
        return 422, None
    if draft_forms.get_pressed_button() == draft_forms.PREVIEW:
        return _show_draft(form, key) or 200, None
    try:
        return _save(form, key), None
    except StaleEdit as error:
        form.rebase_on(error)
        return 409, error


def _show_draft(form: EmailTextForm, key: TextKey) -> BaseResponse | None:
    """Store the input, which the preview frame reads; redirect unless a script asks."""
    url = url_for(".preview", **key._asdict())
    stored = draft_forms.redirect_to_draft(form, url)
    is_live = request.form.get(draft_forms.PREVIEW) == draft_forms.LIVE_PREVIEW
    return None if is_live else stored


def _save(form: EmailTextForm, key: TextKey) -> ResponseReturnValue:
    is_new = email_texts.save(
        key,
        form.text,
        name=str(EMAIL_KINDS[key.template].name),
        expected_version=form.expected_version.data,
        actor=current_actor(),
    )
    return text_pages.redirect_to_email(key, "email-text-saved" if is_new else "as-it-was")


def _render_form(
    key: TextKey, form: EmailTextForm, state: EmailTextState, status: int, stale: StaleEdit | None
) -> ResponseReturnValue:
    is_sound = not email_texts.find_problems(key.template, form.text)
    preview = examples.preview(key, form.text) if is_sound and form.body.data else None
    response = make_response(
        render_page(
            "admin/emails/edit_text.html",
            status,
            form=form,
            stale=stale,
            state=state,
            fields=EMAIL_FIELDS[key.template],
            examples=examples.build_examples(key),
            gaps=_list_gaps(key, form.text),
            preview=preview,
            frame_url=_build_frame_url(key, preview) if preview else "",
            shipped_changes=_diff_shipped(key, state),
            **text_pages.build_context(key),
        )
    )
    response.headers["Content-Security-Policy"] = PREVIEW_POLICY
    return response


def _build_frame_url(key: TextKey, preview: RenderedEmail) -> str:
    """Return the URL of the HTML, which changes with the HTML."""
    fingerprint = sha256(preview.html.encode()).hexdigest()[:FINGERPRINT_LENGTH]
    options: dict[str, Any] = {"now": fingerprint}
    if "from" in request.args and request.method == "GET":  # otherwise show the draft
        options["from"] = request.args["from"]
    return url_for(".preview_html", **key._asdict(), **options)


def _diff_shipped(key: TextKey, state: EmailTextState) -> Sequence[diff.DiffLine]:
    """Return the changes in the shipped text since the newest version was saved."""
    before, now = state.shipped_before, get_shipped_text(*key)
    lines = diff.diff_lines(before.body, now.body)
    return (*diff.diff_lines(before.subject, now.subject), *lines)


@bp.get("/preview")
def preview(template: str, language: str) -> ResponseReturnValue:
    """Show the input, or else the current text, at a URL of its own."""
    key = text_pages.get_key(template, language)
    preview_request = PreviewRequest(key, ".preview", ".preview_html", _get_draft_text(key))
    return render_preview(
        "admin/emails/preview_text.html",
        preview_request,
        form=ConfirmForm(),
        **text_pages.build_context(key),
    )


@bp.get("/preview/html")
def preview_html(template: str, language: str) -> ResponseReturnValue:
    """Return the HTML of the preview for its frame."""
    key = text_pages.get_key(template, language)
    preview_request = PreviewRequest(key, ".preview", ".preview_html", _get_draft_text(key))
    response = Response(preview_request.render_html())
    response.headers["Content-Security-Policy"] = FRAME_POLICY
    return response


@bp.post("/test")
def send_test(template: str, language: str) -> ResponseReturnValue:
    """Send a test of the input, or else of the current text, to the current user."""
    key = text_pages.get_key(template, language)
    rate_limits.hit_test_email(current_actor())
    examples.enqueue_test(key, _get_draft_text(key), to=current_actor())
    return redirects.redirect_to(url_for(".preview", **key._asdict()), "email-text-test")


def _get_base_text(key: TextKey, state: EmailTextState) -> EmailText:
    """Return the text to start editing from: the requested version, or the current one."""
    return text_pages.find_starting_text(key) or state.text


def _get_draft_text(key: TextKey) -> EmailText | None:
    """Return the user's unsaved draft, if it can be rendered.

    A requested version takes precedence.
    """
    if starting_text := text_pages.find_starting_text(key):
        return starting_text
    path = url_for(".edit", **key._asdict()).removeprefix(request.script_root)
    draft = draft_forms.find_draft(path)
    if draft is None:
        return None
    text = EmailTextForm(**draft_forms.to_arguments(draft)).text
    return None if email_texts.find_problems(key.template, text) else text


def _list_gaps(key: TextKey, text: EmailText) -> list[Any]:
    """Return the labels of placeholders that leave a gap for some people."""
    known = EMAIL_FIELDS[key.template].placeholders
    return [known[name].label for name in email_texts.find_gaps(key.template, text)]
