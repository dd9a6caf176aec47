"""Organisers' decisions about applications: approve, decline, put on hold.

An approval makes a booking like a registration, with the place held for it or a free one. If two
people must approve, the first approval is only recorded.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from app.delegates.answer_json import Answers
from app.delegates.models import CONFERENCE, Delegate
from app.delegates.queries import get_attending
from app.errors import RuleViolation
from app.history import services as history
from app.registration import emails, seats
from app.registration.applications import answer_documents, services
from app.registration.applications.models import (
    APPROVED,
    ASKED,
    DECLINED,
    ON_HOLD,
    UNPLACED,
    WAITING,
    WITHDRAWN,
    RegistrationApplication,
)
from app.registration.applications.services import AlreadyDecided
from app.registration.create_booking import create_booking
from app.registration.waiting_list import offers
from app.registration.waiting_list import services as waiting_list
from app.text import count_of

HISTORY_SUBJECT = "applications"
STATE_NOUNS = {
    WITHDRAWN: "has withdrawn this application",
    APPROVED: "already has a place",
    WAITING: "is already on the waiting list",
    UNPLACED: "has been approved, and is no longer on the waiting list",
    DECLINED: "has already been declined",
}


class NoPlaceFree(RuleViolation):
    """An application cannot be approved because no place is free."""


@dataclass(frozen=True)
class Decision:
    """An organiser's decision."""

    reason: str = ""  # for the team
    message: str = ""  # a sentence in the email
    may_wait: bool = False  # allow the waiting list if no place is free


def approve(application: RegistrationApplication, decision: Decision, *, actor: str) -> None:
    """Approve an application; unless another approval is needed, this makes a booking.

    Raise AlreadyDecided, NoPlaceFree or IncompleteApplication, or RuleViolation if the same person
    has approved before. The first approver's message is sent with the second approval, unless that
    has one of its own.
    """
    _lock_open(application)
    answers = answer_documents.load_valid(application)
    if _is_first_of_two(application):
        application.reason = decision.reason or application.reason
        application.unsent_message = decision.message
        application.first_approved_by = actor
        application.state = ASKED
        services.record(application, "Approved by the first of two people", actor)
        return
    if application.first_approved_by == actor:
        raise RuleViolation(
            "You have approved this application. Someone else has to approve it too"
        )
    _store(application, decision, application.unsent_message)
    try:
        delegate = _book(application, answers)
    except seats.SoldOut as refusal:
        if not decision.may_wait:
            raise NoPlaceFree(_explain_full(refusal)) from None
        _put_on_waiting_list(application, answers, actor)
    else:
        application.delegate_id = delegate.id
        services.end(application, APPROVED, "Approved", actor)
        waiting_list.end_wait(delegate)
        offers.offer_places()


def decline(application: RegistrationApplication, decision: Decision, *, actor: str) -> None:
    """Decline an application; a place held for it is free at once."""
    _lock_open(application)
    _store(application, decision)
    services.release_place(application)
    emails.send_application("application_declined", application)
    services.end(application, DECLINED, "Declined", actor)
    offers.offer_places()


def put_on_hold(application: RegistrationApplication, decision: Decision, *, actor: str) -> None:
    """Put an application on hold; a place held for it stays held."""
    _lock_open(application)
    if application.state == ON_HOLD:
        raise RuleViolation("This application is already on hold")
    _store(application, decision)
    application.state = ON_HOLD
    emails.send_application("application_on_hold", application)
    services.record(application, "Put on hold", actor)


def decide_all(
    applications: Sequence[RegistrationApplication],
    decide: Callable[..., None],
    decision: Decision,
    *,
    actor: str,
) -> None:
    """Decide on all of these or none; all their limits are locked first, in the global order."""
    names = {name for one in applications for name in seats.list_limits(one.category_id)[1:]}
    seats.lock_limits((CONFERENCE, *names))
    for application in applications:
        decide(application, decision, actor=actor)


def record_export(count: int, *, actor: str) -> None:
    """Record that applications were exported."""
    summary = f"Exported {count_of(count, 'application')}"
    history.record(summary, subject=HISTORY_SUBJECT, actor=actor)


def _lock_open(application: RegistrationApplication) -> None:
    services.lock(application)
    if not application.is_open:
        raise AlreadyDecided(f"{application.name} {STATE_NOUNS[application.state]}")


def _store(
    application: RegistrationApplication, decision: Decision, unsent_message: str = ""
) -> None:
    application.reason = decision.reason or application.reason
    application.message = decision.message or unsent_message


def _is_first_of_two(application: RegistrationApplication) -> bool:
    category = application.category
    needed = category.approvals_needed if category is not None else 1
    return needed > 1 and not application.first_approved_by


def _book(application: RegistrationApplication, answers: Answers) -> Delegate:
    """Create the booking, or return the one that the person already has; raise SoldOut."""
    delegate = create_booking(
        answers,
        application.language,
        announce=partial(emails.send_application_approved, message=application.message),
        take_seat=seats.reserve_held if application.is_held else seats.reserve,
    )
    if delegate is None:
        existing = get_attending(application.identity_key)
        services.release_place(application)
        emails.send_already_registered(existing)
        return existing
    application.is_held = False
    history.record("Registered", subject=delegate.history_subject, actor=history.ACTOR_DELEGATE)
    return delegate


def _put_on_waiting_list(
    application: RegistrationApplication, answers: Answers, actor: str
) -> None:
    entry = waiting_list.add_approved(answers, application.language)
    application.entry_id = entry.id
    emails.send_application_waitlisted(application, entry)
    services.end(application, WAITING, "Approved, and put on the waiting list", actor)


def _explain_full(refusal: seats.SoldOut) -> str:
    where = " in this category" if isinstance(refusal, seats.CategoryFull) else ""
    return (
        f"All places{where} are taken, so nobody can be approved now. Put them on the waiting "
        "list, or raise the number of places"
    )
