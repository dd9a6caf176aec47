"""Read-only queries about a delegate's own booking."""

from collections.abc import Sequence

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import joinedload

from app import clock
from app.agenda.models import Agenda
from app.database import db
from app.delegates.models import Confirmation, Delegate, DelegateNote, DelegateTag, LinkedAgenda
from app.errors import Gone, RuleViolation, require

LINK_REPLACED = (
    "This link has been replaced by a newer one, or the details of the booking have been deleted"
)
LINK_USED = (
    "The email address has already been confirmed, or the booking has been opened or changed "
    "since we sent this link"
)
BOOKING_GONE = "This booking has been deleted"
BOOKING_CANCELLED = "This booking has been cancelled, so it cannot be changed"
NOTES = (
    select(DelegateNote)
    .where(DelegateNote.delegate_id == bindparam("delegate_id"))
    .order_by(DelegateNote.id.desc())
)
BY_ACCESS_KEY = select(Delegate).where(Delegate.access_key == bindparam("key"))


def find_booking(key: str) -> Delegate | None:
    """Return the booking that a link opens, or None if its key is no longer valid."""
    return db.session.scalar(BY_ACCESS_KEY, {"key": key})


def get_booking(key: str) -> Delegate:
    """Return the booking that a link opens; raise Gone if its key is no longer valid."""
    return require(find_booking(key), Gone(LINK_REPLACED))


def get_editable_booking(key: str) -> Delegate:
    """Return the booking that a link opens, if it can still be changed."""
    found = get_booking(key)
    if not found.is_attending:
        raise RuleViolation(BOOKING_CANCELLED)
    return found


def get_booking_for_email_change(key: str) -> Delegate:
    """Return the booking whose new email address a link confirms."""
    found = db.session.scalar(select(Delegate).where(Delegate.pending_email_key == key))
    return require(found, Gone(LINK_USED))


def is_correctable(confirmation: Confirmation) -> bool:
    """Return True if a confirmation page may still correct the address, after reloading it."""
    own = Confirmation.id == confirmation.id
    until = db.session.scalar(select(Confirmation.correctable_until).where(own))
    return until is not None and clock.real_now() < until


def is_unopened(delegate: Delegate) -> bool:
    """Return True if a new booking was not opened by its link, changed or registered again.

    A pending change of its address was then requested from a confirmation page.
    """
    correctable = (
        Confirmation.delegate_id == delegate.id,
        Confirmation.correctable_until.is_not(None),
    )
    return bool(db.session.scalar(select(exists().where(*correctable))))


def list_by_email(email: str) -> Sequence[Delegate]:
    """List all bookings with an email address, including cancelled ones, oldest first."""
    return db.session.scalars(
        select(Delegate).where(Delegate.email_key == email.lower()).order_by(Delegate.id)
    ).all()


def list_notes(delegate: Delegate) -> Sequence[DelegateNote]:
    """List the desk's notes about a delegate, newest first."""
    return db.session.scalars(NOTES, {"delegate_id": delegate.id}).all()


def list_tags(delegate: Delegate) -> Sequence[str]:
    """List the labels of a delegate's tags, in alphabetical order."""
    labels = select(DelegateTag.label).where(DelegateTag.delegate_id == delegate.id)
    return sorted(db.session.scalars(labels), key=str.casefold)


def find_linked_agenda(delegate: Delegate) -> Agenda | None:
    """Return the agenda that is linked to a booking, with its stars, or None."""
    return (
        db.session.scalars(
            select(Agenda)
            .join(LinkedAgenda, LinkedAgenda.agenda_id == Agenda.id)
            .where(LinkedAgenda.delegate_id == delegate.id)
            .options(joinedload(Agenda.stars))
        )
        .unique()
        .one_or_none()
    )


def find_agenda_link(delegate: Delegate) -> LinkedAgenda | None:
    """Return the link of a booking to its agenda, or None."""
    return db.session.get(LinkedAgenda, delegate.id)
