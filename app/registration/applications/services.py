"""Applicants' operations: apply and withdraw; and ending applications without a decision.

Locks are taken in one order: the limits, then the application. So a concurrent approval and
withdrawal are serialised, and the second is refused with the reason. Every step queues its email in
the same transaction.
"""

import secrets

from app import cache_version, clock
from app.database import db
from app.delegates import delegate_record
from app.delegates.answer_json import Answers, full_name
from app.delegates.categories import queries as categories
from app.delegates.fields import EMAIL
from app.delegates.models import CONFERENCE, Delegate
from app.errors import RuleViolation
from app.history import services as history
from app.registration import emails, seats
from app.registration import registration_requests as requests
from app.registration.applications import answer_documents, queries
from app.registration.applications.models import (
    APPROVED,
    DECLINED,
    UNPLACED,
    WAITING,
    WITHDRAWN,
    RegistrationApplication,
)
from app.registration.create_booking import lock_category
from app.registration.waiting_list import entries, offers
from app.registration.waiting_list import queries as waiting_list_queries
from app.registration.waiting_list import services as waiting_list
from app.registration.waiting_list.models import ACCEPTED, WaitingListEntry
from app.row_locks import lock_row

BATCH_SIZE = 100  # applications per transaction, so that others do not wait long for the limit
TOO_LATE = {
    APPROVED: "The organisers have just approved your application, so you have a place. "
    "If you cannot come, cancel your booking",
    WAITING: "The organisers have just approved your application, so you are on the waiting list. "
    "If you cannot come, leave the waiting list",
    UNPLACED: "You are no longer on the waiting list, so there is nothing to withdraw",
    DECLINED: "The organisers have just declined your application, so there is nothing to withdraw",
}


class AlreadyDecided(RuleViolation):
    """Someone else was faster: the application has been decided or withdrawn."""


def apply(answers: Answers, language: str) -> None:
    """Store an application and email its link; the caller has validated the answers.

    If the person already has a place or an application, only an email says so. Raise CategoryGone.
    """
    key = delegate_record.identity_key(full_name(answers), answers[EMAIL])
    seats.lock_limit(CONFERENCE)
    delegate = waiting_list_queries.find_attending(key)
    application = queries.find_open(key)
    if delegate is not None:
        emails.send_already_registered(delegate)
        return
    if application is None:
        application = _store(answers, language, key)
        record(application, "Applied", history.ACTOR_DELEGATE)
    emails.send_application("application_received", application)


def withdraw(application: RegistrationApplication) -> None:
    """Withdraw an application for its applicant; raise AlreadyDecided if it is decided."""
    lock(application)
    if application.state in TOO_LATE:
        raise AlreadyDecided(TOO_LATE[application.state])
    if application.is_open:
        release_place(application)
        end(application, WITHDRAWN, "Withdrew the application", history.ACTOR_DELEGATE)
        offers.offer_places()


def end_open(delegate: Delegate) -> None:
    """End the application of a person who got a place in another way, and release its place.

    The caller must hold the lock of the limit.
    """
    application = queries.find_open(delegate.identity_key)
    if application is not None:
        lock(application)
        release_place(application)
        application.delegate_id = delegate.id
        end(application, APPROVED, "Has a place in another way", history.ACTOR_SITE)
        offers.offer_places()


def end_wait(entry: WaitingListEntry) -> None:
    """Record how the wait of waitlisted applications has ended.

    The caller must hold the lock of the limit.
    """
    for application in queries.list_waiting(entry):
        lock(application)
        if entry.state == ACCEPTED:
            application.state, application.delegate_id = APPROVED, entry.delegate_id
            record(application, "Has a place after waiting for one", history.ACTOR_SITE)
        else:
            application.state = UNPLACED
            record(application, "No longer waits for a place", history.ACTOR_SITE)


waiting_list.PLACE_HOOKS.append(end_open)
entries.END_HOOKS.append(end_wait)


def purge_expired() -> None:
    """Delete applications a month after they ended, and all some time after the conference."""
    if not cache_version.is_clock_in_sync():
        return
    seats.lock_if_set(CONFERENCE)  # before any application, as everywhere
    requests.delete_ended(RegistrationApplication)
    for application in requests.list_overdue(RegistrationApplication, BATCH_SIZE):
        lock(application)
        release_place(application)
        db.session.delete(application)


def lock(application: RegistrationApplication) -> None:
    """Lock what a decision on an application needs, in the global order."""
    seats.lock_limits(seats.list_limits(application.category_id))
    lock_row(application, "This application has been deleted")


def release_place(application: RegistrationApplication) -> None:
    """Release the place that was held until the decision, if there was one."""
    if application.is_held:
        application.is_held = False
        seats.release_seats(seats.list_limits(application.category_id))


def end(application: RegistrationApplication, state: str, summary: str, actor: str) -> None:
    """Store the final state of an application, and delete the answers."""
    application.state, application.ended_at = state, clock.now()
    application.document = application.identity_key = application.unsent_message = ""
    application.is_held = False
    record(application, summary, actor)


def record(application: RegistrationApplication, summary: str, actor: str) -> None:
    """Record an event of an application in the audit log."""
    db.session.flush()
    history.record(summary, subject=application.history_subject, actor=actor)


def _store(answers: Answers, language: str, key: str) -> RegistrationApplication:
    """Store an application, holding a place if its category does so and one is free."""
    lock_category(categories.read_id(answers))
    application = _build(answers, language, key)
    category = categories.find(application.category_id)
    if category is not None and category.is_place_held:
        try:
            application.is_held = True
            seats.reserve(seats.list_limits(category.id), application)
        except seats.SoldOut:
            application.is_held = False
        else:
            return application
    db.session.add(application)
    db.session.flush()
    return application


def _build(answers: Answers, language: str, key: str) -> RegistrationApplication:
    access_key = secrets.token_urlsafe(16)
    name = full_name(answers)
    return RegistrationApplication(
        access_key=access_key,
        name=name,
        email=answers[EMAIL],
        search_text=delegate_record.search_key(name, answers[EMAIL]),
        identity_key=key,
        language=language,
        document=answer_documents.dump(answers, access_key),
        applied_at=clock.now(),
        category_id=categories.read_id(answers),
    )
