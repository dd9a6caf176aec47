"""What organisers do about seats by hand: check in, let in, reserve, offer out of turn, merge."""

from datetime import timedelta

from app import clock
from app.database import db
from app.delegates.models import Delegate
from app.delegates.queries import ATTENDING
from app.registration.desk import duplicates
from app.registration.session_bookings import check_in as door
from app.registration.session_bookings import holds, no_shows
from app.registration.session_bookings.models import SeatHold, SessionBooking
from app.registration.waiting_list import manual_changes
from app.registration.waiting_list.models import IN_QUEUE, WaitingListEntry
from app.releases.current_release import get_programme
from tests.simulation.people import HOURS, choose_id
from tests.simulation.registration_steps import OLGA
from tests.simulation.year import Step, Year, in_transaction

WAITING = (WaitingListEntry.ended_at.is_(None), WaitingListEntry.state == IN_QUEUE)


def check_in(year: Year) -> Step | None:
    """Check in a person with a seat, or undo it."""
    number = choose_id(year.random, SessionBooking)
    if number is None:
        return None
    seat = db.session.get_one(SessionBooking, number)
    delegate_id, key = seat.delegate_id, seat.session_key
    db.session.rollback()
    act, kind = (door.undo, "out of") if year.random.random() < 0.2 else (door.check_in, "in to")

    def change() -> None:
        delegate = db.session.get_one(Delegate, delegate_id)
        act(delegate, get_programme().get_session(key), actor=OLGA)

    return Step(f"delegate {delegate_id} is checked {kind} {key}", in_transaction(change))


def admit(year: Year) -> Step | None:
    """Let a person into a session at check-in."""
    number = choose_id(year.random, Delegate, ATTENDING)
    if number is None:
        return None
    key = year.random.choice(sorted(HOURS))

    def change() -> None:
        delegate = db.session.get_one(Delegate, number)
        door.let_in(delegate, get_programme().get_session(key), actor=OLGA)

    return Step(f"delegate {number} is let in to {key}", in_transaction(change))


def reserve_seats(year: Year) -> Step:
    """Reserve seats of a session, for a while or until they are released."""
    key = year.random.choice(sorted(HOURS))
    details = holds.HoldDetails(
        seats=year.random.randint(1, 2),
        reason="For the press",
        is_for_door=year.random.random() < 0.5,
        ends_at=clock.now() + timedelta(hours=5) if year.random.random() < 0.5 else None,
    )

    def change() -> None:
        holds.add(get_programme().get_session(key), details, actor=OLGA)

    return Step(f"{details.seats} seats in {key} are reserved", in_transaction(change))


def release_seats(year: Year) -> Step | None:
    """Release seats that were reserved."""
    number = choose_id(year.random, SeatHold)
    if number is None:
        return None

    def change() -> None:
        hold = db.session.get(SeatHold, number)
        if hold is not None:
            holds.release(hold, actor=OLGA)

    return Step(f"reserved seats {number} are released", in_transaction(change))


def free_unclaimed_seats(year: Year) -> Step:
    """Let the seats in a session of people who have not come be freed, or no longer."""
    key = year.random.choice(sorted(HOURS))
    minutes = year.random.choice((5, 30, None))

    def change() -> None:
        no_shows.set_minutes(get_programme().get_session(key), minutes, actor=OLGA)

    return Step(f"unclaimed seats in {key} are freed: {minutes}", in_transaction(change))


def offer_manually(year: Year) -> Step | None:
    """Make a manual offer of a place or seat, or move a person to the top."""
    number = choose_id(year.random, WaitingListEntry, *WAITING)
    if number is None:
        return None
    is_offer, adds_place = year.random.random() < 0.6, year.random.random() < 0.5

    def change() -> None:
        entry = db.session.get_one(WaitingListEntry, number)
        if is_offer:
            manual_changes.offer_out_of_turn(
                entry, reason="A guest", actor=OLGA, adds_place=adds_place
            )
        else:
            manual_changes.move_to_top(entry, reason="A guest", actor=OLGA)

    kind = "is offered something by hand" if is_offer else "moves to the top"
    return Step(f"entry {number} {kind}", in_transaction(change))


def merge(year: Year) -> Step | None:
    """Merge two bookings, as if they were of one person."""
    chosen = {choose_id(year.random, Delegate, ATTENDING) for _ in range(2)}
    if len(chosen) < 2:
        return None
    first, second = sorted(chosen, key=str)

    def change() -> None:
        kept, cancelled = (db.session.get_one(Delegate, one) for one in (first, second))
        versions = {one.reference: one.version for one in (kept, cancelled)}
        duplicates.merge(duplicates.MergeChoice(kept, cancelled, {}, versions), actor=OLGA)

    return Step(f"booking {second} is merged into {first}", in_transaction(change))
