"""The entries of the waiting list: build, lock, and end them, whatever they wait for.

The locks of limits come before that of an entry. An entry that ends has given up its place or its
turn before, or has become a booking.
"""

import secrets
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import update

from app import clock
from app.database import db
from app.delegates.answer_json import load_answers
from app.delegates.categories.queries import INVITATION
from app.delegates.models import CONFERENCE, Delegate
from app.history import services as history
from app.registration import seats
from app.registration.invitations.models import InvitationCode
from app.registration.waiting_list import queries, turns
from app.registration.waiting_list.models import IN_QUEUE, WaitingListEntry
from app.row_locks import lock_row

MERGED: Final = "Moved to the booking that was kept of two"
# what else changes once somebody no longer waits for a place
END_HOOKS: list[Callable[[WaitingListEntry], None]] = []


def build_for_delegate(delegate: Delegate, **values: Any) -> WaitingListEntry:
    """Return the entry of somebody who has a booking, and so nothing to answer; not stored yet."""
    return WaitingListEntry(
        access_key=secrets.token_urlsafe(16),
        name=delegate.full_name,
        email=delegate.email,
        identity_key="",
        search_text=delegate.search_text,
        language=delegate.language,
        document="{}",
        state=IN_QUEUE,
        joined_at=clock.now(),
        delegate=delegate,
        **values,
    )


def can_accept(entry: WaitingListEntry) -> bool:
    """Return True if a place or a seat is held for somebody who may still take it."""
    ends_at = entry.offer_ends_at
    return entry.is_offered and ends_at is not None and clock.now() < ends_at


def lock(entry: WaitingListEntry) -> None:
    """Lock the limits that somebody waits for, and then their entry, read anew."""
    seats.lock_limits(seats.list_limits(entry.category_id))
    lock_alone(entry)


def lock_alone(entry: WaitingListEntry) -> None:
    """Lock the entry of somebody alone, and read it anew; raise Gone if it has been deleted."""
    lock_row(entry, queries.ENTRY_GONE)


def list_counted_limits(entry: WaitingListEntry) -> Sequence[str]:
    """Return the names of the limits that the place counts towards for which somebody waits."""
    return turns.list_limits(entry.category_id, keeps_place=entry.keeps_place)


def give_up_place(entry: WaitingListEntry) -> None:
    """Free the place or the turn of someone who does not get it, and the use of their code."""
    code = load_answers(entry.document).get(INVITATION)
    if code is not None:
        used = InvitationCode.used
        own = update(InvitationCode).where(InvitationCode.code == code, used > 0)
        db.session.execute(own.values(used=used - 1))
    if entry.is_offered:
        seats.release_seats(list_counted_limits(entry))
    else:
        seats.leave_queue(CONFERENCE)


def end(entry: WaitingListEntry, state: str, summary: str, actor: str) -> None:
    """End the wait of somebody whose place or turn has been given up; delete their answers."""
    entry.state, entry.ended_at = state, clock.now()
    entry.document = entry.identity_key = ""
    record(entry, summary, actor)
    db.session.flush()
    run_end_hooks(entry)


def run_end_hooks(entry: WaitingListEntry) -> None:
    """Change what else says that somebody waits for a place."""
    if not entry.is_for_session:
        for hook in END_HOOKS:
            hook(entry)


def record(entry: WaitingListEntry, summary: str, actor: str) -> None:
    """Add a step to what somebody reads on their page."""
    db.session.flush()
    history.record(summary, subject=entry.history_subject, actor=actor)
