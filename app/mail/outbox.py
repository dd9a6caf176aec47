"""The outbox as workers use it: take a letter, and write down what became of it.

A letter that is taken is lent for a short while. A worker that dies with a letter in its hand
gives it back by letting that time pass. Any number of workers may share one outbox.
"""

import random
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from app import clock
from app.database import db, reading
from app.mail.models import FAILED, SENT, WAITING, Letter
from app.mail.queries import IS_WAITING

HOPE = timedelta(days=2)  # from the first attempt that did not succeed to the last
PAUSES = tuple(
    timedelta(seconds=seconds) for seconds in (2, 10, 60, 300, 900, 3600, 2 * 3600, 4 * 3600)
)
LONGEST_PAUSE_FOR_THE_SERVER = timedelta(minutes=5)  # it comes back for all letters at once
LONGEST_ERROR = 500  # characters


@dataclass(frozen=True)
class Taken:
    """A letter in the hand of a worker."""

    id: int
    name: str
    about: str
    recipient: str
    message: bytes
    attempts: int
    give_up_at: datetime | None


TAKEN = tuple(getattr(Letter, field.name) for field in fields(Taken))


@dataclass(frozen=True)
class Outcome:
    """What became of a letter."""

    state: str
    error: str = ""
    is_servers_fault: bool = False


def is_anything_due(engine: Engine) -> bool:
    """Whether a worker should come; asked often, so it takes no lock."""
    with reading(engine) as connection:
        found = connection.execute(select(Letter.id).where(*_due(clock.real_now())).limit(1))
        return found.first() is not None


def take(lease: timedelta) -> Taken | None:
    """Lend the letter that has been due the longest."""
    now = clock.real_now()
    row = db.session.execute(
        select(*TAKEN)
        .where(*_due(now))
        .order_by(Letter.due_at, Letter.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    _change(row.id, lease_until=now + lease, attempts=row.attempts + 1)
    return Taken(**row._asdict())


def write_down(letter: Taken, outcome: Outcome) -> str:
    """Record what became of a letter, and tell the state in which that leaves it."""
    now = clock.real_now()
    if outcome.state == WAITING:
        return _postpone(letter, outcome, now)
    sent_at = now if outcome.state == SENT else None
    _change(
        letter.id,
        state=outcome.state,
        lease_until=None,
        sent_at=sent_at,
        last_error=outcome.error[:LONGEST_ERROR],
    )
    _forget_secret(letter.id)
    return outcome.state


def _postpone(letter: Taken, outcome: Outcome, now: datetime) -> str:
    if letter.give_up_at is not None and letter.give_up_at <= now:
        return write_down(letter, Outcome(FAILED, outcome.error))
    _change(
        letter.id,
        lease_until=None,
        due_at=now + _pause(letter.attempts, outcome),
        give_up_at=letter.give_up_at or now + HOPE,
        last_error=outcome.error[:LONGEST_ERROR],
    )
    return WAITING


def _pause(attempts: int, outcome: Outcome) -> timedelta:
    """Wait longer each time, and not all letters equally long."""
    pause = PAUSES[min(attempts, len(PAUSES) - 1)]
    if outcome.is_servers_fault:
        pause = min(pause, LONGEST_PAUSE_FOR_THE_SERVER)
    return pause * random.uniform(0.8, 1.2)  # noqa: S311 – no secret


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    is_free = or_(Letter.lease_until.is_(None), Letter.lease_until < now)
    return (IS_WAITING, Letter.due_at <= now, is_free)


def _change(number: int, **values: Any) -> None:
    db.session.execute(
        update(Letter)
        .where(Letter.id == number)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _forget_secret(number: int) -> None:
    """Empty a letter that is to be forgotten as soon as nothing more can be done with it."""
    db.session.execute(
        update(Letter)
        .where(Letter.id == number, Letter.is_secret)
        .values(message=b"")
        .execution_options(synchronize_session=False)
    )
