"""The cookie ``group`` of a visitor who registers a group; only this module reads it."""

from dataclasses import dataclass

from flask import request

from app.registration import queries, services
from app.registration.draft_cookie import DraftCookie
from app.registration.groups import draft as drafts
from app.registration.groups.draft import GroupDraft
from app.registration.queries import StoredDraft

GROUP = DraftCookie("group")


@dataclass(frozen=True)
class GroupProgress:
    """What this browser has entered about a group."""

    secret: str
    stored: StoredDraft | None
    draft: GroupDraft
    is_expired: bool = False  # whether nothing is stored for the key any longer


def current_progress(*, for_update: bool | None = None) -> GroupProgress:
    """Return what is stored; lock it in a request that may write."""
    secret = GROUP.read()
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
