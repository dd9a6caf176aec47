"""Read-only queries about the waiting list, and its deletion."""

import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    String,
    and_,
    bindparam,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)

from app import clock
from app.database import db
from app.delegates.delegate_record import search_key
from app.delegates.models import Delegate
from app.delegates.queries import ATTENDING
from app.errors import Gone
from app.registration.waiting_list.models import (
    CONFERENCE_LIST,
    IN_QUEUE,
    LAPSED,
    LEFT,
    OFFERED,
    REMOVED,
    WaitingListEntry,
)
from app.registration.waiting_list.turns import ORDER

RETENTION = timedelta(days=30)  # after the end of a wait
SUBJECT_PREFIX = "waiting list "  # of an entry, in the history
HISTORY_SUBJECTS = select(  # the audit log subjects of the entries that led to a booking
    literal(SUBJECT_PREFIX) + cast(WaitingListEntry.id, String)
).where(WaitingListEntry.delegate_id == bindparam("delegate_id"))
IS_OPEN = WaitingListEntry.ended_at.is_(None)
# reloads entries that were read before waiting for a lock
CURRENT_ENTRIES = select(WaitingListEntry).execution_options(populate_existing=True)
ALL_SESSIONS = "sessions"  # which lists
THE_ORDER = ORDER[0]
ENTRY_GONE = "This link to the waiting list is no longer valid"


def get_entry(key: str) -> WaitingListEntry:
    """Return the entry that a link opens; raise Gone if it does not exist any more."""
    found = db.session.scalar(select(WaitingListEntry).where(WaitingListEntry.access_key == key))
    if found is None:
        raise Gone(ENTRY_GONE)
    return found


def find_by_number(number: int) -> WaitingListEntry | None:
    """Return the entry with this number, or None."""
    return db.session.get(WaitingListEntry, number)


def find_attending(identity_key: str) -> Delegate | None:
    """Return the delegate with this identity key who has a place, or None."""
    return db.session.scalar(
        select(Delegate).where(ATTENDING, Delegate.identity_key == identity_key)
    )


def find_open(identity_key: str) -> WaitingListEntry | None:
    """Return a person's open entry, waiting or with an offer, or None."""
    return db.session.scalar(
        select(WaitingListEntry).where(IS_OPEN, WaitingListEntry.identity_key == identity_key)
    )


def list_by_number(numbers: Sequence[int]) -> Sequence[WaitingListEntry]:
    """List the entries with these numbers, in their order."""
    rows = db.session.scalars(CURRENT_ENTRIES.where(WaitingListEntry.id.in_(numbers)))
    found = {row.id: row for row in rows}
    return [found[number] for number in numbers]


def list_existing(numbers: Collection[int]) -> Sequence[WaitingListEntry]:
    """List the entries with any of these numbers, in the order of joining."""
    rows = select(WaitingListEntry).where(WaitingListEntry.id.in_(numbers))
    return db.session.scalars(rows.order_by(WaitingListEntry.id)).all()


def list_open_keys(identity_keys: Iterable[str]) -> Sequence[str]:
    """Return those of these identity keys with an open entry."""
    key = WaitingListEntry.identity_key
    rows = select(key).where(IS_OPEN, key.in_(list(identity_keys)))
    return db.session.scalars(rows.order_by(WaitingListEntry.id)).all()


def find_next_in(scope: str) -> WaitingListEntry | None:
    """Return the first waiting entry in the list of a session, or None."""
    return next(iter(list_next_in(scope, 1)), None)


def list_next_in(scope: str, limit: int) -> Sequence[WaitingListEntry]:
    """List the first waiting entries in the list of a session, in order."""
    waiting = CURRENT_ENTRIES.where(
        WaitingListEntry.state == IN_QUEUE, WaitingListEntry.scope == scope
    )
    return db.session.scalars(waiting.order_by(*ORDER).limit(limit)).all()


