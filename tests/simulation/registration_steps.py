"""What people do about their places: register, wait, take an offer, cancel, come back, leave."""

from app.database import db, transaction
from app.delegates.categories.models import RegistrationCategory
from app.delegates.models import Delegate
from app.delegates.queries import ATTENDING
from app.registration import services as registration
from app.registration.bookings import category_waiting
from app.registration.bookings import services as bookings
from app.registration.desk import services as desk
from app.registration.seats import SoldOut
from app.registration.services import PlacesChanged
from app.registration.waiting_list import services as waiting_list
from app.registration.waiting_list.models import IN_QUEUE, OFFERED, WaitingListEntry
from tests.simulation.people import build_answers, choose_id
from tests.simulation.year import Step, Year, in_transaction

OLGA = "olga@conference.example"
OF_CONFERENCE = WaitingListEntry.scope == "conference"


def register(year: Year) -> Step:
    """Answer all questions and confirm; where there is no place, join the waiting list."""
    is_public = RegistrationCategory.name.in_(("Delegates", "Students"))
    category = choose_id(year.random, RegistrationCategory, is_public)
    answers = {**build_answers(year.random, year.add_person()), "category": str(category)}
    with transaction():
        secret = registration.create_draft(answers)

    def confirm() -> None:
        try:
            with transaction():
                registration.submit(secret, "en")
        except (PlacesChanged, SoldOut):
            with transaction():
                registration.submit_to_waiting_list(secret, "en")

    return Step(f"person {year.people} registers", confirm)


def cancel(year: Year) -> Step | None:
    """Cancel a booking."""
    number = choose_id(year.random, Delegate, ATTENDING)
    if number is None:
        return None
    action = in_transaction(lambda: bookings.cancel(db.session.get_one(Delegate, number)))
    return Step(f"delegate {number} cancels", action)


def restore(year: Year) -> Step | None:
    """Let the desk restore a cancelled booking."""
    gone = Delegate.cancelled_at.is_not(None), Delegate.erased_at.is_(None)
    number = choose_id(year.random, Delegate, *gone)
    if number is None:
        return None

    def change() -> None:
        desk.restore(db.session.get_one(Delegate, number), actor=OLGA)

    return Step(f"delegate {number} is restored", in_transaction(change))


def accept_offer(year: Year) -> Step | None:
    """Take a place of the waiting list that is on offer, or has been."""
    is_offered = WaitingListEntry.state == OFFERED
    number = choose_id(year.random, WaitingListEntry, OF_CONFERENCE, is_offered)
    if number is None:
        return None

    def change() -> None:
        entry = db.session.get_one(WaitingListEntry, number)
        take = category_waiting.accept if entry.keeps_place else waiting_list.accept
        take(entry)

    return Step(f"entry {number} takes the place on offer", in_transaction(change))


def leave_list(year: Year) -> Step | None:
    """Leave the waiting list, or decline an offer."""
    is_open = WaitingListEntry.state.in_((IN_QUEUE, OFFERED))
    number = choose_id(year.random, WaitingListEntry, OF_CONFERENCE, is_open)
    if number is None:
        return None

    def change() -> None:
        waiting_list.leave(db.session.get_one(WaitingListEntry, number))

    return Step(f"entry {number} leaves the waiting list", in_transaction(change))


def change_days(year: Year) -> Step | None:
    """Come on other days."""
    number = choose_id(year.random, Delegate, ATTENDING)
    if number is None:
        return None
    days = year.random.choice(("2009-06-10", "2009-06-11", "2009-06-10 2009-06-11"))

    def change() -> None:
        delegate = db.session.get_one(Delegate, number)
        bookings.update(delegate, {"days": days}, expected_version=delegate.version)

    return Step(f"delegate {number} changes days to {days}", in_transaction(change))


def erase(year: Year) -> Step | None:
    """Have one's details deleted after cancelling."""
    gone = Delegate.cancelled_at.is_not(None), Delegate.erased_at.is_(None)
    number = choose_id(year.random, Delegate, *gone)
    if number is None:
        return None
    action = in_transaction(lambda: bookings.erase_cancelled(db.session.get_one(Delegate, number)))
    return Step(f"delegate {number} is erased", action)
