"""Tokens that let each booking answer once, without saying who answered.

A token is a signed random number in a cookie, which only the page of the questions receives. When
it is issued, the booking stores only that it got one, not which. When it is spent, its hash is
stored so that it cannot count again, without a booking or a time. So nothing that is stored says
who has answered, or when (decision 0058).
"""

import secrets
from hashlib import sha256
from typing import Any, Final

from flask import current_app, request, url_for
from flask.wrappers import Response

from app.database import insert_if_absent
from app.equality.models import SpentToken
from app.web import signing

COOKIE: Final = "equality"
SALT: Final = "questions about equality"


def issue(response: Response) -> Response:
    """Set a new token in the visitor's browser, until the browser is closed."""
    token = signing.sign(SALT, secrets.token_urlsafe(16))
    response.set_cookie(COOKIE, token, **_options())
    return response


def read() -> str:
    """Return the token in the visitor's browser, or "" if it has none that we issued."""
    token = request.cookies.get(COOKIE, "")
    return token if signing.unsign(SALT, token) is not None else ""


def spend(token: str) -> bool:
    """Spend a token; return False if it was spent before."""
    spent = {SpentToken.hash.key: sha256(token.encode()).hexdigest()}
    return insert_if_absent(SpentToken, [spent]) == 1


def discard(response: Response) -> Response:
    """Delete the token from the visitor's browser."""
    response.delete_cookie(COOKIE, **_options())
    return response


def _options() -> dict[str, Any]:
    is_secure = current_app.config["SESSION_COOKIE_SECURE"]
    path = url_for("registration.equality.ask")
    return {"path": path, "secure": is_secure, "httponly": True, "samesite": "Lax"}
