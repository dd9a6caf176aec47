"""What the emails of the site say: every type of email, each with a preview."""

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from app.admin import email_kinds
from app.admin.email_kinds import EMAIL_KINDS, EmailKind
from app.web.rendering import render_page
from app.web.security_headers import CONTENT_SECURITY_POLICY

# The HTML of an email has its styles in itself. In its frame it runs no script, sends no form,
# and fetches nothing; its QR code is in the page.
FRAME_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)
PREVIEW_POLICY = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"

bp = Blueprint("email_wording", __name__, url_prefix="/letters/wording")


@bp.get("")
def index() -> ResponseReturnValue:
    return render_page("admin/emails/kinds.html", kinds=EMAIL_KINDS)


@bp.get("/<template>")
def preview(template: str) -> ResponseReturnValue:
    """Show what an email says; its HTML is a page of its own, in a frame."""
    response = render_page(
        "admin/emails/preview.html",
        name=template,
        kind=_get_kind(template),
        email=email_kinds.preview(template),
        is_narrow=request.args.get("width") == "phone",
    )
    response.headers["Content-Security-Policy"] = PREVIEW_POLICY
    return response


@bp.get("/<template>/html")
def preview_html(template: str) -> ResponseReturnValue:
    """Return the HTML of an email for the frame."""
    _get_kind(template)
    response = Response(email_kinds.preview(template).html)
    response.headers["Content-Security-Policy"] = FRAME_POLICY
    return response


def _get_kind(template: str) -> EmailKind:
    if template not in EMAIL_KINDS:
        abort(404)
    return EMAIL_KINDS[template]