def list_next_people_in(scope: str) -> Sequence[Row[tuple[WaitingListEntry, Delegate]]]:
    """List the waiting people in the list of a session, in order, each with their booking."""
    waiting = WaitingListEntry.state == IN_QUEUE, WaitingListEntry.scope == scope
    rows = select(WaitingListEntry, Delegate).join(WaitingListEntry.delegate).where(*waiting)
    return db.session.execute(rows.order_by(*ORDER)).all()


def get_top_order(scope: str) -> int:
    """Return the sort key that puts an entry at the top of its list."""
    first = select(func.min(THE_ORDER)).where(
        WaitingListEntry.state == IN_QUEUE, WaitingListEntry.scope == scope
    )
    return (db.session.scalar(first) or 0) - 1


def find_open_of_delegate(delegate_id: int, scope: str) -> WaitingListEntry | None:
    """Return a delegate's open entry in the list of a session, or None."""
    return db.session.scalar(
        CURRENT_ENTRIES.where(
            IS_OPEN, WaitingListEntry.delegate_id == delegate_id, WaitingListEntry.scope == scope
        )
    )


def find_category_wait(delegate_id: int) -> WaitingListEntry | None:
    """Return a delegate's open entry for another category, or None."""
    return find_open_of_delegate(delegate_id, CONFERENCE_LIST)


def list_category_waits(delegates: Collection[int]) -> Sequence[WaitingListEntry]:
    """List the open entries of these delegates for another category."""
    of_them = WaitingListEntry.delegate_id.in_(delegates)
    rows = CURRENT_ENTRIES.where(IS_OPEN, WaitingListEntry.scope == CONFERENCE_LIST, of_them)
    return db.session.scalars(rows.order_by(WaitingListEntry.id)).all()


def find_latest_of_delegate(delegate_id: int, scope: str) -> WaitingListEntry | None:
    """Return the newest entry of a delegate in the list of a session, open or not, or None."""
    own = WaitingListEntry.delegate_id == delegate_id, WaitingListEntry.scope == scope
    rows = select(WaitingListEntry).where(*own).order_by(WaitingListEntry.id.desc())
    return db.session.scalar(rows.limit(1))


def list_open_of_delegates(delegates: Collection[int]) -> Sequence[WaitingListEntry]:
    """List the open entries of these delegates in lists of sessions."""
    of_them = WaitingListEntry.delegate_id.in_(delegates)
    rows = CURRENT_ENTRIES.where(IS_OPEN, WaitingListEntry.scope != CONFERENCE_LIST, of_them)
    return db.session.scalars(rows.order_by(WaitingListEntry.id)).all()


def list_open_in(scope: str, limit: int) -> Sequence[WaitingListEntry]:
    """List the first open entries in a list."""
    rows = CURRENT_ENTRIES.where(IS_OPEN, WaitingListEntry.scope == scope)
    return db.session.scalars(rows.order_by(WaitingListEntry.id).limit(limit)).all()


def list_overdue_in(scope: str, limit: int) -> Sequence[WaitingListEntry]:
    """List the expired offers of a list."""
    rows = CURRENT_ENTRIES.where(
        WaitingListEntry.state == OFFERED,
        WaitingListEntry.scope == scope,
        WaitingListEntry.offer_ends_at <= clock.now(),
    )
    return db.session.scalars(rows.order_by(WaitingListEntry.id).limit(limit)).all()


def list_offers_beyond(scope: str, moment: datetime, limit: int) -> Sequence[WaitingListEntry]:
    """List the offers of a list that end after a moment."""
    rows = CURRENT_ENTRIES.where(
        WaitingListEntry.state == OFFERED,
        WaitingListEntry.scope == scope,
        WaitingListEntry.offer_ends_at > moment,
    )
    return db.session.scalars(rows.order_by(WaitingListEntry.id).limit(limit)).all()


