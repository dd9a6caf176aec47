"""Tickets with which answers are counted: each booking is offered one, and it counts once.

A ticket is a signed random number in a cookie, which only the page of the questions receives.
Nothing of it is stored when it is drawn: the booking remembers that it was offered one, not which.
When it is spent, its hash is stored, so that it does not count again; that names no booking and no
time. So nothing that is stored says who has answered, or when.
"""

import secrets
from hashlib import sha256
from typing import Any, Final

from flask import current_app, request, url_for
from flask.wrappers import Response

from app.database import insert_if_absent
from app.equality.models import SpentTicket
from app.web import signing

COOKIE: Final = "equality"
SALT: Final = "questions about equality"


def hand_out(response: Response) -> Response:
    """Draw a ticket, and give it to the visitor's browser until that is closed."""
    ticket = signing.sign(SALT, secrets.token_urlsafe(16))
    response.set_cookie(COOKIE, ticket, **_options())
    return response


def read() -> str:
    """Return the ticket in the visitor's browser, or "" if there is none that we handed out."""
    ticket = request.cookies.get(COOKIE, "")
    return ticket if signing.unsign(SALT, ticket) is not None else ""


def spend(ticket: str) -> bool:
    """Spend a ticket; return False if it has been spent already."""
    spent = {"hash": sha256(ticket.encode()).hexdigest()}
    return insert_if_absent(SpentTicket, [spent]) == 1


def take_back(response: Response) -> Response:
    """Delete the ticket from the visitor's browser."""
    response.delete_cookie(COOKIE, **_options())
    return response


def _options() -> dict[str, Any]:
    is_secure = current_app.config["SESSION_COOKIE_SECURE"]
    path = url_for("registration.equality.ask")
    return {"path": path, "secure": is_secure, "httponly": True, "samesite": "Lax"}
