"""Integrity checks of the data, with problems described in plain sentences.

The worker runs them once a day and emails the organisers if there are problems; ``flask audit``
runs them at once. Nothing is repaired automatically: the cause should be found first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Select, exists, func, select, text

from app import clock
from app.accounts import queries as accounts
from app.database import db
from app.delegates import answer_files
from app.delegates.models import CONFERENCE, Delegate
from app.delegates.queries import ATTENDING
from app.history import queries as history_queries
from app.history import services as history
from app.mail import services as mail
from app.mail.models import Email
from app.materials.models import Material, MaterialChunk
from app.questions import queries as questions
from app.questions import standard
from app.questions.models import REGISTRATION
from app.registration import offer_order, seat_checks
from app.registration.applications.models import RegistrationApplication
from app.registration.groups.draft import MAX_PEOPLE
from app.registration.groups.models import LEFT, PLACED, UNPLACED, WAITING, GroupMember
from app.registration.interest.models import ExpressionOfInterest
from app.registration.waiting_list.models import WaitingListEntry
from app.text import count_of

HISTORY_SUBJECT = "audit"
CONFIRMATIONS = ("registration_confirmed", "application_approved", "booking_restored")


@dataclass(frozen=True)
class Check:
    """A condition that must hold; ``list_faults`` returns a sentence for each violation."""

    description: str
    list_faults: Callable[[], Sequence[str]]


def run_checks() -> Sequence[str]:
    """List the problems, one sentence each."""
    return [sentence for check in CHECKS for sentence in check.list_faults()]


def run_daily() -> None:
    """Run the checks unless that was done today, and email faults to the organisers."""
    latest = history_queries.find_latest(HISTORY_SUBJECT)
    if latest is not None and latest.happened_at.date() == clock.now().date():
        return
    faults = run_checks()
    found = count_of(len(faults), "fault")
    history.record(f"The site checked its data: {found}", subject=HISTORY_SUBJECT)
    if faults:
        for organiser in accounts.list_organisers():
            mail.enqueue("audit_found", to=organiser.email, faults=faults)


def _check_requests_of_delegates() -> Sequence[str]:
    """Find people with a place who also request one, by name and address."""
    waits, applications, interest = (
        db.session.scalars(statement) for statement in _select_requests_of_delegates()
    )
    return [
        *(f"Booking {reference} has a place, but is still waiting for one." for reference in waits),
        *(
            f"Booking {reference} has a place, but an application to be decided."
            for reference in applications
        ),
        *(
            f"Booking {reference} has a place, but an expression of interest to be decided."
            for reference in interest
        ),
    ]


@cache
def _select_requests_of_delegates() -> Sequence[Select[tuple[str]]]:
    own = Delegate.identity_key != "", ATTENDING
    waiting = (WaitingListEntry.ended_at.is_(None), WaitingListEntry.scope == CONFERENCE)
    waits = exists().where(*waiting, WaitingListEntry.identity_key == Delegate.identity_key)
    is_open = RegistrationApplication.ended_at.is_(None)
    applies = exists().where(is_open, RegistrationApplication.identity_key == Delegate.identity_key)
    expresses = exists().where(
        ExpressionOfInterest.ended_at.is_(None),
        ExpressionOfInterest.identity_key == Delegate.identity_key,
    )
    both = select(Delegate.reference).where(*own).order_by(Delegate.id)
    return both.where(waits), both.where(applies), both.where(expresses)


def _check_confirmation_emails() -> Sequence[str]:
    without = db.session.scalars(_select_delegates_without_confirmation())
    return [f"No confirmation email was created for booking {reference}." for reference in without]


@cache
def _select_delegates_without_confirmation() -> Select[tuple[str]]:
    email_exists = exists().where(
        Email.booking_reference == Delegate.reference, Email.template.in_(CONFIRMATIONS)
    )
    received_by_contact = select(GroupMember.delegate_id).where(
        GroupMember.email == "", GroupMember.delegate_id.is_not(None)
    )
    return (
        select(Delegate.reference)
        .where(
            *(ATTENDING, ~Delegate.is_demo, ~Delegate.is_added_by_team, ~email_exists),
            Delegate.erased_at.is_(None),  # their emails are deleted with everything else
            Delegate.id.not_in(received_by_contact),
        )
        .order_by(Delegate.reference)
    )


def _check_groups() -> Sequence[str]:
    """Find groups with too many people, and members in an impossible state."""
    counted = select(GroupMember.group_id).where(GroupMember.state.in_((PLACED, WAITING)))
    large = counted.group_by(GroupMember.group_id).having(func.count() > MAX_PEOPLE)
    wrong = select(GroupMember.group_id).where(
        GroupMember.delegate_id.is_not(None), GroupMember.state.in_((WAITING, UNPLACED, LEFT))
    )
    return [
        *(
            f"Group {number} has more than {MAX_PEOPLE} people."
            for number in db.session.scalars(large.order_by(GroupMember.group_id))
        ),
        *(
            f"A person in group {number} has a booking, but is listed as without a place."
            for number in db.session.scalars(wrong.distinct().order_by(GroupMember.group_id))
        ),
    ]


def _check_references() -> Sequence[str]:
    """Find dangling foreign keys; PostgreSQL never has any."""
    if db.engine.dialect.name != "sqlite":
        return []
    rows = db.session.execute(text("PRAGMA foreign_key_check")).all()
    return [f"Row {row[1]} of {row[0]} refers to a missing row of {row[2]}." for row in rows]


def _check_material_sizes() -> Sequence[str]:
    stored = func.coalesce(func.sum(func.length(MaterialChunk.body)), 0)
    incomplete = db.session.scalars(
        select(Material.title)
        .outerjoin(MaterialChunk, MaterialChunk.material_id == Material.id)
        .group_by(Material.id)
        .having(stored != Material.size)
        .order_by(Material.id)
    )
    return [f"The file “{title}” of a session is incomplete." for title in incomplete]


def _check_answer_files() -> Sequence[str]:
    references = answer_files.list_incomplete()
    return [f"A file of booking {reference} is missing or incomplete." for reference in references]


def _list_missing_questions() -> Sequence[str]:
    """Find standard questions without a row, which would never be asked."""
    known = {question.key for question in questions.list_all(REGISTRATION)}
    missing = [one for one in standard.list_of(REGISTRATION) if one.key not in known]
    return [f"The question “{one.label}” is missing from registration." for one in missing]


CHECKS: tuple[Check, ...] = (
    Check(
        "the number of places taken matches the number of delegates", seat_checks.list_wrong_places
    ),
    Check("the seats taken in each session match those booked", seat_checks.list_wrong_seats),
    Check(
        "nobody is waiting for a seat that they have or cannot have", seat_checks.list_wrong_waits
    ),
    Check(
        "seats of sessions are offered to those who have waited longest", offer_order.list_faults
    ),
    Check("nobody with a place is asking for one", _check_requests_of_delegates),
    Check("no cancelled booking has a seat in a session", seat_checks.list_seats_of_cancelled),
    Check(
        "everyone with seats at the same time has been asked to choose",
        seat_checks.list_seats_at_the_same_time,
    ),
    Check("every booking has a confirmation email", _check_confirmation_emails),
    Check("no group is too large, and its people are listed as they are", _check_groups),
    Check("there are no references to missing rows", _check_references),
    Check("all session files are complete", _check_material_sizes),
    Check("all files that delegates have sent are complete", _check_answer_files),
    Check("no standard question of registration is missing", _list_missing_questions),
)
