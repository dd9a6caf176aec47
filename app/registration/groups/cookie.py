"""The cookie ``group`` of somebody who registers a group; only this module reads it.

Like the cookie of those who register themselves, it is a random key under which the answers are
stored on the server for a week.
"""

from dataclasses import dataclass
from typing import Any

from flask import current_app, request
from flask.wrappers import Response

from app.registration import queries, services
from app.registration.groups import draft as drafts
from app.registration.groups.draft import GroupDraft
from app.registration.queries import StoredDraft

COOKIE = "group"
MAX_SECRET_LENGTH = 64  # characters


@dataclass(frozen=True)
class GroupProgress:
    """What this browser has told about a group."""

    secret: str
    stored: StoredDraft | None
    draft: GroupDraft
    is_expired: bool = False  # whether there is no longer anything for the key


def read_secret() -> str:
    """Return the key in the visitor's cookie, or an empty string."""
    return request.cookies.get(COOKIE, "")[:MAX_SECRET_LENGTH]


def current_progress(*, for_update: bool | None = None) -> GroupProgress:
    """Return what is stored; in a request that may write, lock it."""
    secret = read_secret()
    is_locked = request.method == "POST" if for_update is None else for_update
    find = services.get_draft_for_update if is_locked else queries.find_draft
    stored = find(secret) if secret else None
    if stored is None:
        return GroupProgress(secret, None, GroupDraft(), is_expired=bool(secret))
    return GroupProgress(secret, stored, drafts.load(stored.answers))


def save(progress: GroupProgress, draft: GroupDraft) -> str:
    """Store the group and return the key for the visitor's cookie; raise RateLimitExceeded."""
    answers = drafts.dump(draft)
    if progress.stored is None:
        return services.create_draft(answers, ip_address=request.remote_addr)
    services.save_draft(progress.stored, answers)
    return progress.secret


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
