"""Booking a seat in a session, swapping it for another, and releasing it.

Each is one transaction with its email and its entry in the history. A swap releases the old seat in
the transaction that wins the new one, so that no one is left without either. A person's seats never
overlap. Locks are taken in one order: the limits of the sessions by key, then the person's row.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import delete

from app import cache_version, clock
from app.database import db
from app.delegates.models import Delegate, SeatLimit
from app.errors import RuleViolation, require
from app.history.services import ACTOR_DELEGATE
from app.mail.models import Email
from app.programme.fields.session_values import seat_checks
from app.programme.models import Session as WorkingSession
from app.programme.snapshot import Session, Snapshot
from app.registration import seats, session_emails, session_seats
from app.registration.ballots import queries as ballots
from app.registration.bookings import operations
from app.registration.session_bookings import offers, queries, released_seats
from app.registration.session_bookings.models import SeatHold, SessionBooking
from app.registration.session_bookings.overlaps import list_clashes, map_contested
from app.registration.session_bookings.queries import (
    Prospect,
    find_session,
    has_started,
    is_on_booked_days,
)
from app.registration.waiting_list import entries
from app.releases import services as releases
from app.releases.current_release import get_programme

BOOKING_CANCELLED: Final = "This booking has been cancelled, so it has no seats in sessions"
BY_BALLOT: Final = "Seats in this session are allocated by ballot"


class NotBookable(RuleViolation):
    """Seats of this session cannot be booked or released now."""


class TooLate(seats.SoldOut):
    """No seat is left for a person who neither has one nor waits for one."""

    def __init__(self, person: Delegate | queries.Prospect) -> None:
        super().__init__(session_seats.ALL_BOOKED)
        self.full_name, self.reference = person.full_name, person.reference


class _AlreadyBooked(Exception):
    """There is a seat already, so there is nothing to do."""


class SessionClash(RuleViolation):
    """The person has a seat in an overlapping session."""

    def __init__(self, clashes: Sequence[Session]) -> None:
        titles = ", ".join(f"“{clash.title}”" for clash in clashes)
        super().__init__(f"A seat is already booked at the same time in {titles}")
        self.clashes = clashes


def check_availability(access_key: str, session: Session) -> None:
    """Raise TooLate if there seems to be no seat, without a lock; ``book`` decides.

    People with a seat at that time, or on the waiting list, are left to ``book``.
    """
    prospect = queries.find_prospect(access_key, session.key)
    if prospect is None or not prospect.is_full or prospect.is_on_list:
        return
    booked = queries.list_keys([prospect.delegate_id]) if prospect.has_seats else ()
    if session.key not in booked and not list_clashes(session, booked):
        require_bookable(prospect, session)
        raise TooLate(prospect)


def book(
    delegate: Delegate,
    session: Session,
    *,
    in_place_of: Collection[str] = (),
    actor: str = ACTOR_DELEGATE,
    override_reason: str = "",
) -> bool:
    """Book a seat, releasing those in other sessions; return False if it was booked before.

    Raise SessionClash if there is an overlapping seat that is not to be released, and SoldOut if no
    seat is left: then nothing changes. With a reason, a seat beyond the limit is given. The email
    is rendered before the limits are locked, because all bookings wait for that lock; and once more
    after a concurrent release, or if another seat is released. People with an offer take the seat
    that is held for them.
    """
    by_team = actor != ACTOR_DELEGATE
    # only what a page can name: overlapping sessions
    others = [clash.key for clash in list_clashes(session, in_place_of)]
    try:
        foreseen = session, _list_given_up(delegate, session, others) if others else []
        email = _prepare_email(delegate, *foreseen, is_by_team=by_team)
        limits = session_seats.lock_sessions([session.key, *others])
        operations.end_corrections(delegate)
        session = get_current(session)
        given_up = _list_given_up(delegate, session, in_place_of)
    except _AlreadyBooked:
        return False
    if not {one.key for one in given_up} <= limits.keys():  # a release has moved them
        raise SessionClash(given_up)
    if session.key not in limits:
        raise NotBookable("Seats in this session cannot be booked")
    if not by_team and ballots.is_by_ballot(session.key):
        _require_offer(delegate, session)
    row = build_seat(delegate, session)
    take_seat(delegate, limits[session.key], row, is_beyond_limit=bool(override_reason))
    give_up(delegate, [one.key for one in given_up], limits)
    if (session, given_up) != foreseen:
        email = _prepare_email(delegate, session, given_up, is_by_team=by_team)
    db.session.add(email)
    _record_booked(delegate, session, given_up, actor, override_reason)
    return True


def _prepare_email(
    delegate: Delegate, session: Session, given_up: Sequence[Session], *, is_by_team: bool
) -> Email:
    """Render the email about a booked seat; it is stored once there is one."""
    email = session_emails.send_session_booked(delegate, session, given_up, is_by_team=is_by_team)
    db.session.expunge(email)
    return email


def get_current(session: Session) -> Session:
    """Return a session as published, now that its limit is locked: it may have been moved."""
    cache_version.recheck_if_behind()
    return require(find_session(session.key), NotBookable("Seats in this session cannot be booked"))


def take_seat(
    delegate: Delegate, limit: SeatLimit, row: SessionBooking, *, is_beyond_limit: bool
) -> None:
    """Take the seat held for a person, or a free one, and end their wait for it.

    The limit is locked. People who win a ballot or are let in come before the waiting list.
    """
    entry = offers.find_open(delegate, row.session_key)
    if entry is not None and entry.is_offered:
        if not entries.can_accept(entry) and not is_beyond_limit:
            raise offers.SeatOfferEnded(offers.OFFER_ENDED)
        db.session.add(row)
        offers.end_accepted(entry)
        return
    if entry is None and limit.is_full and not is_beyond_limit:
        raise TooLate(delegate)
    session_seats.reserve_session(limit, row, is_beyond_limit=is_beyond_limit)
    if entry is not None:  # let in by the organisers
        session_seats.leave_session_queue(limit)
        offers.end_accepted(entry)


def _list_given_up(
    delegate: Delegate, session: Session, in_place_of: Collection[str]
) -> list[Session]:
    """List the sessions to release for a session; raise RuleViolation if it cannot be booked."""
    booked = {seat.session_key for seat in queries.list_of_delegate(delegate)}
    if session.key in booked:
        raise _AlreadyBooked
    require_bookable(delegate, session)
    clashes = list_clashes(session, booked)
    if {clash.key for clash in clashes} - set(in_place_of):
        raise SessionClash(clashes)
    return clashes


def build_seat(delegate: Delegate, session: Session) -> SessionBooking:
    """Return a person's seat in a session, not counted yet."""
    return SessionBooking(
        delegate_id=delegate.id,
        session_key=session.key,
        title=session.title,
        booked_at=clock.now(),
    )


