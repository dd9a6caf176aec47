"""Questions about a delegate's own booking. Nothing here changes anything."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from app.agenda.models import Agenda
from app.database import db
from app.errors import Gone, Refused
from app.registration.models import Delegate, KeptAgenda

REPLACED = (
    "This link is no longer in use: a newer one has taken its place, "
    "or the details of the booking have been erased"
)
USED = (
    "This link is no longer in use: the address has been confirmed already, "
    "or another address was given since"
)
CANCELLED = "This booking has been cancelled, so it cannot be changed"


def booking(key: str) -> Delegate:
    """Find the booking that a link opens; one that we signed but do not know is a dead one."""
    found = db.session.scalar(select(Delegate).where(Delegate.link_key == key))
    if found is None:
        raise Gone(REPLACED)
    return found


def standing_booking(key: str) -> Delegate:
    """Find the booking that a link opens, when it can still be changed."""
    found = booking(key)
    if not found.is_attending:
        raise Refused(CANCELLED)
    return found


def booking_to_readdress(key: str) -> Delegate:
    """Find the booking whose new address the reader of a letter is to confirm."""
    found = db.session.scalar(select(Delegate).where(Delegate.new_link_key == key))
    if found is None:
        raise Gone(USED)
    return found


def bookings_at(email: str) -> Sequence[Delegate]:
    """List every booking of an address, cancelled ones too, oldest first."""
    return db.session.scalars(
        select(Delegate).where(func.lower(Delegate.email) == email.lower()).order_by(Delegate.id)
    ).all()


def agenda_with(delegate: Delegate) -> Agenda | None:
    """Find the agenda that is kept with a booking, with its stars."""
    return (
        db.session.scalars(
            select(Agenda)
            .join(KeptAgenda, KeptAgenda.agenda_id == Agenda.id)
            .where(KeptAgenda.delegate_id == delegate.id)
            .options(joinedload(Agenda.stars))
        )
        .unique()
        .one_or_none()
    )
