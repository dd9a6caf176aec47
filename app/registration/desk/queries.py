"""Questions of the desk about delegates. Nothing here changes anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, func, select

from app.database import db
from app.errors import NotFound
from app.mail.models import Letter
from app.mail.queries import HAS_FAILED, IS_WAITING
from app.registration.models import Delegate
from app.registration.recognition import searched

Row = TypeVar("Row", bound=tuple[Any, ...])

OF_LETTERS: Final = {"failed": HAS_FAILED, "waiting": IS_WAITING}
IS_KNOWN = Delegate.erased_at.is_(None)
OF_STATES: Final[Mapping[str, ColumnElement[bool]]] = {
    "attending": IS_KNOWN & Delegate.cancelled_at.is_(None),
    "cancelled": IS_KNOWN & Delegate.cancelled_at.is_not(None),
    "erased": Delegate.erased_at.is_not(None),
}
SORTS: Final = {
    "name": (Delegate.name_order,),
    "registered": (Delegate.registered_at,),
    "country": (Delegate.country, Delegate.name_order),
    "organisation": (Delegate.organisation_order, Delegate.name_order),
}


@dataclass(frozen=True)
class Wanted:
    """Which delegates someone looks for; an empty word asks for nothing."""

    words: str = ""  # each of them somewhere in names, address, organisation or reference
    state: str = ""
    day: str = ""  # ISO
    country: str = ""
    letters: str = ""  # failed, or waiting
    by_hand: str = ""


def delegate(reference: str) -> Delegate:
    """Find the delegate with this booking reference, however it was typed."""
    found = db.session.scalar(
        select(Delegate).where(Delegate.reference == reference.strip().upper())
    )
    if found is None:
        raise NotFound("There is no booking with that reference")
    return found


class Line(NamedTuple):
    """What a list shows of a delegate."""

    reference: str
    given_names: str
    family_name: str
    email: str
    organisation: str
    country: str
    registered_at: datetime
    cancelled_at: datetime | None
    erased_at: datetime | None

    @property
    def full_name(self) -> str:
        """The name as it was given."""
        return f"{self.given_names} {self.family_name}".strip()


LINE: Final = [Delegate.__table__.c[name] for name in Line._fields]


def listed(
    wanted: Wanted, sort: str, *, is_reversed: bool, offset: int, limit: int
) -> Sequence[Line]:
    """List the delegates someone looks for, in this order."""
    order = (*SORTS[sort], Delegate.id)
    turned = [one.desc() for one in order] if is_reversed else order
    rows = narrowed(select(*LINE), wanted).order_by(*turned).offset(offset).limit(limit)
    return [Line(*row) for row in db.session.execute(rows)]


def count(wanted: Wanted) -> int:
    """Count the delegates someone looks for."""
    return db.session.scalar(narrowed(select(func.count(Delegate.id)), wanted)) or 0


def countries() -> Sequence[str]:
    """List the countries that delegates come from, as codes."""
    known = select(Delegate.country).where(Delegate.country != "").distinct()
    return db.session.scalars(known).all()


def undelivered(delegates: Sequence[Line]) -> Mapping[str, str]:
    """Tell of which bookings a letter has not arrived: "failed", or else "waiting"."""
    about = Letter.about.in_([one.reference for one in delegates])
    rows = db.session.execute(
        select(Letter.about, Letter.state).where(about, HAS_FAILED | IS_WAITING).distinct()
    )
    return dict(sorted(rows.tuples(), key=lambda row: row[1], reverse=True))


def narrowed(statement: Select[Row], wanted: Wanted) -> Select[Row]:
    """Narrow a statement about delegates to those someone looks for."""
    return statement.where(*_conditions(wanted))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    words = searched(wanted.words).split()
    conditions = [Delegate.found_by.contains(word, autoescape=True) for word in words]
    if wanted.state:
        conditions.append(OF_STATES[wanted.state])
    if wanted.day:
        conditions.append(Delegate.days.contains(wanted.day, autoescape=True))
    if wanted.country:
        conditions.append(Delegate.country == wanted.country)
    if wanted.letters:
        about = select(Letter.about).where(OF_LETTERS[wanted.letters])
        conditions.append(Delegate.reference.in_(about))
    if wanted.by_hand:
        conditions.append(Delegate.is_by_hand.is_(True))
    return conditions
