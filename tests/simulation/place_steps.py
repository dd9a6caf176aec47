"""Other ways to a place: categories, codes, applications, groups, the place of a colleague."""

from datetime import timedelta
from typing import Any

from app import clock
from app.database import db, transaction
from app.delegates.categories.models import BY_CODE, RegistrationCategory
from app.delegates.models import Delegate
from app.delegates.queries import ATTENDING
from app.errors import RuleViolation
from app.registration import services as registration
from app.registration.applications import decisions
from app.registration.applications import services as applications
from app.registration.applications.decisions import Decision
from app.registration.applications.models import RegistrationApplication
from app.registration.bookings import category_waiting
from app.registration.bookings import services as bookings
from app.registration.groups import register_group
from app.registration.groups import services as groups
from app.registration.groups.draft import GroupDraft
from app.registration.groups.models import PLACED, WAITING, GroupMember
from app.registration.invitations import services as invitations
from app.registration.invitations.models import InvitationCode
from app.registration.invitations.services import InvitationOptions
from app.registration.transfers import services as transfers
from app.registration.transfers.models import PlaceTransfer
from app.registration.transfers.services import Colleague
from tests.factories import make_category
from tests.simulation.people import build_answers, choose_id, get_mark
from tests.simulation.registration_steps import OLGA
from tests.simulation.year import Step, Year, in_transaction

IS_OPEN = RegistrationApplication.ended_at.is_(None)


def add_categories() -> None:
    """Add categories: with places of their own, for invited people, and with approval."""
    make_category(name="Delegates", allows_transfer=True)
    make_category(6, name="Students")
    make_category(5, name="Invited", access=BY_CODE)
    make_category(4, name="Press", approvals_needed=1, is_place_held=True)


def invite(year: Year) -> Step:
    """Create invitation codes, for which places may be kept."""
    is_held = year.random.random() < 0.6
    uses = year.random.randint(1, 3)
    ends = clock.now() + timedelta(hours=year.random.randint(2, 200))
    number = choose_id(year.random, RegistrationCategory, RegistrationCategory.name == "Invited")

    def change() -> None:
        category = db.session.get_one(RegistrationCategory, number)
        options = InvitationOptions(uses, ends, is_held)
        invitations.create(category, 1, options, actor=OLGA)

    return Step(f"a code for {uses} is created, held: {is_held}", in_transaction(change))


def revoke(year: Year) -> Step | None:
    """Withdraw an invitation code."""
    number = choose_id(year.random, InvitationCode, InvitationCode.revoked_at.is_(None))
    if number is None:
        return None

    def change() -> None:
        invitations.revoke(db.session.get_one(InvitationCode, number), actor=OLGA)

    return Step(f"code {number} is withdrawn", in_transaction(change))


def register_with_code(year: Year) -> Step | None:
    """Register with an invitation code."""
    number = choose_id(year.random, InvitationCode)
    if number is None:
        return None
    answers = build_answers(year.random, year.add_person())

    def change() -> None:
        code = db.session.get_one(InvitationCode, number).code
        secret = registration.create_draft({**answers, **invitations.accept(code)})
        registration.submit(secret, "en")

    return Step(f"person {year.people} registers with code {number}", in_transaction(change))


def apply(year: Year) -> Step:
    """Apply for a place in a category with approval."""
    number = choose_id(year.random, RegistrationCategory, RegistrationCategory.name == "Press")
    person = year.add_person()
    answers = {**build_answers(year.random, person), "category": str(number)}
    with transaction():
        secret = registration.create_draft(answers)
    action = in_transaction(lambda: registration.submit_application(secret, "en"))
    return Step(f"person {person} applies", action)


def decide(year: Year) -> Step | None:
    """Approve an application, decline it, put it on hold, or have it withdrawn."""
    number = choose_id(year.random, RegistrationApplication, IS_OPEN)
    if number is None:
        return None
    kind = year.random.choice(("approve", "approve", "decline", "put_on_hold", "withdraw"))

    def change() -> None:
        application = db.session.get_one(RegistrationApplication, number)
        if kind == "withdraw":
            applications.withdraw(application)
        else:
            decision = Decision(may_wait=True)
            getattr(decisions, kind)(application, decision, actor=OLGA)

    return Step(f"application {number}: {kind}", in_transaction(change))


