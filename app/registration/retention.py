"""Retention of registration data, as the privacy page promises; run by the worker.

Unsubmitted answers expire in real time, as their cookie does. Everything else is kept for a time
after the end of the conference, by the site's clock; while no programme is published there is no
such date, and nothing is deleted.

Each of ``TASKS`` is a transaction of its own. Together they would lock bookings first, and then the
groups of other people, which violates the global lock order.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete, exists, or_, select, update

from app import cache_version, clock
from app.database import db
from app.delegates import custom_answers, custom_questions, delegate_record
from app.delegates.answer_json import dump_answers, load_answers
from app.delegates.delegate_field import DelegateField
from app.delegates.fields import BOOKING_FIELDS
from app.delegates.models import CONFERENCE, ApplicationDraft, Delegate, Needs
from app.delegates.requirement_models import RequirementCase
from app.delegates.standard_questions import find_definition
from app.history import services as history
from app.mail import services as mail
from app.mail.models import Email
from app.mail.queries import IS_WAITING
from app.questions.definitions import one_year_after
from app.registration import seats
from app.registration.applications.models import RegistrationApplication
from app.registration.bookings import erasure, operations
from app.registration.groups import queries as groups
from app.registration.interest.models import ExpressionOfInterest
from app.registration.queries import DRAFT_LIFETIME
from app.registration.session_bookings import release as session_seats
from app.registration.waiting_list.models import WaitingListEntry
from app.releases import current_release

NEEDS_RETENTION = timedelta(days=30)
EMAIL_OF_BOOKING = Email.booking_reference == Delegate.reference
BOOKING_SUBJECTS = "booking "  # prefix of the subjects of bookings in the history
BATCH_SIZE = 200  # bookings per transaction, so that others do not wait long for the database
REQUESTS: Final[
    tuple[type[RegistrationApplication | ExpressionOfInterest | WaitingListEntry], ...]
] = (RegistrationApplication, ExpressionOfInterest, WaitingListEntry)


def purge_expired() -> None:
    """Delete drafts, emails and answers whose retention period is over; locks no booking."""
    _purge_drafts()
    _purge_emails_of_erased()
    last = _find_last_day()
    if last is None:
        return
    if _is_over(last + NEEDS_RETENTION):
        db.session.execute(delete(RequirementCase))
        db.session.execute(delete(Needs))
    custom_answers.erase_of_questions(
        filter(custom_questions.is_erased, custom_questions.list_all())
    )


def erase_answers() -> None:
    """Delete delegates' answers to standard questions whose date of erasure has passed.

    Their changes in the history are deleted too, in batches. The bookings are locked before any is
    changed, in the global order, for all questions at once.
    """
    fields = _list_erased_fields()
    if not fields:
        return
    has_answer = (getattr(Delegate, one.column) != "" for one in fields)
    having = select(Delegate.id).where(or_(*has_answer), Delegate.erased_at.is_(None))
    numbers = db.session.scalars(having.order_by(Delegate.id).limit(BATCH_SIZE)).all()
    for delegate in operations.lock_in_order(numbers):
        if not delegate.is_erased:  # perhaps while waiting for the lock
            for field in fields:
                setattr(delegate, field.column, "")
            delegate_record.refresh_search_keys(delegate)
    for field in fields:
        history.erase_field(field.name, BOOKING_SUBJECTS, BATCH_SIZE)


def erase_answers_of_requests() -> None:
    """Delete expired answers of people who apply, wait or have expressed interest."""
    names = _list_erased_names()
    if not names:
        return
    seats.lock_if_set(CONFERENCE)  # before any request, as everywhere
    for model in REQUESTS:
        has_answer = (model.document.contains(f'"{name}": ', autoescape=True) for name in names)
        rows = select(model.id, model.document).where(or_(*has_answer)).limit(BATCH_SIZE)
        for number, document in db.session.execute(rows).tuples().all():
            answers = load_answers(document)
            kept_answers = {name: answer for name, answer in answers.items() if name not in names}
            condition = model.id == number
            db.session.execute(
                update(model).where(condition).values(document=dump_answers(kept_answers))
            )


def erase_delegates() -> None:
    """Delete people's details a year after the conference, in batches."""
    if not _is_a_year_over():
        return
    has_pending_email = exists().where(EMAIL_OF_BOOKING, IS_WAITING)
    due = select(Delegate).where(Delegate.erased_at.is_(None), ~has_pending_email)
    due = due.order_by(Delegate.id).execution_options(populate_existing=True)
    found = db.session.scalars(due.limit(BATCH_SIZE)).all()
    numbers = [one.id for one in found]
    groups.lock_of_delegates(found)
    session_seats.lock_bookings(numbers)  # first, the sessions in which they have seats
    for delegate in db.session.scalars(due.where(Delegate.id.in_(numbers))).all():
        erasure.erase(delegate)
        history.record(
            "The details were deleted automatically, because we no longer need them",
            subject=delegate.history_subject,
        )


def delete_groups() -> None:
    """Delete all groups a year after the conference."""
    if _is_a_year_over():
        groups.delete_all()


TASKS: Final[tuple[Callable[[], None], ...]] = (
    purge_expired,
    erase_answers,
    erase_answers_of_requests,
    erase_delegates,
    delete_groups,
)


def _find_last_day() -> date | None:
    """Return the last day of the conference; None if unknown, or while the clock is uncertain."""
    programme = current_release.get_programme()
    if not cache_version.is_clock_in_sync() or not programme.is_published:
        return None
    return programme.conference.ends_on


def _is_over(day: date) -> bool:
    """Return True once a day has ended in the conference's time zone."""
    zone = ZoneInfo(current_release.get_programme().conference.time_zone)
    return clock.now() > datetime.combine(day, time.max, zone)


def _is_a_year_over() -> bool:
    last = _find_last_day()
    return last is not None and _is_over(one_year_after(last))


def _list_erased_names() -> Collection[str]:
    """Return the names of the expired answers; empty without a programme."""
    if _find_last_day() is None:
        return ()
    own = {
        question.name
        for question in custom_questions.list_all()
        if custom_questions.is_erased(question)
    }
    return own | {field.name for field in _list_erased_fields()}


def _list_erased_fields() -> Sequence[DelegateField]:
    """List the standard questions whose answers have expired; empty without a programme."""
    if _find_last_day() is None:
        return ()
    return [field for field in BOOKING_FIELDS if _is_erased_early(field)]


def _purge_drafts() -> None:
    oldest = clock.real_now() - DRAFT_LIFETIME
    db.session.execute(delete(ApplicationDraft).where(ApplicationDraft.changed_at <= oldest))


def _purge_emails_of_erased() -> None:
    """Delete emails that were still unsent when their delegate was erased."""
    done = exists().where(EMAIL_OF_BOOKING, ~IS_WAITING)
    erased = select(Delegate.reference).where(Delegate.erased_at.is_not(None), done)
    for reference in db.session.scalars(erased).all():
        mail.delete_for_booking(reference)


def _is_erased_early(field: DelegateField) -> bool:
    """Return True once an early date of erasure set by organisers has passed."""
    definition = find_definition(field)
    if definition is None or definition.standard is None:
        return False
    is_early = definition.erasure != definition.standard.erasure
    return is_early and custom_questions.is_erased(definition)
