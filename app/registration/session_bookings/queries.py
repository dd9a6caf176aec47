"""Read-only queries about booked seats in sessions."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, bindparam, exists, func, literal, select
from sqlalchemy.orm import contains_eager

from app import clock
from app.database import db
from app.delegates.delegate_record import search_key
from app.delegates.models import Delegate, SeatLimit
from app.errors import NotFound
from app.programme.editing import session_queries
from app.programme.models import Session
from app.programme.snapshot import Session as PublicSession
from app.registration.session_bookings.models import SeatHold, SessionBooking
from app.registration.session_seats import SESSION_PREFIX, session_limit
from app.registration.waiting_list.models import WaitingListEntry
from app.releases.current_release import get_programme

IS_FULL = exists().where(
    SeatLimit.name == literal(SESSION_PREFIX) + Session.key,
    (SeatLimit.taken >= SeatLimit.seats) | (SeatLimit.waiting > 0),
)
session_queries.BOOKING_CONDITIONS["free"] = (
    session_queries.BOOKING_CONDITIONS["bookable"] & ~IS_FULL
)
session_queries.BOOKING_CONDITIONS["full"] = (
    session_queries.BOOKING_CONDITIONS["bookable"] & IS_FULL
)
IS_OF_SESSION = SeatLimit.name.startswith(SESSION_PREFIX, autoescape=True)

OF_DELEGATE = (
    select(SessionBooking)
    .where(SessionBooking.delegate_id == bindparam("delegate"))
    .order_by(SessionBooking.id)
)
PROSPECT = (
    select(
        Delegate.id,
        Delegate.reference,
        Delegate.given_names,
        Delegate.family_name,
        Delegate.days,
        Delegate.cancelled_at.is_(None),
        (SeatLimit.taken >= SeatLimit.seats) | (SeatLimit.waiting > 0),
        exists().where(SessionBooking.delegate_id == Delegate.id),
        exists().where(
            WaitingListEntry.delegate_id == Delegate.id,
            WaitingListEntry.scope == SeatLimit.name,
            WaitingListEntry.ended_at.is_(None),
        ),
    )
    .join(SeatLimit, SeatLimit.name == bindparam("name"))
    .where(Delegate.access_key == bindparam("key"))
)


@dataclass(frozen=True)
class SessionSeats:
    """The bookable seats of a session, and how many of them are taken."""

    seats: int
    taken: int  # including those on offer; organisers may exceed the limit
    waiting: int = 0
    held_back: int = 0  # in addition to ``seats``
    no_show_minutes: int | None = None

    @property
    def left(self) -> int:
        """The number of free seats."""
        return max(0, self.seats - self.taken)

    @property
    def beyond_limit(self) -> int:
        """The number of taken seats beyond the limit."""
        return max(0, self.taken - self.seats)


@dataclass(frozen=True)
class Prospect:
    """A person and their chance of a seat in a session, without a lock."""

    delegate_id: int
    reference: str
    given_names: str
    family_name: str
    days: str
    is_attending: bool
    is_full: bool
    has_seats: bool  # in this session or another
    is_on_list: bool  # whether they wait for a seat in it, or have an offer

    @property
    def full_name(self) -> str:
        """The full name, as for a delegate."""
        return f"{self.given_names} {self.family_name}".strip()


def read_key(limit_name: str) -> str:
    """Parse the key of a session from the name of its limit."""
    return limit_name.removeprefix(SESSION_PREFIX)


def find_session(key: str) -> PublicSession | None:
    """Return the public session with this key, or None."""
    return next((session for session in get_programme().sessions if session.key == key), None)


def has_started(session: PublicSession) -> bool:
    """Return True once a session has started."""
    return session.starts_at is not None and session.starts_at <= clock.now()


def is_on_booked_days(delegate: Delegate | Prospect, session: PublicSession) -> bool:
    """Return True if the session is on one of the delegate's days, or has no time yet."""
    return is_on_days(session, delegate.days.split())


