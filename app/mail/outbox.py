"""The outbox as workers use it: take a letter, and write down what became of it.

A letter that is taken is lent for a short while. A worker that dies with a letter in its hand
gives it back by letting that time pass. Any number of workers may share one outbox.
"""

import random
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Engine, Table, and_, bindparam, or_, select, update

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
    is_secret: bool
    attempts: int
    give_up_at: datetime | None


# Made once, since making a statement takes longer than carrying it out.
LETTERS = cast(Table, Letter.__table__)
IS_DUE = and_(
    IS_WAITING,
    Letter.due_at <= bindparam("now"),
    or_(Letter.lease_until.is_(None), Letter.lease_until < bindparam("now")),
)
ANY_DUE = select(Letter.id).where(IS_DUE).limit(1)
NEXT_DUE = (
    select(*(LETTERS.c[field.name] for field in fields(Taken)))
    .where(IS_DUE)
    .order_by(Letter.due_at, Letter.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
CHANGE = update(LETTERS).where(LETTERS.c.id == bindparam("number"), IS_WAITING)


@dataclass(frozen=True)
class Outcome:
    """What became of a letter."""

    state: str
    error: str = ""
    is_servers_fault: bool = False


def is_anything_due(engine: Engine) -> bool:
    """Whether a worker should come; asked often, so it takes no lock."""
    with reading(engine) as connection:
        return connection.execute(ANY_DUE, {"now": clock.real_now()}).first() is not None


def take(lease: timedelta) -> Taken | None:
    """Lend the letter that has been due the longest."""
    now = clock.real_now()
    row = db.session.execute(NEXT_DUE, {"now": now}).first()
    if row is None:
        return None
    _change(row.id, lease_until=now + lease, attempts=row.attempts + 1)
    return Taken(*row)


def write_down(letter: Taken, outcome: Outcome) -> str:
    """Record what became of a letter, and tell the state in which that leaves it."""
    now = clock.real_now()
    if outcome.state == WAITING and (letter.give_up_at is None or now < letter.give_up_at):
        _postpone(letter, outcome, now)
        return WAITING
    state = SENT if outcome.state == SENT else FAILED
    _change(
        letter.id,
        state=state,
        lease_until=None,
        sent_at=now if state == SENT else None,
        last_error=outcome.error[:LONGEST_ERROR],
        **({"message": b""} if letter.is_secret and state == SENT else {}),
    )
    return state


def _postpone(letter: Taken, outcome: Outcome, now: datetime) -> None:
    _change(
        letter.id,
        lease_until=None,
        due_at=now + _pause(letter.attempts, outcome),
        give_up_at=letter.give_up_at or now + HOPE,
        last_error=outcome.error[:LONGEST_ERROR],
    )


def _pause(attempts: int, outcome: Outcome) -> timedelta:
    """Wait longer each time, and not all letters equally long."""
    pause = PAUSES[min(attempts, len(PAUSES) - 1)]
    if outcome.is_servers_fault:
        pause = min(pause, LONGEST_PAUSE_FOR_THE_SERVER)
    return pause * random.uniform(0.8, 1.2)  # noqa: S311 – no secret


def _change(number: int, **values: Any) -> None:
    db.session.execute(CHANGE, {"number": number, **values})
