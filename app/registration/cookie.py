"""The cookie ``answers`` of a visitor who is registering; only this module reads it.

It contains a random key under which the answers are stored on the server for a week; without it,
the visitor starts again.
"""

from typing import Any

from flask import current_app, request
from flask.wrappers import Response

from app.registration import queries, question_pages, services
from app.registration.categories.queries import CATEGORY
from app.registration.models import Confirmation
from app.registration.progress import RegistrationProgress
from app.registration.queries import Answers

COOKIE = "answers"
MAX_SECRET_LENGTH = 64  # characters


def read_secret() -> str:
    """Return the key in the visitor's cookie, or an empty string."""
    return request.cookies.get(COOKIE, "")[:MAX_SECRET_LENGTH]


def current_progress() -> RegistrationProgress:
    """Return the visitor's progress; in a request that may write, lock the draft."""
    visitor_secret = read_secret()
    find = services.get_draft_for_update if request.method == "POST" else queries.find_draft
    stored_draft = find(visitor_secret) if visitor_secret else None
    if stored_draft is None:
        return RegistrationProgress(
            visitor_secret,
            None,
            {},
            is_expired=bool(visitor_secret) or _is_later_answer(),
        )
    return RegistrationProgress(visitor_secret, stored_draft, stored_draft.answers)


def has_confirmation(confirmation: Confirmation) -> bool:
    """Return True if this browser has made a confirmation, and has not begun again since."""
    stored_draft = queries.find_draft(read_secret())
    return stored_draft is not None and stored_draft.confirmation_id == confirmation.id


def find_typed_answers(confirmation_id: int) -> Answers:
    """Return what this browser typed for a confirmation that it has made; for a week, else none."""
    stored_draft = queries.find_draft(read_secret())
    if stored_draft is None or stored_draft.confirmation_id != confirmation_id:
        return {}
    return stored_draft.answers


def _is_later_answer() -> bool:
    """Return True if the request answers a question with which nobody begins."""
    first = question_pages.list_steps({})[0]
    step = (request.view_args or {}).get("step", first)
    return request.method == "POST" and step not in {CATEGORY, first}


def set_cookie(response: Response, secret: str) -> Response:
    """Store the key in the visitor's browser for a week."""
    response.set_cookie(COOKIE, secret, max_age=queries.DRAFT_LIFETIME, **_cookie_options())
    return response


def delete_cookie(response: Response) -> Response:
    """Delete the key from the visitor's browser."""
    response.delete_cookie(COOKIE, **_cookie_options())
    return response


def _cookie_options() -> dict[str, Any]:
    is_secure = current_app.config["SESSION_COOKIE_SECURE"]
    return {"secure": is_secure, "httponly": True, "samesite": "Lax"}
