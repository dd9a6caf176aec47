"""Questions about letters. Nothing here changes anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, literal, select
from sqlalchemy.orm import defer

from app import clock
from app.database import db
from app.errors import NotFound
from app.mail.models import FAILED, SENT, WAITING, Letter

IS_WAITING = Letter.state == literal(WAITING, literal_execute=True)  # as its index is written

HAS_FAILED = Letter.state == literal(FAILED, literal_execute=True)


@dataclass(frozen=True)
class Undelivered:
    """The letters that have not arrived: how many, and how long the oldest has waited."""

    waiting: int
    oldest: timedelta | None
    failed: int


@dataclass(frozen=True)
class Counts:
    """How many letters stand where."""

    waiting: int = 0
    sent: int = 0
    failed: int = 0


def letter(number: int) -> Letter:
    """Find one letter."""
    found = db.session.get(Letter, number)
    if found is None:
        raise NotFound("There is no letter with that number")
    return found


def waiting() -> Sequence[Letter]:
    """List the letters that have not gone out yet, oldest first."""
    return _letters(WAITING)


def failed(most: int | None = None) -> Sequence[Letter]:
    """List the letters that could not be delivered, oldest first, all or so many."""
    return _letters(FAILED, most)


def letters_about(reference: str) -> Sequence[Letter]:
    """List the letters about a booking, newest first."""
    return db.session.scalars(
        select(Letter)
        .where(Letter.about == reference)
        .order_by(Letter.written_at.desc(), Letter.id.desc())
        .options(defer(Letter.message))
    ).all()


def counts() -> Counts:
    """Count the letters by what became of them."""
    rows = db.session.execute(select(Letter.state, func.count()).group_by(Letter.state)).all()
    found = {str(state): int(count) for state, count in rows}
    return Counts(found.get(WAITING, 0), found.get(SENT, 0), found.get(FAILED, 0))


def undelivered() -> Undelivered:
    """Tell which letters have not arrived, without a look at the many that have."""
    waiting, oldest, failed = db.session.execute(
        select(
            select(func.count()).select_from(Letter).where(IS_WAITING).scalar_subquery(),
            select(func.min(Letter.written_at)).where(IS_WAITING).scalar_subquery(),
            select(func.count()).select_from(Letter).where(HAS_FAILED).scalar_subquery(),
        )
    ).one()
    return Undelivered(waiting, clock.real_now() - oldest if oldest else None, failed)


def oldest_waiting_age() -> timedelta | None:
    """How long the oldest waiting letter has waited."""
    oldest = db.session.scalar(select(func.min(Letter.written_at)).where(IS_WAITING))
    return clock.real_now() - oldest if oldest else None


def _letters(state: str, most: int | None = None) -> Sequence[Letter]:
    return db.session.scalars(
        select(Letter)
        .where(Letter.state == literal(state, literal_execute=True))
        .order_by(Letter.written_at, Letter.id)
        .limit(most)
        .options(defer(Letter.message))
    ).all()
