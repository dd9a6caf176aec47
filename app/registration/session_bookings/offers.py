"""The waiting list of a session: waiting people are offered the seats that become free, in order.

It works like the waiting list of the conference, whose table it shares: an offer counts as taken
and holds a seat until a deadline, then the seat goes to the next person. Callers of these functions
must hold the lock of the session's limit, which covers all entries of that session. A seat that
becomes free is offered in the transaction that frees it; the worker ends offers, and offers seats
after the limit was raised.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from app import cache_version, clock
from app.database import db, read_only_connection
from app.delegates.models import CONFERENCE, Delegate, SeatLimit
from app.errors import RuleViolation
from app.history import services as history
from app.programme.snapshot import Session
from app.registration import session_emails, session_seats
from app.registration.session_bookings import queries
from app.registration.waiting_list import entries, positions, turns
from app.registration.waiting_list import queries as waiting_list
from app.registration.waiting_list.models import (
    ACCEPTED,
    LAPSED,
    LEFT,
    OFFERED,
    REMOVED,
    WaitingListEntry,
)
from app.releases.current_release import get_programme

OFFER_ENDED: Final = "This offer has ended. You can join the waiting list again"
BATCH_SIZE = 100  # offers per transaction, so that others do not wait long for the limit
OPEN_LISTS: Final = (  # built once, as it runs every second
    select(
        WaitingListEntry.scope,
        func.min(WaitingListEntry.offer_ends_at),
        func.max(WaitingListEntry.offer_ends_at),
        SeatLimit.waiting,
        SeatLimit.taken < SeatLimit.seats,
    )
    .join(SeatLimit, SeatLimit.name == WaitingListEntry.scope)
    .where(WaitingListEntry.ended_at.is_(None), WaitingListEntry.scope != CONFERENCE)
    .group_by(WaitingListEntry.scope, SeatLimit.waiting, SeatLimit.taken, SeatLimit.seats)
)


class SeatOfferEnded(RuleViolation):
    """The offer of a seat has expired."""


def find_open(delegate: Delegate, key: str) -> WaitingListEntry | None:
    """Return a person's open entry for a session, waiting or with an offer, or None."""
    return waiting_list.find_open_of_delegate(delegate.id, session_seats.session_limit(key))


def has_offer(delegate: Delegate, key: str) -> bool:
    """Return True if a seat in a session is held for a person."""
    entry = find_open(delegate, key)
    return entry is not None and entry.is_offered


def enqueue(delegate: Delegate, session: Session, limit: SeatLimit) -> WaitingListEntry:
    """Put a person on the list, by email; raise PlacesLeft if there is a seat."""
    entry = entries.build_for_delegate(delegate, scope=limit.name, title=session.title)
    session_seats.enqueue_for_session(limit, entry)
    session_emails.send_session_wait_joined(entry, session, positions.get_position(entry))
    entries.record(entry, f"Joined the waiting list for {entry.title}", history.ACTOR_DELEGATE)
    return entry


def offer_seats(key: str, limit: SeatLimit) -> None:
    """Offer each free seat to the next waiting person who can come, until the session starts."""
    session = queries.find_session(key)
    if session is None or not can_offer(session):
        return
    for _ in range(BATCH_SIZE):
        entry = None
        if limit.has_free_seat and limit.waiting:
            entry = waiting_list.find_next_in(limit.name)
        if entry is None:
            return
        if entry.delegate is None or not queries.is_on_booked_days(entry.delegate, session):
            summary = "The day of the session is not in the booking any more"
            _close(entry, limit, session_emails.OTHER_DAYS, summary)
            continue
        offer(entry, session, limit, f"A seat in {entry.title} was offered", history.ACTOR_SITE)


def offer(
    entry: WaitingListEntry, session: Session, limit: SeatLimit, summary: str, actor: str
) -> None:
    """Hold a seat for a waiting person, and offer it by email; the limit is locked."""
    session_seats.hold_session_seat(limit)
    entry.state, entry.offered_at = OFFERED, clock.now()
    entry.offer_ends_at = get_offer_end(session, entry.offered_at)
    session_emails.send_session_offer(entry, session)
    entries.record(entry, summary, actor)


def can_offer(session: Session) -> bool:
    """Return True if a seat can be offered: the session takes place, and has not started."""
    is_over = clock.now().date() > get_programme().conference.ends_on
    if is_over or not session.is_bookable or session.is_cancelled:
        return False
    return not queries.has_started(session)


def get_offer_end(session: Session, now: datetime) -> datetime:
    """Return when an offer made now ends: after a day, or earlier as the session approaches."""
    if session.starts_at is None:
        return now + turns.OFFER_PERIOD
    end = now + turns.get_offer_period(session.starts_at - now)
    rounded = end.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return min(rounded, session.starts_at)


