"""Read-only queries about emails."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, literal, select
from sqlalchemy.orm import defer

from app import clock
from app.database import db
from app.errors import NotFound
from app.mail.models import FAILED, SENT, WAITING, Email

IS_WAITING = Email.state == literal(WAITING, literal_execute=True)  # as in the partial index

IS_FAILED = Email.state == literal(FAILED, literal_execute=True)


@dataclass(frozen=True)
class Undelivered:
    """The emails that have not arrived: how many, and how long the oldest has waited."""

    waiting: int
    oldest: timedelta | None
    failed: int


@dataclass(frozen=True)
class EmailCounts:
    """The number of emails in each state."""

    waiting: int = 0
    sent: int = 0
    failed: int = 0


def get_email(number: int) -> Email:
    """Return an email; raise NotFound if there is none."""
    email = db.session.get(Email, number)
    if email is None:
        raise NotFound("There is no email with that number")
    return email


def list_waiting() -> Sequence[Email]:
    """List the emails that have not gone out yet, oldest first."""
    return _list_in_state(WAITING)


def list_failed(limit: int | None = None) -> Sequence[Email]:
    """List the emails that could not be delivered, oldest first."""
    return _list_in_state(FAILED, limit)


def list_for_booking(reference: str) -> Sequence[Email]:
    """List the emails about a booking, newest first."""
    return db.session.scalars(
        select(Email)
        .where(Email.booking_reference == reference)
        .order_by(Email.created_at.desc(), Email.id.desc())
        .options(defer(Email.message))
    ).all()


def find_for_booking(reference: str, template: str, position: int) -> Email | None:
    """Return an email about a booking, by its template and its place among those, or None."""
    return db.session.scalars(
        select(Email)
        .where(Email.booking_reference == reference, Email.template == template)
        .order_by(Email.id)
        .offset(position)
        .limit(1)
        .options(defer(Email.message))
    ).first()


def count_by_state() -> EmailCounts:
    """Count the emails by their state."""
    rows = db.session.execute(select(Email.state, func.count()).group_by(Email.state)).all()
    by_state = {str(state): int(count) for state, count in rows}
    return EmailCounts(by_state.get(WAITING, 0), by_state.get(SENT, 0), by_state.get(FAILED, 0))


def get_undelivered() -> Undelivered:
    """Count the undelivered emails without reading the many delivered ones."""
    waiting, oldest, failed = db.session.execute(
        select(
            select(func.count()).select_from(Email).where(IS_WAITING).scalar_subquery(),
            select(func.min(Email.created_at)).where(IS_WAITING).scalar_subquery(),
            select(func.count()).select_from(Email).where(IS_FAILED).scalar_subquery(),
        )
    ).one()
    return Undelivered(waiting, clock.real_now() - oldest if oldest else None, failed)


def _list_in_state(state: str, limit: int | None = None) -> Sequence[Email]:
    return db.session.scalars(
        select(Email)
        .where(Email.state == literal(state, literal_execute=True))
        .order_by(Email.created_at, Email.id)
        .limit(limit)
        .options(defer(Email.message))
    ).all()
