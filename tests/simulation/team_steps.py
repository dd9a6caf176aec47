"""What the desk, speakers and groups do besides: add, cancel, correct, leave, write, answer."""

from datetime import timedelta

from app import clock
from app.database import db, transaction
from app.delegates.categories.models import RegistrationCategory
from app.delegates.models import Delegate
from app.delegates.queries import ATTENDING
from app.equality import services as equality
from app.mailings import queries as mailing_queries
from app.mailings import scheduling
from app.mailings import services as mailings
from app.mailings.models import Mailing
from app.mailings.scheduling import SendTime
from app.mailings.services import Draft
from app.programme.models import Speaker
from app.registration.desk import services as desk
from app.registration.groups import queries as group_queries
from app.registration.groups import services as groups
from app.registration.groups.models import PLACED, GroupMember, RegistrationGroup
from app.registration.transfers import services as transfers
from app.speakers import services as speakers
from tests.simulation.people import build_answers, choose_id, get_mark
from tests.simulation.registration_steps import OLGA
from tests.simulation.year import Step, Year, in_transaction

AGES = {"age": ("16-24", "25-34", "none")}


def add_at_desk(year: Year) -> Step:
    """Let the desk add a person before those who wait."""
    number = choose_id(year.random, RegistrationCategory, RegistrationCategory.name == "Delegates")
    answers = {**build_answers(year.random, year.add_person()), "category": str(number)}

    def change() -> None:
        desk.add(answers, "en", actor=OLGA)

    return Step(f"the desk adds person {year.people}", in_transaction(change))


def cancel_many(year: Year) -> Step | None:
    """Let the desk cancel several bookings at once."""
    chosen = {choose_id(year.random, Delegate, ATTENDING) for _ in range(2)} - {None}
    if not chosen:
        return None

    def change() -> None:
        people = [db.session.get_one(Delegate, number) for number in sorted(chosen, key=str)]
        desk.cancel_all(people, actor=OLGA, reason="A double")

    return Step(f"the desk cancels {sorted(chosen, key=str)}", in_transaction(change))


def correct_email(year: Year) -> Step | None:
    """Let the desk correct an address."""
    number = choose_id(year.random, Delegate, ATTENDING)
    if number is None:
        return None
    address = f"{get_mark(year.add_person())}@example.org"

    def change() -> None:
        delegate = db.session.get_one(Delegate, number)
        desk.correct_email(delegate, address, expected_version=delegate.version, actor=OLGA)

    return Step(f"the desk corrects the address of {number}", in_transaction(change))


def leave_group(year: Year) -> Step | None:
    """Leave a group, and keep one's booking."""
    placed = GroupMember.state == PLACED, GroupMember.delegate_id.is_not(None)
    number = choose_id(year.random, GroupMember, *placed)
    if number is None:
        return None

    def change() -> None:
        member = db.session.get_one(GroupMember, number)
        if member.delegate is not None:
            groups.leave(member.delegate, member)

    return Step(f"group member {number} leaves", in_transaction(change))


def dissolve_group(year: Year) -> Step | None:
    """Dissolve a group; its people keep their bookings."""
    number = choose_id(year.random, RegistrationGroup)
    if number is None:
        return None

    def change() -> None:
        groups.dissolve(group_queries.get_by_number(number), actor=OLGA)

    return Step(f"group {number} is dissolved", in_transaction(change))


def withdraw_transfer(year: Year) -> Step | None:
    """Take the offer of one's place back."""
    number = choose_id(year.random, Delegate, ATTENDING)
    if number is None:
        return None

    def change() -> None:
        transfers.withdraw(db.session.get_one(Delegate, number), actor="delegate")

    return Step(f"delegate {number} keeps their place", in_transaction(change))


def send_group_email(year: Year) -> Step:
    """Write a group email to all delegates, and send it in an hour or less."""
    send_at = clock.now() + timedelta(minutes=year.random.randint(0, 60))

    def change() -> None:
        mailing = mailings.create("delegates", "", actor=OLGA)
        draft = Draft("News", "Dear {{ first_name }}", is_essential=True)
        mailings.save(mailing, draft, expected_version=mailing.version, actor=OLGA)
        count = mailing_queries.select_people(mailing).count
        when = SendTime(send_at)
        version = mailing.version
        scheduling.schedule(
            mailing, when, expected_version=version, expected_count=count, actor=OLGA
        )

    return Step("a group email is scheduled", in_transaction(change))


def cancel_group_email(year: Year) -> Step | None:
    """Cancel a group email that is being sent."""
    number = choose_id(year.random, Mailing)
    if number is None:
        return None

    def change() -> None:
        scheduling.stop(db.session.get_one(Mailing, number), actor=OLGA)

    return Step(f"group email {number} is stopped", in_transaction(change))


def answer_as_speaker(year: Year) -> Step | None:
    """Let a speaker confirm, or ask for another time."""
    number = choose_id(year.random, Speaker, Speaker.withdrawn_at.is_(None))
    if number is None:
        return None
    confirms = year.random.random() < 0.7

    def change() -> None:
        speaker = db.session.get_one(Speaker, number)
        seen = speakers.participation_fingerprint(speaker)
        if confirms:
            speakers.confirm(speaker, expected_fingerprint=seen, actor=OLGA)
        else:
            speakers.request_another_time(
                speaker, "After lunch", expected_fingerprint=seen, actor=OLGA
            )

    what = "confirms" if confirms else "asks for another time"
    return Step(f"speaker {number} {what}", in_transaction(change))


def answer_equality(year: Year) -> Step:
    """Answer the questions of equality monitoring, which are asked from the first answer on."""
    answers = {key: year.random.choice(choices) for key, choices in AGES.items()}

    def change() -> None:
        with transaction():
            equality.set_active(set(AGES), actor=OLGA)
        with transaction():
            equality.count_answers(answers)

    return Step("somebody answers about equality", change)
