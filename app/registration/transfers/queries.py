"""Read-only queries about transfers of places, and their deletion."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, or_, select

from app import clock
from app.database import db, read_only_connection
from app.delegates.answer_json import Answers
from app.delegates.categories.models import PUBLIC
from app.delegates.categories.queries import TRANSFER
from app.delegates.models import Delegate
from app.errors import Gone, require
from app.registration.transfers.models import ACCEPTED, OFFERED, PlaceTransfer

RETENTION = timedelta(days=30)  # after the transfer, or the end of the offer
IS_OPEN = PlaceTransfer.ended_at.is_(None)


def get_by_key(key: str) -> PlaceTransfer:
    """Return the offer that a link opens; raise Gone if it does not exist any more."""
    found = db.session.scalar(select(PlaceTransfer).where(PlaceTransfer.access_key == key))
    return require(found, Gone("This link is no longer valid"))


def find_open(delegate: Delegate) -> PlaceTransfer | None:
    """Return the offer of a delegate that can still be accepted, or None."""
    found = _find_offered(delegate)
    return found if found is not None and is_open(found) else None


def find_accepted(delegate: Delegate) -> PlaceTransfer | None:
    """Return the offer by which a delegate's place was transferred, or None."""
    conditions = PlaceTransfer.delegate_id == delegate.id, PlaceTransfer.state == ACCEPTED
    return db.session.scalar(select(PlaceTransfer).where(*conditions))


def is_open(transfer: PlaceTransfer) -> bool:
    """Return True if an offer can be accepted now."""
    return (
        transfer.state == OFFERED
        and clock.now() < transfer.expires_at
        and can_pass_on(transfer.delegate)
    )


def list_of_delegate(delegate: Delegate) -> Sequence[PlaceTransfer]:
    """List a delegate's offers, oldest first."""
    rows = select(PlaceTransfer).where(PlaceTransfer.delegate_id == delegate.id)
    return db.session.scalars(rows.order_by(PlaceTransfer.id)).all()


def can_pass_on(delegate: Delegate) -> bool:
    """Return True if a place may be transferred: organisers did not choose the person for it.

    Places of a category that needs an invitation or an approval only if organisers allow it.
    """
    category = delegate.category
    if not delegate.is_attending:
        return False
    is_for_everyone = category is None or (
        category.access == PUBLIC and not category.approvals_needed
    )
    return is_for_everyone or bool(category and category.allows_transfer)


def has_open(answers: Answers) -> bool:
    """Return True if a person with these answers takes over a delegate's place."""
    if TRANSFER not in answers:
        return False
    statement = (
        select(PlaceTransfer.id)
        .join(Delegate)
        .where(
            PlaceTransfer.access_key == answers[TRANSFER],
            PlaceTransfer.state == OFFERED,
            PlaceTransfer.expires_at > clock.now(),
            Delegate.cancelled_at.is_(None),
        )
    )
    with read_only_connection(db.engine) as connection:
        return connection.execute(statement).first() is not None


def erase_delegate(delegate: Delegate) -> None:
    """Delete the offers by a delegate, and the ended ones to them."""
    has_address = func.lower(PlaceTransfer.email) == delegate.email.lower()
    own = PlaceTransfer.delegate_id == delegate.id
    db.session.execute(delete(PlaceTransfer).where(or_(own, has_address & ~IS_OPEN)))


def purge_expired() -> None:
    """Delete offers a month after they have ended or expired."""
    old = clock.now() - RETENTION
    ended = or_(PlaceTransfer.ended_at < old, PlaceTransfer.expires_at < old)
    db.session.execute(delete(PlaceTransfer).where(ended))


def _find_offered(delegate: Delegate) -> PlaceTransfer | None:
    return db.session.scalar(
        select(PlaceTransfer).where(IS_OPEN, PlaceTransfer.delegate_id == delegate.id)
    )
