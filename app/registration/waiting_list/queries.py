"""Read-only queries about the waiting list, and what is deleted of it."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, String, cast, delete, exists, func, literal, select

from app import clock
from app.database import db
from app.errors import Gone
from app.registration.delegate_record import search_key
from app.registration.models import IN_QUEUE, Delegate, SeatLimit, WaitingListEntry
from app.registration.queries import ATTENDING
from app.registration.seats import CATEGORY_PREFIX

RETENTION = timedelta(days=30)  # after somebody no longer waits
SUBJECT_PREFIX = "waiting list "  # of an entry, in the history
IS_OPEN = WaitingListEntry.ended_at.is_(None)


def get_entry(key: str) -> WaitingListEntry:
    """Return the entry that a link opens; raise Gone if there is none any more."""
    found = db.session.scalar(select(WaitingListEntry).where(WaitingListEntry.access_key == key))
    if found is None:
        raise Gone("This link to the waiting list is no longer valid")
    return found


def find_by_number(number: int) -> WaitingListEntry | None:
    """Return the entry with this number, or None."""
    return db.session.get(WaitingListEntry, number)


def select_history_subjects(delegate: Delegate) -> Select[tuple[str]]:
    """Select the subjects, in the audit log, of the entries that became a booking."""
    subject = literal(SUBJECT_PREFIX) + cast(WaitingListEntry.id, String)
    return select(subject).where(WaitingListEntry.delegate_id == delegate.id)


def find_attending(identity_key: str) -> Delegate | None:
    """Return the delegate with this identity key who has a place, or None."""
    return db.session.scalar(
        select(Delegate).where(ATTENDING, Delegate.identity_key == identity_key)
    )


def find_open(identity_key: str) -> WaitingListEntry | None:
    """Return the entry of someone who waits or has an offer, or None."""
    return db.session.scalar(
        select(WaitingListEntry).where(IS_OPEN, WaitingListEntry.identity_key == identity_key)
    )


def find_next() -> WaitingListEntry | None:
    """Return the first entry that waits for an offer and whose category is not full, or None.

    The caller holds the lock of the conference's limit, without which no category fills.
    """
    name = literal(CATEGORY_PREFIX) + cast(WaitingListEntry.category_id, String)
    is_full = exists().where(SeatLimit.name == name, SeatLimit.taken >= SeatLimit.seats)
    waiting = select(WaitingListEntry).where(WaitingListEntry.state == IN_QUEUE, ~is_full)
    return db.session.scalar(waiting.order_by(WaitingListEntry.id).limit(1))


def list_open_keys(identity_keys: Iterable[str]) -> Sequence[str]:
    """Return those of identity keys whose people wait or have an offer."""
    key = WaitingListEntry.identity_key
    rows = select(key).where(IS_OPEN, key.in_(list(identity_keys)))
    return db.session.scalars(rows.order_by(WaitingListEntry.id)).all()


def get_position(entry: WaitingListEntry) -> int:
    """Return the position of someone who waits: 1 is next; 0 without waiting."""
    if not entry.is_waiting:
        return 0
    db.session.flush()
    before = WaitingListEntry.state == IN_QUEUE, WaitingListEntry.id <= entry.id
    return db.session.scalar(select(func.count(WaitingListEntry.id)).where(*before)) or 0


def list_page(
    search: str, state: str, *, offset: int, limit: int
) -> tuple[Sequence[WaitingListEntry], int]:
    """Return a page of entries, those with an offer first, and their total number."""
    such = list_conditions(search, state)
    total = db.session.scalar(select(func.count(WaitingListEntry.id)).where(*such)) or 0
    order = (WaitingListEntry.state == IN_QUEUE, WaitingListEntry.id)
    rows = select(WaitingListEntry).where(*such).order_by(*order).offset(offset).limit(limit)
    return db.session.scalars(rows).all(), total


def list_open(limit: int) -> Sequence[WaitingListEntry]:
    """List the first of those who wait or have an offer."""
    rows = select(WaitingListEntry).where(IS_OPEN).order_by(WaitingListEntry.id).limit(limit)
    return db.session.scalars(rows).all()


def delete_ended() -> None:
    """Delete the entries of people who stopped waiting a month ago."""
    old = WaitingListEntry.ended_at < clock.now() - RETENTION
    db.session.execute(delete(WaitingListEntry).where(old))


def list_of_delegate(delegate: Delegate) -> Sequence[WaitingListEntry]:
    """List the entries by which somebody came to their booking."""
    rows = select(WaitingListEntry).where(WaitingListEntry.delegate_id == delegate.id)
    return db.session.scalars(rows.order_by(WaitingListEntry.id)).all()


def delete_of_delegate(delegate: Delegate) -> None:
    """Delete the entries by which somebody came to their booking: their links open it."""
    own = WaitingListEntry.delegate_id == delegate.id
    db.session.execute(delete(WaitingListEntry).where(own))


def erase_delegate(delegate: Delegate) -> None:
    """Delete what the list has of somebody who no longer waits."""
    delete_of_delegate(delegate)
    has_address = func.lower(WaitingListEntry.email) == delegate.email.lower()
    is_over = WaitingListEntry.ended_at.is_not(None)
    db.session.execute(delete(WaitingListEntry).where(has_address, is_over))


def list_conditions(search: str, state: str) -> list[ColumnElement[bool]]:
    """Return the conditions for entries in a state, or open, that a search finds."""
    return [*list_search_conditions(search), WaitingListEntry.state == state if state else IS_OPEN]


def list_search_conditions(search: str) -> list[ColumnElement[bool]]:
    """Return the conditions for names and addresses that contain each word."""
    words = search_key(search).split()
    return [WaitingListEntry.search_text.contains(word, autoescape=True) for word in words]
