"""The versions of an email text: listed, shown, compared and restored."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.accounts.guards import current_actor
from app.admin_emails import examples, text_pages
from app.admin_emails.kinds.registry import EMAIL_KINDS
from app.admin_kit.edit_form import EditForm
from app.content import diff
from app.history import queries as history
from app.mail import email_texts
from app.web import redirects
from app.web.rendering import render_page

redirects.MESSAGES["admin"] |= {
    "email-text-restored": _l("Restored. New emails of this type will say this."),
}

bp = Blueprint("versions", __name__)


@bp.get("/versions")
def index(template: str, language: str) -> ResponseReturnValue:
    key = text_pages.get_key(template, language)
    versions = email_texts.list_versions(key)
    return render_page(
        "admin/emails/text_versions.html",
        versions=versions,
        numbers=[*(one.version for one in versions), 0],
        entries=history.list_newest(email_texts.history_subject(template)),
        **text_pages.build_context(key),
    )


@bp.get(f"/versions/<int(max={text_pages.MAX_VERSION}):number>")
def show(template: str, language: str, number: int) -> ResponseReturnValue:
    """Show a version and how it differs from the current text; 0 is the shipped text."""
    key = text_pages.get_key(template, language)
    state, text = email_texts.get_state(key), text_pages.get_version_text(key, number)
    form = EditForm(formdata=None)
    form.expected_version.data = state.version
    return render_page(
        "admin/emails/text_version.html",
        form=form,
        number=number,
        version=email_texts.get_version(key, number) if number else None,
        text=text,
        state=state,
        email=examples.preview(key, text),
        **text_pages.build_context(key),
    )


@bp.get("/compare")
def compare(template: str, language: str) -> ResponseReturnValue:
    key = text_pages.get_key(template, language)
    numbers = [text_pages.parse_version_number(name) for name in ("from", "to")]
    old, new = (text_pages.get_version_text(key, number) for number in numbers)
    return render_page(
        "admin/emails/text_compare.html",
        numbers=numbers,
        old=old,
        new=new,
        lines=diff.diff_lines(old.body, new.body),
        **text_pages.build_context(key),
    )


@bp.post(f"/versions/<int(max={text_pages.MAX_VERSION}):number>/restore")
def restore(template: str, language: str, number: int) -> ResponseReturnValue:
    key = text_pages.get_key(template, language)
    email_texts.restore(
        key,
        number,
        name=str(EMAIL_KINDS[template].name),
        expected_version=EditForm().expected_version.data,
        actor=current_actor(),
    )
    return text_pages.redirect_to_email(key, "email-text-restored")
