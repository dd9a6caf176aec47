"""The unsubscribe page of group emails: stop or resume them without signing in.

Opening it changes nothing, because mail scanners open every link. Mail programs that show a button
for the header List-Unsubscribe send a form on their own (RFC 8058): it needs neither a cookie nor a
CSRF token, since no one else knows the URL of the page.
"""

from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.forms.form import ConfirmForm, validates_own_csrf
from app.mail import unsubscribe
from app.web import redirects
from app.web.rendering import render_page
from app.web.security_headers import no_referrer

bp = Blueprint("unsubscribe", __name__, url_prefix="/emails")
no_referrer(bp)
bp.context_processor(redirects.flash_context)

STOPPED = _l("We will not send you any more emails like the one with this link.")
redirects.MESSAGES["unsubscribe"] |= {
    "on": _l("You will get emails about the conference again."),
}


@bp.get("/<token>")
def show(token: str) -> ResponseReturnValue:
    return _render(token, unsubscribe.find_address(token))


@bp.post("/<token>")
@validates_own_csrf
def stop(token: str) -> ResponseReturnValue:
    address = unsubscribe.find_address(token)
    unsubscribe.set_preference(address, is_on=False)
    return _render(token, address, flash_message=STOPPED)  # RFC 8058: no redirect is followed


@bp.post("/<token>/on")
def resume(token: str) -> ResponseReturnValue:
    unsubscribe.set_preference(unsubscribe.find_address(token), is_on=True)
    return redirects.redirect_to(url_for(".show", token=token), "on")


def _render(token: str, address: str, **variables: Any) -> ResponseReturnValue:
    return render_page(
        "mail/unsubscribe.html",
        token=token,
        preference=unsubscribe.get_preference(address),
        form=ConfirmForm(),
        **variables,
    )