def join_waiting_list(delegate: Delegate, session: Session) -> bool:
    """Put a person on the waiting list, by email; return False if they are on it already.

    Raise PlacesLeft if there is a seat, and NotBookable if they have one or cannot come.
    """
    limits = session_seats.lock_sessions([session.key])
    operations.end_corrections(delegate)
    session = get_current(session)
    require_bookable(delegate, session)
    if session.key in {seat.session_key for seat in queries.list_of_delegate(delegate)}:
        raise NotBookable("You already have a seat in this session")
    if session.is_cancelled or session.key not in limits:
        raise NotBookable("Seats in this session cannot be booked")
    require_no_ballot(session)
    if offers.find_open(delegate, session.key) is not None:
        return False
    offers.enqueue(delegate, session, limits[session.key])
    return True


def leave_waiting_list(delegate: Delegate, key: str) -> bool:
    """Leave the waiting list, or decline an offer; return False if the person is not on it."""
    limits = session_seats.lock_sessions([key])
    operations.lock(delegate)
    entry = offers.find_open(delegate, key)
    if entry is None or key not in limits:
        return False
    offers.leave(entry, key, limits[key])
    return True


def cancel(delegate: Delegate, session_key: str, *, actor: str = ACTOR_DELEGATE) -> bool:
    """Release a seat; return False if there is none, as when the button is pressed twice."""
    limits = session_seats.lock_sessions([session_key])
    operations.end_corrections(delegate)
    found = [seat for seat in queries.list_of_delegate(delegate) if seat.session_key == session_key]
    if not found:
        return False
    cache_version.recheck_if_behind()
    session = find_session(session_key)
    if session is not None and has_started(session):
        raise NotBookable("This session has already started")
    title = session.title if session else found[0].title
    give_up(delegate, [session_key], limits)
    operations.record(delegate, f"Gave back the seat in {title}", actor)
    session_emails.send_session_released(
        delegate, title, session, is_by_team=actor != ACTOR_DELEGATE
    )
    return True


