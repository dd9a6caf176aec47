"""Read-only queries of the desk about delegates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, func, select

from app.database import db
from app.errors import NotFound
from app.mail.models import Email
from app.mail.queries import IS_FAILED, IS_WAITING
from app.registration.delegate_record import search_key
from app.registration.models import Delegate

Row = TypeVar("Row", bound=tuple[Any, ...])

EMAIL_CONDITIONS: Final = {"failed": IS_FAILED, "waiting": IS_WAITING}
IS_NOT_ERASED = Delegate.erased_at.is_(None)
STATE_CONDITIONS: Final[Mapping[str, ColumnElement[bool]]] = {
    "attending": IS_NOT_ERASED & Delegate.cancelled_at.is_(None),
    "cancelled": IS_NOT_ERASED & Delegate.cancelled_at.is_not(None),
    "erased": Delegate.erased_at.is_not(None),
}
SORT_COLUMNS: Final = {
    "name": (Delegate.name_sort_key,),
    "registered": (Delegate.registered_at,),
    "country": (Delegate.country, Delegate.name_sort_key),
    "organisation": (Delegate.organisation_sort_key, Delegate.name_sort_key),
}


@dataclass(frozen=True)
class DelegateFilter:
    """The filters of the list of delegates; an empty value does not filter."""

    text: str = ""  # words, each contained in name, email, organisation or reference
    state: str = ""
    day: str = ""  # ISO
    country: str = ""
    email_state: str = ""  # failed or waiting
    added_by: str = ""


def get_delegate(reference: str) -> Delegate:
    """Return the delegate with a booking reference, however it was typed; raise NotFound."""
    found = db.session.scalar(
        select(Delegate).where(Delegate.reference == reference.strip().upper())
    )
    if found is None:
        raise NotFound("There is no booking with that reference")
    return found


class DelegateRow(NamedTuple):
    """The columns of the list of delegates."""

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
        """The name in the order in which it was given."""
        return f"{self.given_names} {self.family_name}".strip()


ROW_COLUMNS: Final = [Delegate.__table__.c[name] for name in DelegateRow._fields]


def list_delegates(
    filters: DelegateFilter, sort: str, *, is_reversed: bool, offset: int, limit: int
) -> Sequence[DelegateRow]:
    """List the matching delegates, sorted."""
    order = (*SORT_COLUMNS[sort], Delegate.id)
    ordering = [one.desc() for one in order] if is_reversed else order
    rows = (
        apply_filter(select(*ROW_COLUMNS), filters).order_by(*ordering).offset(offset).limit(limit)
    )
    return [DelegateRow(*row) for row in db.session.execute(rows)]


def count_delegates(filters: DelegateFilter) -> int:
    """Count the matching delegates."""
    return db.session.scalar(apply_filter(select(func.count(Delegate.id)), filters)) or 0


def list_countries() -> Sequence[str]:
    """List the codes of the countries that delegates come from."""
    statement = select(Delegate.country).where(Delegate.country != "").distinct()
    return db.session.scalars(statement).all()


def get_undelivered(delegates: Sequence[DelegateRow]) -> Mapping[str, str]:
    """Map booking references to "failed" or "waiting" where an email has not arrived."""
    is_of_booking = Email.booking_reference.in_([one.reference for one in delegates])
    rows = db.session.execute(
        select(Email.booking_reference, Email.state)
        .where(is_of_booking, IS_FAILED | IS_WAITING)
        .distinct()
    )
    return dict(sorted(rows.tuples(), key=lambda row: row[1], reverse=True))


def apply_filter(statement: Select[Row], filters: DelegateFilter) -> Select[Row]:
    """Add the conditions of the filters to a statement about delegates."""
    return statement.where(*_conditions(filters))


def _conditions(filters: DelegateFilter) -> list[ColumnElement[bool]]:
    words = search_key(filters.text).split()
    conditions = [Delegate.search_text.contains(word, autoescape=True) for word in words]
    if filters.state:
        conditions.append(STATE_CONDITIONS[filters.state])
    if filters.day:
        conditions.append(Delegate.days.contains(filters.day, autoescape=True))
    if filters.country:
        conditions.append(Delegate.country == filters.country)
    if filters.email_state:
        references = select(Email.booking_reference).where(EMAIL_CONDITIONS[filters.email_state])
        conditions.append(Delegate.reference.in_(references))
    if filters.added_by:
        conditions.append(Delegate.is_added_by_team.is_(True))
    return conditions