def end_accepted(entry: WaitingListEntry) -> None:
    """End the wait of a person who now has the seat; nothing else is held for them."""
    entries.end(entry, ACCEPTED, f"Took a seat in {entry.title}", history.ACTOR_DELEGATE)


def leave(entry: WaitingListEntry, key: str, limit: SeatLimit) -> None:
    """Take a person off the list at their request; a seat on offer goes to the next person."""
    summary = "Declined the offer of a seat in" if entry.is_offered else "Left the waiting list for"
    _give_up(entry, limit)
    entries.end(entry, LEFT, f"{summary} {entry.title}", history.ACTOR_DELEGATE)
    offer_seats(key, limit)


def remove(entry: WaitingListEntry, *, actor: str) -> None:
    """Take a person off the list for the organisers, with an email."""
    key = queries.read_key(entry.scope)
    limits = session_seats.lock_sessions([key])
    entries.lock_alone(entry)
    if entry.ended_at is not None:
        raise RuleViolation("This person is no longer on the waiting list")
    summary = f"Removed from the waiting list for {entry.title}"
    _close(entry, limits[key], session_emails.REMOVED_BY_TEAM, summary, actor)
    offer_seats(key, limits[key])


def end_all_of(delegates: Collection[int], limits: Mapping[str, SeatLimit]) -> None:
    """End all waits of people whose bookings end, in locked sessions."""
    for entry in waiting_list.list_open_of_delegates(delegates):
        key = queries.read_key(entry.scope)
        if key in limits:
            _give_up(entry, limits[key])
            entries.end(
                entry,
                LEFT,
                f"The booking ended, and the wait for {entry.title}",
                history.ACTOR_SITE,
            )


def run_due() -> None:
    """End expired offers, close lists, and offer free seats; run by the worker."""
    if not cache_version.is_clock_in_sync():
        return
    limits = session_seats.lock_sessions(_list_due())
    for key, limit in limits.items():
        session = queries.find_session(key)
        if session is None or not can_offer(session):
            for entry in waiting_list.list_open_in(limit.name, BATCH_SIZE):
                summary = f"The waiting list for {entry.title} was closed"
                _close(entry, limit, session_emails.LIST_CLOSED, summary)
        else:
            for entry in waiting_list.list_overdue_in(limit.name, BATCH_SIZE):
                _give_up(entry, limit)
                session_emails.send_session_offer_lapsed(entry, session)
                entries.end(
                    entry, LAPSED, f"The offer of a seat in {entry.title} ended", history.ACTOR_SITE
                )
            _shorten_offers(session, limit)
            offer_seats(key, limit)


def _shorten_offers(session: Session, limit: SeatLimit) -> None:
    """Shorten offers that last beyond the start of a rescheduled session, and notify people."""
    if session.starts_at is None:
        return
    for entry in waiting_list.list_offers_beyond(limit.name, session.starts_at, BATCH_SIZE):
        entry.offer_ends_at = get_offer_end(session, clock.now())
        session_emails.send_session_offer(entry, session)
        summary = f"The offer of a seat in {entry.title} ends earlier"
        entries.record(entry, summary, history.ACTOR_SITE)


def _list_due() -> Sequence[str]:
    """List the sessions with something to do; it runs often, so it takes no lock.

    An offer has expired or lasts too long, a seat is free, or no one can wait any more.
    """
    with read_only_connection(db.engine) as connection:
        found = connection.execute(OPEN_LISTS).all()
    due = []
    for scope, first_end, last_end, waiting, has_free_seat in found:
        key = queries.read_key(scope)
        session = queries.find_session(key)
        is_closed = session is None or not can_offer(session)
        is_over = first_end is not None and first_end <= clock.now()
        if is_closed or is_over or (waiting and has_free_seat) or _is_beyond(session, last_end):
            due.append(key)
    return due


def _is_beyond(session: Session | None, ends_at: datetime | None) -> bool:
    """Return True if an offer of a seat lasts beyond the start of its session."""
    starts_at = session.starts_at if session else None
    return starts_at is not None and ends_at is not None and ends_at > starts_at


def _close(
    entry: WaitingListEntry,
    limit: SeatLimit,
    cause: str,
    summary: str,
    actor: str = history.ACTOR_SITE,
) -> None:
    """End a wait on the site's initiative, and notify the person unless the session has started."""
    session = queries.find_session(queries.read_key(entry.scope))
    _give_up(entry, limit)
    if session is None or not queries.has_started(session):
        session_emails.send_session_wait_ended(entry, session, cause)
    entries.end(entry, REMOVED, summary, actor)


def _give_up(entry: WaitingListEntry, limit: SeatLimit) -> None:
    """Release the seat or the turn of a person who does not get it."""
    if entry.is_offered:
        session_seats.release_session(limit)
    else:
        session_seats.leave_session_queue(limit)