def change_category(year: Year) -> Step | None:
    """Change a booking to another category with a free unreserved place."""
    number = choose_id(year.random, Delegate, ATTENDING)
    is_public = RegistrationCategory.name.in_(("Delegates", "Students"))
    category = choose_id(year.random, RegistrationCategory, is_public)
    if number is None:
        return None

    def change() -> None:
        delegate = db.session.get_one(Delegate, number)
        version = delegate.version
        bookings.update(delegate, {"category": str(category)}, expected_version=version)

    return Step(f"delegate {number} changes to category {category}", in_transaction(change))


def wait_for_category(year: Year) -> Step | None:
    """Wait for a place among the students, and keep one's own until then."""
    number = choose_id(year.random, Delegate, ATTENDING)
    students = choose_id(year.random, RegistrationCategory, RegistrationCategory.name == "Students")
    if number is None or students is None:
        return None

    def change() -> None:
        category_waiting.join(db.session.get_one(Delegate, number), students)

    return Step(f"delegate {number} waits for category {students}", in_transaction(change))


def register_group_of_people(year: Year) -> Step:
    """Register a group, all or none, or as many as there are places for."""
    size = year.random.randint(2, 4)
    contact_mark = get_mark(year.add_person())
    contact = {"contact_name": f"Contact {contact_mark}", "email": f"{contact_mark}@ward.example"}
    keys = ("given_names", "family_name", "email")
    answers = [build_answers(year.random, year.add_person()) for _ in range(size)]
    people = [{key: one[key] for key in keys} for one in answers]
    people[-1]["email"] = ""  # the contact receives for them
    number = choose_id(year.random, RegistrationCategory, RegistrationCategory.name == "Delegates")
    shared = {"days": "2009-06-10", "country": "GB", "category": str(number)}
    draft = GroupDraft(contact, shared, people)
    options: dict[str, Any] = {"is_all_or_none": year.random.random() < 0.5}
    options["joins_list"] = not options["is_all_or_none"]
    what = "all or none" if options["is_all_or_none"] else "or they wait"
    done: list[bool] = []

    def change() -> None:
        if done:  # the page of a group that is registered says so
            raise RuleViolation("This group is registered")
        with transaction():
            register_group.register(register_group.prepare(draft, "en"), **options)
        done.append(True)

    return Step(f"a group of {size} registers, {what}", change)


def cancel_in_group(year: Year) -> Step | None:
    """Let the contact of a group cancel a member's place or waiting list entry."""
    number = choose_id(year.random, GroupMember, GroupMember.state.in_((PLACED, WAITING)))
    if number is None:
        return None
    action = in_transaction(lambda: groups.cancel(db.session.get_one(GroupMember, number)))
    return Step(f"group member {number} is cancelled", action)


def offer_to_colleague(year: Year) -> Step | None:
    """Offer one's place to a colleague."""
    number = choose_id(year.random, Delegate, ATTENDING)
    if number is None:
        return None
    mark = get_mark(year.add_person())
    keeps_seats = year.random.random() < 0.5
    colleague = Colleague(f"Colleague {mark}", f"{mark}@example.org", keeps_seats)

    def change() -> None:
        transfers.offer(db.session.get_one(Delegate, number), colleague, actor="delegate")

    return Step(f"delegate {number} offers their place", in_transaction(change))


def take_colleagues_place(year: Year) -> Step | None:
    """Register with the place of a colleague."""
    number = choose_id(year.random, PlaceTransfer)
    if number is None:
        return None
    answers = build_answers(year.random, year.add_person())

    def change() -> None:
        started = transfers.get_first_answers(db.session.get_one(PlaceTransfer, number))
        secret = registration.create_draft({**answers, **started})
        registration.submit(secret, "en")

    return Step(f"person {year.people} takes place {number}", in_transaction(change))
