"""Retention of registration data, as the privacy page promises; run by the worker.

Unsubmitted answers expire in real time, as their cookie does. Everything else is kept for a time
after the end of the conference, by the site's clock; while no programme is published there is no
such date, and nothing is deleted.
"""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete, exists, or_, select, update

from app import cache_version, clock
from app.database import db
from app.history import services as history
from app.mail import services as mail
from app.mail.models import Email
from app.mail.queries import IS_WAITING
from app.questions.definitions import one_year_after
from app.registration import custom_answers, custom_questions, delegate_record, seats
from app.registration.applications.models import RegistrationApplication
from app.registration.bookings import erasure, operations
from app.registration.delegate_field import DelegateField
from app.registration.fields import BOOKING_FIELDS
from app.registration.groups import queries as groups
from app.registration.interest.models import ExpressionOfInterest
from app.registration.models import ApplicationDraft, Delegate, Needs
from app.registration.queries import DRAFT_LIFETIME, dump_answers, load_answers
from app.registration.requirement_cases.models import RequirementCase
from app.registration.standard_questions import find_definition
from app.registration.waiting_list.models import WaitingListEntry
from app.releases import current_release

NEEDS_RETENTION = timedelta(days=30)
EMAIL_OF_BOOKING = Email.booking_reference == Delegate.reference
BOOKING_SUBJECTS = "booking "  # how the subjects of bookings begin in the history
BATCH_SIZE = 200  # bookings per transaction, so that nobody waits long for the database
REQUESTS: Final[
    tuple[type[RegistrationApplication | ExpressionOfInterest | WaitingListEntry], ...]
] = (RegistrationApplication, ExpressionOfInterest, WaitingListEntry)


def purge_expired() -> None:
    """Delete or erase everything whose retention period is over."""
    _purge_drafts()
    _purge_emails_of_erased()
    groups.link_accepted()
    if not cache_version.is_clock_in_sync():
        return
    programme = current_release.get_programme()
    if programme.is_published:
        last = programme.conference.ends_on
        zone = ZoneInfo(programme.conference.time_zone)
        over = datetime.combine(last, time.max, zone)
        in_a_year = datetime.combine(one_year_after(last), time.max, zone)
        _purge_needs(over + NEEDS_RETENTION)
        custom_answers.erase_of_questions(
            filter(custom_questions.is_erased, custom_questions.list_all())
        )
        _erase_answers([one for one in BOOKING_FIELDS if _is_erased_early(one)])
        _erase_delegates(in_a_year)
        if clock.now() > in_a_year:
            groups.delete_all()


def erase_answers_of_requests() -> None:
    """Delete answers whose date is over of people who apply, wait or have expressed interest."""
    names = _list_erased_names()
    if not names:
        return
    seats.lock_if_set(seats.CONFERENCE)  # before any request, as everywhere
    for model in REQUESTS:
        has_answer = (model.document.contains(f'"{name}": ', autoescape=True) for name in names)
        rows = select(model.id, model.document).where(or_(*has_answer)).limit(BATCH_SIZE)
        for number, document in db.session.execute(rows).tuples().all():
            answers = load_answers(document)
            kept = {name: answer for name, answer in answers.items() if name not in names}
            is_it = model.id == number
            db.session.execute(update(model).where(is_it).values(document=dump_answers(kept)))


def _list_erased_names() -> Collection[str]:
    """Return the names of the answers that are no longer kept; none without a programme."""
    if not cache_version.is_clock_in_sync() or not current_release.get_programme().is_published:
        return ()
    own = {one.name for one in custom_questions.list_all() if custom_questions.is_erased(one)}
    return own | {one.name for one in BOOKING_FIELDS if _is_erased_early(one)}


def _purge_drafts() -> None:
    oldest = clock.real_now() - DRAFT_LIFETIME
    db.session.execute(delete(ApplicationDraft).where(ApplicationDraft.changed_at <= oldest))


def _purge_emails_of_erased() -> None:
    """Delete emails that were still to be sent when their delegate was erased."""
    done = exists().where(EMAIL_OF_BOOKING, ~IS_WAITING)
    erased = select(Delegate.reference).where(Delegate.erased_at.is_not(None), done)
    for reference in db.session.scalars(erased).all():
        mail.delete_for_booking(reference)


def _purge_needs(due: datetime) -> None:
    if clock.now() > due:
        db.session.execute(delete(RequirementCase))
        db.session.execute(delete(Needs))


def _is_erased_early(field: DelegateField) -> bool:
    """Return True once a date is over that organisers set for the answers to a question."""
    definition = find_definition(field)
    if definition is None or definition.standard is None:
        return False
    is_early = definition.erasure != definition.standard.erasure
    return is_early and custom_questions.is_erased(definition)


def _erase_answers(fields: Collection[DelegateField]) -> None:
    """Delete what people answered, and what the history says of it, some at a time.

    The bookings are locked before any is changed, in the one order, for all questions at once.
    """
    if not fields:
        return
    has_answer = (getattr(Delegate, one.column) != "" for one in fields)
    having = select(Delegate.id).where(or_(*has_answer), Delegate.erased_at.is_(None))
    numbers = db.session.scalars(having.order_by(Delegate.id).limit(BATCH_SIZE)).all()
    for delegate in operations.lock_in_order(numbers):
        if not delegate.is_erased:  # perhaps while we waited for the lock
            for field in fields:
                setattr(delegate, field.column, "")
            delegate_record.refresh_search_keys(delegate)
    for field in fields:
        history.erase_field(field.name, BOOKING_SUBJECTS, BATCH_SIZE)


def _erase_delegates(due: datetime) -> None:
    if clock.now() <= due:
        return
    has_pending_email = exists().where(EMAIL_OF_BOOKING, IS_WAITING)
    known = (
        select(Delegate)
        .where(Delegate.erased_at.is_(None), ~has_pending_email)
        .order_by(Delegate.id)
        .limit(BATCH_SIZE)
    )
    groups.lock_of_delegates(db.session.scalars(known).all())
    for delegate in db.session.scalars(known.with_for_update()):
        erasure.erase(delegate)
        history.record(
            "The details were deleted automatically, because we no longer need them",
            subject=delegate.history_subject,
        )
