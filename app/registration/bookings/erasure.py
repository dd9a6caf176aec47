"""Erasing the personal data of a booking; the rest is kept for statistics."""

from collections.abc import Callable

from sqlalchemy import delete, exists, func, or_, select

from app import clock
from app.accounts.models import Person
from app.database import db
from app.delegates.fields import KEPT_AT_ERASURE
from app.delegates.models import ApplicationDraft, Confirmation, Delegate, DelegateNote, DelegateTag
from app.errors import RuleViolation
from app.history import services as history
from app.mail import replies, suppression
from app.mail import services as mail
from app.registration import registration_requests
from app.registration.ballots.models import BallotEntry
from app.registration.bookings.agenda_links import unlink_agenda
from app.registration.bookings.operations import lock, record
from app.registration.groups import queries as groups
from app.registration.session_bookings import release as session_seats
from app.registration.session_bookings import released_seats
from app.registration.transfers import queries as transfer_queries
from app.registration.waiting_list import queries as waiting_list_entries

ANNOTATIONS = (DelegateNote, DelegateTag)  # of the desk


ERASED_ABOVE: list[Callable[[Delegate], None]] = []  # erasures by packages above this one


def erase_cancelled(delegate: Delegate, *, actor: str) -> None:
    """Erase a delegate's personal data at their request, after they have cancelled."""
    groups.lock_of_delegates([delegate])
    lock(delegate)
    if delegate.is_attending:
        raise RuleViolation(
            "Cancel your booking first. We need your details while you have a place"
        )
    if not delegate.is_erased:
        erase(delegate)
        record(delegate, "The details were deleted", actor)


def erase(delegate: Delegate) -> None:
    """Erase a delegate's personal data; the booking with its days remains for statistics."""
    confirmation_ids = select(Confirmation.id).where(Confirmation.delegate_id == delegate.id)
    db.session.execute(
        delete(ApplicationDraft).where(ApplicationDraft.confirmation_id.in_(confirmation_ids))
    )
    db.session.execute(delete(Confirmation).where(Confirmation.delegate_id == delegate.id))
    for model in ANNOTATIONS:
        db.session.execute(delete(model).where(model.delegate_id == delegate.id))
    unlink_agenda(delegate)
    session_seats.release_all([delegate.id])
    released_seats.erase_delegate(delegate)
    db.session.execute(delete(BallotEntry).where(BallotEntry.delegate_id == delegate.id))
    mail.delete_for_booking(delegate.reference)
    replies.erase_of_booking(delegate.reference)
    groups.erase_delegate(delegate)
    waiting_list_entries.erase_delegate(delegate)
    registration_requests.erase_delegate(delegate)
    transfer_queries.erase_delegate(delegate)
    for erase_more in ERASED_ABOVE:
        erase_more(delegate)
    history.erase_personal_details(delegate.history_subject)
    address = delegate.email
    delegate.anonymise(clock.now(), kept=KEPT_AT_ERASURE)
    erase_unused_address(address)


def erase_unused_address(address: str) -> None:
    """Replace an unused address on the suppression list by a hash."""
    db.session.flush()
    folded = address.lower()
    is_used = or_(
        exists().where(Delegate.email_key == folded, Delegate.erased_at.is_(None)),
        exists().where(func.lower(Person.email) == folded),
    )
    if address and not db.session.scalar(select(is_used)):
        suppression.erase(address)
        replies.erase_from(address)