def list_page(  # noqa: PLR0913 - the filters of a list
    search: str, state: str, which: str = "", category: str = "", *, offset: int, limit: int
) -> tuple[Sequence[WaitingListEntry], int]:
    """Return a page of entries, those with an offer first, and their total number."""
    conditions = list_conditions(search, state, which, category)
    total = db.session.scalar(select(func.count(WaitingListEntry.id)).where(*conditions)) or 0
    order = (WaitingListEntry.state == IN_QUEUE, *ORDER)
    rows = select(WaitingListEntry).where(*conditions).order_by(*order).offset(offset).limit(limit)
    return db.session.scalars(rows).all(), total


def delete_ended() -> None:
    """Delete the entries of people whose wait ended a month ago."""
    old = WaitingListEntry.ended_at < clock.now() - RETENTION
    db.session.execute(delete(WaitingListEntry).where(old))


def list_of_delegate(delegate: Delegate) -> Sequence[WaitingListEntry]:
    """List the entries that led to a delegate's booking, or by which they are waiting."""
    rows = select(WaitingListEntry).where(WaitingListEntry.delegate_id == delegate.id)
    return db.session.scalars(rows.order_by(WaitingListEntry.id)).all()


def select_ended_offers(delegate: Delegate) -> Select[tuple[str]]:
    """Select the limits of the sessions in which an offer to a person ended, once for each."""
    own = WaitingListEntry.delegate_id == delegate.id, WaitingListEntry.scope != CONFERENCE_LIST
    is_over = or_(
        WaitingListEntry.state.in_((LAPSED, LEFT, REMOVED)),
        and_(WaitingListEntry.state == OFFERED, WaitingListEntry.offer_ends_at <= clock.now()),
    )
    rows = select(WaitingListEntry.scope).where(*own, WaitingListEntry.offered_at.is_not(None))
    return rows.where(is_over)


def follow_address(delegate: Delegate) -> None:
    """Update entries for a new address: earlier links stop working, and searches find it."""
    own = WaitingListEntry.delegate_id == delegate.id
    came_by = WaitingListEntry.scope == CONFERENCE_LIST, ~IS_OPEN
    db.session.execute(delete(WaitingListEntry).where(own, *came_by))
    known = {"email": delegate.email, "search_text": delegate.search_text}
    db.session.execute(update(WaitingListEntry).where(own).values(known))
    waits = WaitingListEntry.scope == CONFERENCE_LIST  # for another category
    new_key = {"access_key": secrets.token_urlsafe(16)}
    db.session.execute(update(WaitingListEntry).where(own, waits).values(new_key))


def delete_of_delegate(delegate: Delegate) -> None:
    """Delete a delegate's entries: those that led to the booking, and those for sessions."""
    own = WaitingListEntry.delegate_id == delegate.id
    db.session.execute(delete(WaitingListEntry).where(own))


def erase_delegate(delegate: Delegate) -> None:
    """Delete the data of a person whose wait has ended."""
    delete_of_delegate(delegate)
    has_address = func.lower(WaitingListEntry.email) == delegate.email.lower()
    is_over = WaitingListEntry.ended_at.is_not(None)
    db.session.execute(delete(WaitingListEntry).where(has_address, is_over))


def list_conditions(
    search: str, state: str, which: str = "", category: str = ""
) -> list[ColumnElement[bool]]:
    """Return the conditions for entries in some lists that have a state, or are open, and match.

    The lists are those of all sessions, that of the limit with this name, or that of the
    conference; the last one may be limited to a category, by its number.
    """
    is_of_conference = WaitingListEntry.scope == CONFERENCE_LIST
    of_one = WaitingListEntry.scope == (which or CONFERENCE_LIST)
    is_in_list = ~is_of_conference if which == ALL_SESSIONS else of_one
    is_in_state = WaitingListEntry.state == state if state else IS_OPEN
    is_such = [WaitingListEntry.category_id == int(category)] if category else []
    return [*list_search_conditions(search), is_in_list, is_in_state, *is_such]


def list_search_conditions(search: str) -> list[ColumnElement[bool]]:
    """Return the conditions for names and addresses that contain each word."""
    words = search_key(search).split()
    return [WaitingListEntry.search_text.contains(word, autoescape=True) for word in words]