def require_bookable(delegate: Delegate | Prospect, session: Session) -> None:
    """Raise NotBookable if this person cannot book a seat, regardless of free ones."""
    if not delegate.is_attending:
        raise NotBookable(BOOKING_CANCELLED)
    if not session.is_bookable:
        raise NotBookable("Seats in this session cannot be booked")
    if has_started(session):
        raise NotBookable("This session has already started")
    if not is_on_booked_days(delegate, session):
        raise NotBookable("This session is on a day that is not in your booking")


def require_no_ballot(session: Session) -> None:
    """Raise NotBookable while a ballot is to draw a session's seats; its limit is locked."""
    if ballots.is_by_ballot(session.key):
        raise NotBookable(BY_BALLOT)


def _require_offer(delegate: Delegate, session: Session) -> None:
    """Raise NotBookable unless a seat is held for the person although seats are to be drawn."""
    if not offers.has_offer(delegate, session.key):
        raise NotBookable(BY_BALLOT)


def follow_release(content: Snapshot) -> None:
    """Set the limits of sessions to those of a release that becomes public."""
    numbers = {
        session.key: session.booking_seats
        for session in content.sessions
        if session.booking_seats is not None
    }
    known = queries.map_nominal()
    keys = sorted(numbers.keys() | known.keys())
    session_seats.lock_sessions(keys)  # all of them before the cache version
    for key in keys:
        if key not in numbers:
            _delete_holds(key)
            seats.unset_limit(session_seats.session_limit(key))  # unless there are seats taken
        elif numbers[key] != known.get(key):
            session_seats.set_session_seats(key, numbers[key])


def _delete_holds(key: str) -> None:
    """Delete the reservations of a session that is no longer bookable."""
    db.session.execute(delete(SeatHold).where(SeatHold.session_key == key))
    for limit in session_seats.lock_sessions([key]).values():
        session_seats.end_hold(limit, limit.held_back)


def check_seats(session: WorkingSession) -> None:
    """Raise RuleViolation if an edit of a session leaves fewer seats than are booked."""
    known = queries.find_nominal(session.key)
    seats_now = queries.find_seats(session.key)
    taken = 0 if seats_now is None else seats_now.taken
    held_back = 0 if seats_now is None else seats_now.held_back
    number = session.booking_seats
    if not taken or known is None or session.cancelled_at or session.withdrawn_at:
        return
    people = "1 person has" if taken == 1 else f"{taken} people have"
    has_offers = taken > queries.count_of_session(session.key)
    booked = f"{people} booked a seat{' or can take one that we offered' if has_offers else ''}"
    if number is None:
        raise RuleViolation(f"{booked}, so it cannot be open to all")
    if number < min(taken + held_back, known):
        reserved = f", and {held_back} are reserved" if held_back else ""
        raise RuleViolation(f"{booked}{reserved}, so there cannot be only {number}")


def give_up(delegate: Delegate, keys: Collection[str], limits: Mapping[str, SeatLimit]) -> None:
    """Delete a person's seats in these sessions; the limits and their row are locked."""
    for key in keys:
        conditions = (SessionBooking.delegate_id == delegate.id, SessionBooking.session_key == key)
        released_seats.delete_seats(*conditions)
        session_seats.release_session(limits[key])
        offers.offer_seats(key, limits[key])
    if keys:
        end_settled_choices(delegate)


def end_settled_choices(delegate: Delegate) -> None:
    """End choices between seats that no longer overlap."""
    booked = queries.list_of_delegate(delegate)
    unsettled = [one for one in booked if one.choose_by is not None]
    if unsettled:
        sessions = {session.key: session for session in get_programme().sessions}
        order = [*(one for one in booked if one.choose_by is None), *unsettled]
        contested = map_contested(order, sessions)
        for seat in unsettled:
            if seat.id not in contested:
                seat.choose_by = None


def _record_booked(
    delegate: Delegate, session: Session, clashes: Sequence[Session], actor: str, reason: str
) -> None:
    instead = f" in place of {', '.join(clash.title for clash in clashes)}" if clashes else ""
    beyond = f", beyond the limit: {reason}" if reason else ""
    operations.record(delegate, f"Booked a seat in {session.title}{instead}{beyond}", actor)


releases.ACTIVATION_HOOKS.append(follow_release)
seat_checks.append(check_seats)
