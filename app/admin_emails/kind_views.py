"""The email texts of the site: every type of email, with a preview."""

from collections.abc import Mapping, Sequence

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from app.admin_emails.kinds.registry import EMAIL_GROUPS, EMAIL_KINDS
from app.admin_emails.previews import FRAME_POLICY, PreviewRequest, render_preview
from app.mail import email_texts
from app.mail.email_texts import TextKey
from app.programme import queries
from app.web import languages
from app.web.rendering import render_page

bp = Blueprint("email_kinds", __name__, url_prefix="/letters/wording")


@bp.get("")
def index() -> ResponseReturnValue:
    return render_page(
        "admin/emails/kinds.html",
        groups=EMAIL_GROUPS,
        edited=_list_edited_languages(),
        has_languages=len(languages.list_codes()) > 1,
        additions=queries.get_email_additions(),
        has_conference=queries.has_conference(),
    )


def _list_edited_languages() -> Mapping[str, Sequence[str]]:
    """Return the languages in which organisers have edited an email, by its template."""
    found: dict[str, list[str]] = {}
    for template, language in email_texts.list_edited():
        found.setdefault(template, []).append(languages.describe(language).name)
    return found


@bp.get("/<template>")
def preview(template: str) -> ResponseReturnValue:
    """Show the text of an email; its HTML is a page of its own, in a frame."""
    preview_request = _get_preview(template)
    key = preview_request.key
    return render_preview(
        "admin/emails/preview.html",
        preview_request,
        key=key,
        kind=EMAIL_KINDS[template],
        state=email_texts.find_state(key),
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