def is_on_days(session: PublicSession, days: Collection[str]) -> bool:
    """Return True if the session is on one of these days, or has no time yet."""
    if session.starts_at is None:
        return True
    zone = ZoneInfo(get_programme().conference.time_zone)
    return session.starts_at.astimezone(zone).date().isoformat() in days


def list_of_delegate(delegate: Delegate) -> Sequence[SessionBooking]:
    """List a delegate's seats."""
    return db.session.scalars(OF_DELEGATE, {"delegate": delegate.id}).all()


def list_keys(delegates: Collection[int]) -> Sequence[str]:
    """List the keys of the sessions in which any of these delegates have a seat."""
    keys = select(SessionBooking.session_key).where(SessionBooking.delegate_id.in_(delegates))
    return sorted(set(db.session.scalars(keys)))


def map_keys(delegates: Collection[int]) -> Mapping[int, Sequence[str]]:
    """Return the keys of the sessions in which each of these delegates has a seat."""
    rows = select(SessionBooking.delegate_id, SessionBooking.session_key)
    found: dict[int, list[str]] = {}
    for number, key in db.session.execute(rows.where(SessionBooking.delegate_id.in_(delegates))):
        found.setdefault(number, []).append(key)
    return found


def list_of_session(
    key: str, search: str = "", *, offset: int = 0, limit: int | None = None
) -> Sequence[SessionBooking]:
    """List the delegates with a seat in a session who match a search, by name."""
    rows = select(SessionBooking).where(*_list_conditions(key, search))
    names = (Delegate.reference, Delegate.given_names, Delegate.family_name, Delegate.email)
    known = contains_eager(SessionBooking.delegate).load_only(*names)
    rows = rows.join(SessionBooking.delegate).options(known)
    rows = rows.order_by(Delegate.name_sort_key, Delegate.id).offset(offset).limit(limit)
    return db.session.scalars(rows).all()


def count_of_session(key: str, search: str = "") -> int:
    """Count the booked seats of a session among the delegates who match a search."""
    counted = select(func.count()).select_from(SessionBooking)
    if search:
        counted = counted.join(SessionBooking.delegate)
    return db.session.scalar(counted.where(*_list_conditions(key, search))) or 0


def _list_conditions(key: str, search: str) -> Sequence[ColumnElement[bool]]:
    words = search_key(search).split()
    found = (Delegate.search_text.contains(word, autoescape=True) for word in words)
    return [SessionBooking.session_key == key, *found]


def find_seats(key: str) -> SessionSeats | None:
    """Return the seats of a session, or None if it was never bookable."""
    return map_seats([key]).get(key)


@dataclass(frozen=True)
class DoorCounts:
    """How many people have come to a session, and how many more can be let in."""

    checked_in: int
    booked: int
    for_door: int  # seats kept for people at the door
    free: int  # seats that can still be booked


def count_door(key: str) -> DoorCounts:
    """Count the people who have come to a session, and the seats left at its door."""
    of_session = SessionBooking.session_key == key
    came = func.count(SessionBooking.checked_in_at)
    booked, checked_in = db.session.execute(select(func.count(), came).where(of_session)).one()
    seat_sum = select(func.coalesce(func.sum(SeatHold.seats), 0))
    for_door = seat_sum.where(SeatHold.session_key == key, SeatHold.is_for_door)
    seats = find_seats(key)
    free = max(seats.left - seats.waiting, 0) if seats else 0
    return DoorCounts(checked_in, booked, db.session.scalar(for_door) or 0, free)


def list_holds(key: str) -> Sequence[SeatHold]:
    """List the reserved seats of a session, oldest first."""
    statement = select(SeatHold).where(SeatHold.session_key == key)
    return db.session.scalars(statement.order_by(SeatHold.id)).all()


