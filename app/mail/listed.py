"""Questions about letters for those who look after them. Nothing here changes anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Select, case, func, literal, or_, select
from sqlalchemy.orm import defer

from app import clock
from app.database import db
from app.mail.models import FAILED, SENT, Letter
from app.mail.queries import HAS_FAILED, IS_WAITING

Row = TypeVar("Row", bound=tuple[Any, ...])

SLOW = timedelta(minutes=10)  # the worker delivers within a second when all is well
HAS_ARRIVED = Letter.state == literal(SENT, literal_execute=True)
SORTS: Final = ("urgency", "written", "to", "kind")


@dataclass(frozen=True)
class Wanted:
    """Which letters someone looks for; an empty word asks for nothing."""

    words: str = ""  # somewhere in the address, the subject or the reference
    state: str = ""  # failed, slow, waiting or sent
    kind: str = ""  # its template
    younger_than: timedelta | None = None


def listed(
    wanted: Wanted, sort: str, *, is_reversed: bool, offset: int, limit: int
) -> Sequence[Letter]:
    """List the letters someone looks for; those that need somebody come first, newest first."""
    if sort == "urgency" and not is_reversed:
        return _most_urgent(wanted, offset, limit)
    rows = _letters(wanted).order_by(*_order(sort, is_reversed=is_reversed))
    return db.session.scalars(rows.offset(offset).limit(limit)).all()


def count(wanted: Wanted) -> int:
    """Count the letters someone looks for."""
    return db.session.scalar(_narrowed(select(func.count(Letter.id)), wanted)) or 0


def is_slow(letter: Letter) -> bool:
    """Whether a letter has waited so long that someone should look."""
    return letter.is_waiting and clock.real_now() - letter.written_at > SLOW


def _most_urgent(wanted: Wanted, offset: int, limit: int) -> Sequence[Letter]:
    """List letters by urgency without putting in order the many that have arrived."""
    urgent = _letters(wanted).where(HAS_FAILED | IS_WAITING)
    first = db.session.scalars(
        urgent.order_by(*_order("urgency", is_reversed=False)).offset(offset).limit(limit)
    ).all()
    if len(first) == limit:
        return first
    number = offset + len(first) if first or not offset else _number(urgent)
    arrived = _letters(wanted).where(HAS_ARRIVED).order_by(Letter.id.desc())
    rest = arrived.offset(max(0, offset - number)).limit(limit - len(first))
    return [*first, *db.session.scalars(rest)]


def _number(letters: Select[tuple[Letter]]) -> int:
    return db.session.scalar(letters.with_only_columns(func.count(Letter.id))) or 0


def _letters(wanted: Wanted) -> Select[tuple[Letter]]:
    return _narrowed(select(Letter), wanted).options(defer(Letter.message))


def _order(sort: str, *, is_reversed: bool) -> list[ColumnElement[Any]]:
    slow = IS_WAITING & (Letter.written_at < clock.real_now() - SLOW)
    first: dict[str, ColumnElement[Any]] = {
        "urgency": case((Letter.state == FAILED, 0), (slow, 1), (IS_WAITING, 2), else_=3),
        "written": Letter.id.expression,
        "to": func.lower(Letter.recipient),
        "kind": Letter.name.expression,
    }
    column = first[sort]
    return [column.desc() if is_reversed else column.asc(), Letter.id.desc()]


def _narrowed(statement: Select[Row], wanted: Wanted) -> Select[Row]:
    now = clock.real_now()
    states: dict[str, ColumnElement[bool]] = {
        "failed": HAS_FAILED,
        "waiting": IS_WAITING,
        "slow": IS_WAITING & (Letter.written_at < now - SLOW),
        "sent": HAS_ARRIVED,
    }
    if wanted.words:
        places = (Letter.recipient, Letter.subject, Letter.about)
        found = (place.icontains(wanted.words, autoescape=True) for place in places)
        statement = statement.where(or_(*found))
    if wanted.state:
        statement = statement.where(states[wanted.state])
    if wanted.kind:
        statement = statement.where(Letter.name == wanted.kind)
    if wanted.younger_than:
        statement = statement.where(Letter.written_at > now - wanted.younger_than)
    return statement
