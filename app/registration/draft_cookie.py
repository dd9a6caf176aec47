"""Cookies of people who are registering: a random key for their answers, stored for a week."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, request
from flask.wrappers import Response

from app.registration.queries import DRAFT_LIFETIME

MAX_SECRET_LENGTH = 64  # characters


@dataclass(frozen=True)
class DraftCookie:
    """A cookie with the key of a draft."""

    name: str

    def read(self) -> str:
        """Return the key in the visitor's browser, or an empty string."""
        return request.cookies.get(self.name, "")[:MAX_SECRET_LENGTH]

    def set(self, response: Response, secret: str) -> Response:
        """Store the key in the visitor's browser for a week."""
        response.set_cookie(self.name, secret, max_age=DRAFT_LIFETIME, **_options())
        return response

    def delete(self, response: Response) -> Response:
        """Delete the key from the visitor's browser."""
        response.delete_cookie(self.name, **_options())
        return response


def _options() -> dict[str, Any]:
    is_secure = current_app.config["SESSION_COOKIE_SECURE"]
    return {"secure": is_secure, "httponly": True, "samesite": "Lax"}