def get_hold(key: str, number: int) -> SeatHold:
    """Return a reservation of a session's seats by its id."""
    found = db.session.get(SeatHold, number)
    if found is None or found.session_key != key:
        raise NotFound("These seats are not reserved any more")
    return found


def find_prospect(access_key: str, key: str) -> Prospect | None:
    """Return the chance of a seat for the delegate of a booking; None if it does not exist.

    Most people who try to get one of the last seats are too late, so this is a single statement
    that reads nothing else.
    """
    row = db.session.connection().execute(PROSPECT, {"key": access_key, "name": session_limit(key)})
    found = row.first()
    return None if found is None else Prospect(*found)


def map_booked_days(delegates: Collection[int]) -> Mapping[int, Mapping[str, str]]:
    """Map the days, in ISO format, on which delegates have seats to the title of a session."""
    programme = get_programme()
    days = {
        session.key: (
            session.starts_at.astimezone(programme.zone).date().isoformat(),
            session.title,
        )
        for session in programme.sessions
        if session.starts_at is not None and not session.is_cancelled
    }
    rows = select(SessionBooking.delegate_id, SessionBooking.session_key)
    found: dict[int, dict[str, str]] = {}
    for number, key in db.session.execute(rows.where(SessionBooking.delegate_id.in_(delegates))):
        if key in days:
            day, title = days[key]
            found.setdefault(number, {})[day] = title
    return found


def map_titles(delegates: Collection[int]) -> Mapping[int, Sequence[str]]:
    """Return the titles of the sessions in which each of these delegates has a seat."""
    rows = select(SessionBooking.delegate_id, SessionBooking.title).order_by(SessionBooking.id)
    found: dict[int, list[str]] = {}
    for number, title in db.session.execute(rows.where(SessionBooking.delegate_id.in_(delegates))):
        found.setdefault(number, []).append(title)
    return found


def map_booked_keys(delegates: Collection[int]) -> Mapping[int, frozenset[str]]:
    """Return the keys of the sessions in which each of these delegates has a seat."""
    rows = select(SessionBooking.delegate_id, SessionBooking.session_key)
    found = defaultdict[int, set[str]](set)
    for number, key in db.session.execute(rows.where(SessionBooking.delegate_id.in_(delegates))):
        found[number].add(key)
    return {number: frozenset(keys) for number, keys in found.items()}


def map_nominal() -> Mapping[str, int]:
    """Return the number of seats in the published programme, by session key."""
    number = func.coalesce(SeatLimit.nominal_seats, SeatLimit.seats)
    rows = db.session.execute(select(SeatLimit.name, number).where(IS_OF_SESSION))
    return {name.removeprefix(SESSION_PREFIX): seats for name, seats in rows}


def find_nominal(key: str) -> int | None:
    """Return the number of a session's seats in the published programme, or None."""
    name = session_limit(key)
    number = func.coalesce(SeatLimit.nominal_seats, SeatLimit.seats)
    return db.session.scalar(select(number).where(SeatLimit.name == name))


def list_bookable_keys() -> Collection[str]:
    """List the keys of all sessions that are or were bookable."""
    names = db.session.scalars(select(SeatLimit.name).where(IS_OF_SESSION))
    return {name.removeprefix(SESSION_PREFIX) for name in names}


def map_seats(keys: Collection[str] | None = None) -> Mapping[str, SessionSeats]:
    """Return the seats of these sessions, or of all, by key."""
    wanted = IS_OF_SESSION if keys is None else SeatLimit.name.in_(map(session_limit, keys))
    number = func.coalesce(SeatLimit.nominal_seats - SeatLimit.held_back, SeatLimit.seats)
    columns = (number, SeatLimit.taken, SeatLimit.waiting, SeatLimit.held_back)
    rows = db.session.execute(
        select(SeatLimit.name, *columns, SeatLimit.no_show_minutes).where(wanted)
    )
    return {name.removeprefix(SESSION_PREFIX): SessionSeats(*numbers) for name, *numbers in rows}
