"""The booking of this browser, so that the page of a session leads to one's own step to book it.

Whoever opens "Your sessions" by the link in an email gets a cookie with a signed key, until the
browser is closed. It is sent only to the addresses that lead there from public pages, so that those
are the same for everyone.
"""

from flask import current_app, request
from flask.wrappers import Response

from app.registration.models import Delegate
from app.web import languages, signing

COOKIE, SALT = "seats", "booking in this browser"
MAX_SECRET_LENGTH = 200  # characters


def find_booking_key() -> str | None:
    """Return the key of the booking that was opened in this browser, or None."""
    secret = request.cookies.get(COOKIE, "")
    return signing.unsign(SALT, secret) if len(secret) <= MAX_SECRET_LENGTH else None


def set_cookie(response: Response, delegate: Delegate) -> Response:
    """Remember the booking until the browser is closed."""
    for code in languages.list_codes():
        response.set_cookie(
            COOKIE,
            signing.sign(SALT, delegate.access_key),
            path=f"{languages.language_prefix(code)}/booking/seats",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
    return response
