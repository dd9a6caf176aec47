"""What people do about sessions: book seats, swap them, give them back, wait, rank wishes."""

from datetime import timedelta

from sqlalchemy import select

from app import clock
from app.database import db, transaction
from app.delegates.models import Delegate
from app.delegates.queries import ATTENDING
from app.programme.models import BOOKABLE, Session
from app.registration.ballots import services as ballots
from app.registration.ballots.models import Ballot
from app.registration.session_bookings import clash_choices
from app.registration.session_bookings import services as session_bookings
from app.registration.session_bookings.models import SessionBooking
from app.releases.current_release import get_programme
from tests.factories import FIRST_MORNING, make_session, publish_programme
from tests.simulation.people import HOURS, choose_id
from tests.simulation.registration_steps import OLGA
from tests.simulation.year import Step, Year, in_transaction

IN_BALLOT = ("sails", "tar", "maps")


def add_sessions() -> None:
    """Publish sessions in which people book seats; some are on at the same time."""
    for key, hours in HOURS.items():
        at = FIRST_MORNING + timedelta(hours=hours)
        title = f"On {key}"
        make_session(key=key, slug=key, title=title, starts_at=at, booking=BOOKABLE, seats=3)
    publish_programme()


def book(year: Year) -> Step | None:
    """Book a seat in a session, or take the one on offer; a clash is refused, or swapped."""
    number = choose_id(year.random, Delegate, ATTENDING)
    if number is None:
        return None
    key = year.random.choice(sorted(HOURS))
    others = frozenset(HOURS) - {key} if year.random.random() < 0.5 else frozenset()

    def change() -> None:
        delegate = db.session.get_one(Delegate, number)
        session = get_programme().get_session(key)
        session_bookings.book(delegate, session, in_place_of=others)

    kind = "swaps to" if others else "books"
    return Step(f"delegate {number} {kind} {key}", in_transaction(change))


def release_seat(year: Year) -> Step | None:
    """Give a seat back."""
    number = choose_id(year.random, SessionBooking)
    if number is None:
        return None
    row = db.session.get_one(SessionBooking, number)
    delegate_id, key = row.delegate_id, row.session_key
    db.session.rollback()

    def change() -> None:
        session_bookings.cancel(db.session.get_one(Delegate, delegate_id), key)

    return Step(f"delegate {delegate_id} gives back {key}", in_transaction(change))


def join_list(year: Year) -> Step | None:
    """Wait for a seat in a session."""
    number = choose_id(year.random, Delegate, ATTENDING)
    if number is None:
        return None
    key = year.random.choice(sorted(HOURS))

    def change() -> None:
        delegate = db.session.get_one(Delegate, number)
        session_bookings.join_waiting_list(delegate, get_programme().get_session(key))

    return Step(f"delegate {number} waits for {key}", in_transaction(change))


def leave_list(year: Year) -> Step | None:
    """Wait for a session no longer, or decline a seat."""
    number = choose_id(year.random, Delegate, ATTENDING)
    if number is None:
        return None
    key = year.random.choice(sorted(HOURS))

    def change() -> None:
        session_bookings.leave_waiting_list(db.session.get_one(Delegate, number), key)

    return Step(f"delegate {number} leaves the list of {key}", in_transaction(change))


def open_ballot(year: Year) -> Step:
    """Let some sessions be drawn in a few days."""
    keys = frozenset(year.random.sample(IN_BALLOT, 2))
    closes_at = clock.now() + timedelta(hours=year.random.randint(5, 120))

    def change() -> None:
        ballots.create(ballots.BallotDetails("Workshops", closes_at, keys), actor=OLGA)

    return Step(f"a ballot for {', '.join(sorted(keys))} opens", in_transaction(change))


def rank_choices(year: Year) -> Step | None:
    """Rank wishes in a ballot, or take them back."""
    number = choose_id(year.random, Delegate, ATTENDING)
    ballot = choose_id(year.random, Ballot, Ballot.drawn_at.is_(None))
    if number is None or ballot is None:
        return None
    keys = year.random.sample(IN_BALLOT, year.random.randint(0, 2))

    def change() -> None:
        known = db.session.get_one(Ballot, ballot).session_keys
        wishes = [key for key in keys if key in known]
        ballots.save_wishes(db.session.get_one(Delegate, number), ballot, wishes)

    return Step(f"delegate {number} wishes for {', '.join(keys)}", in_transaction(change))


def publish_seats(year: Year) -> Step:
    """Publish a session with more or fewer seats, cancelled, or taking place after all."""
    key = year.random.choice(sorted(HOURS))
    number = year.random.randint(1, 6)
    is_cancelled = year.random.random() < 0.15

    def change() -> None:
        with transaction():
            session = db.session.scalars(select(Session).where(Session.key == key)).one()
            session.seats = number
            session.cancelled_at = clock.now() if is_cancelled else None
        publish_programme()

    what = "is cancelled" if is_cancelled else f"has {number} seats"
    return Step(f"{key} {what}", change)


def move(year: Year) -> Step:
    """Publish a session of the first day at another time, perhaps over others."""
    key = year.random.choice(sorted(one for one, hours in HOURS.items() if hours < 24))
    hours = year.random.choice((0, 2, 4))

    what = f"{key} moves to {hours} hours after the first morning"
    return Step(what, lambda: move_to(key, hours))


def move_to(key: str, hours: int) -> None:
    """Publish a session so many hours after the first morning begins."""
    with transaction():
        session = db.session.scalars(select(Session).where(Session.key == key)).one()
        session.starts_at = FIRST_MORNING + timedelta(hours=hours)
        session.ends_at = session.starts_at + timedelta(hours=1)
    publish_programme()


def choose_seat(year: Year) -> Step | None:
    """Choose between two seats that a release has put at the same time."""
    number = choose_id(year.random, SessionBooking, SessionBooking.choose_by.is_not(None))
    if number is None:
        return None
    row = db.session.get_one(SessionBooking, number)
    delegate_id, key = row.delegate_id, row.session_key
    db.session.rollback()

    def change() -> None:
        delegate = db.session.get_one(Delegate, delegate_id)
        clash_choices.keep_seat(delegate, get_programme().get_session(key))

    return Step(f"delegate {delegate_id} keeps {key}", in_transaction(change))
