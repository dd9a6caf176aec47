"""The booking of this browser, so that session pages link to the delegate's own booking step.

Opening "Your sessions" by the link in an email sets a cookie with a signed key, until the browser
is closed. It is sent only to the URLs that public pages link to, and to the agenda, which shows
seats beside stars; so public pages are the same for everyone.
"""

from itertools import product

from flask import current_app, request
from flask.wrappers import Response

from app.delegates.models import Delegate
from app.web import languages, signing

COOKIE, SALT = "seats", "booking in this browser"
MAX_SECRET_LENGTH = 200  # characters
PATHS = ("/booking/seats", "/agenda")


def find_booking_key() -> str | None:
    """Return the key of the booking that was opened in this browser, or None."""
    secret = request.cookies.get(COOKIE, "")
    return signing.unsign(SALT, secret) if len(secret) <= MAX_SECRET_LENGTH else None


def set_cookie(response: Response, delegate: Delegate) -> Response:
    """Remember the booking until the browser is closed."""
    for code, path in product(languages.list_codes(), PATHS):
        response.set_cookie(
            COOKIE,
            signing.sign(SALT, delegate.access_key),
            path=f"{languages.language_prefix(code)}{path}",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
    return response
