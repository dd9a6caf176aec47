"""The entries of the waiting list: build, lock, and end them, whatever they wait for.

Limits are locked before an entry. An entry ends after it has released its place or turn, or has
become a booking.
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
# further effects of the end of a wait for a place
END_HOOKS: list[Callable[[WaitingListEntry], None]] = []


def build_for_delegate(delegate: Delegate, **values: Any) -> WaitingListEntry:
    """Return an unsaved entry of a person with a booking, who has no questions to answer."""
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
    """Return True if a place or a seat is held for the person that they may still accept."""
    ends_at = entry.offer_ends_at
    return entry.is_offered and ends_at is not None and clock.now() < ends_at


def lock(entry: WaitingListEntry) -> None:
    """Lock the limits an entry waits for, and then the entry, and reload it."""
    seats.lock_limits(seats.list_limits(entry.category_id))
    lock_alone(entry)


def lock_alone(entry: WaitingListEntry) -> None:
    """Lock only an entry, and reload it; raise Gone if it has been deleted."""
    lock_row(entry, queries.ENTRY_GONE)


def list_counted_limits(entry: WaitingListEntry) -> Sequence[str]:
    """Return the names of the limits that the awaited place counts towards."""
    return turns.list_limits(entry.category_id, keeps_place=entry.keeps_place)


def give_up_place(entry: WaitingListEntry) -> None:
    """Release the place or turn of a person who does not get it, and the use of their code."""
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
    """End the wait of a person whose place or turn was released; delete their answers."""
    entry.state, entry.ended_at = state, clock.now()
    entry.document = entry.identity_key = ""
    record(entry, summary, actor)
    db.session.flush()
    run_end_hooks(entry)


def run_end_hooks(entry: WaitingListEntry) -> None:
    """Run the further effects of the end of a wait for a place."""
    if not entry.is_for_session:
        for hook in END_HOOKS:
            hook(entry)


def record(entry: WaitingListEntry, summary: str, actor: str) -> None:
    """Add a step to the history on the person's page."""
    db.session.flush()
    history.record(summary, subject=entry.history_subject, actor=actor)
