"""Read-only queries of the desk about delegates."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, func, or_, select

from app.database import db
from app.errors import NotFound
from app.mail.models import Email
from app.mail.queries import IS_FAILED, IS_WAITING
from app.registration.delegate_record import (
    MAX_SORT_KEY_LENGTH,
    fold,
    identity_key,
    search_key,
)
from app.registration.fields import EMAIL
from app.registration.models import Delegate, DelegateTag, SessionBooking
from app.registration.queries import ATTENDING, Answers, full_name

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


_labels = (
    select(DelegateTag.label)
    .where(DelegateTag.delegate_id == Delegate.id)
    .correlate(Delegate)
    .order_by(DelegateTag.label)
    .subquery()
)
TAG_LIST = select(func.aggregate_strings(_labels.c.label, ", ")).scalar_subquery()
MAX_SIMILAR = 10  # bookings that a warning lists


@dataclass(frozen=True)
class DelegateFilter:
    """The filters of the list of delegates; an empty value does not filter."""

    text: str = ""  # words, each contained in name, email, organisation or reference
    state: str = ""
    day: str = ""  # ISO
    country: str = ""
    email_state: str = ""  # failed or waiting
    added_by: str = ""
    tag: str = ""
    session: str = ""  # the key of one in which they have a seat
    references: Sequence[str] | None = None  # of those that were ticked; None: whichever match


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
    id: int
    language: str

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


def list_by_reference(references: Sequence[str]) -> Sequence[Delegate]:
    """List the delegates with these booking references, by name."""
    return db.session.scalars(
        select(Delegate)
        .where(Delegate.reference.in_(references))
        .order_by(Delegate.name_sort_key, Delegate.id)
    ).all()


def list_similar(answers: Answers) -> Sequence[Delegate]:
    """List bookings with the same email address or the same name, ignoring case and accents.

    None if there is one with both: nobody can be registered twice.
    """
    key = identity_key(full_name(answers), answers[EMAIL])
    if db.session.scalar(select(Delegate.id).where(ATTENDING, Delegate.identity_key == key)):
        return ()
    name = search_key(answers["family_name"], answers["given_names"])[:MAX_SORT_KEY_LENGTH]
    same_address = Delegate.identity_key.startswith(f"{fold(answers[EMAIL])} ", autoescape=True)
    return db.session.scalars(
        select(Delegate)
        .where(IS_NOT_ERASED, or_(same_address, Delegate.name_sort_key == name))
        .order_by(Delegate.cancelled_at.is_not(None), Delegate.id)
        .limit(MAX_SIMILAR)
    ).all()


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
    if filters.references is not None:
        conditions.append(Delegate.reference.in_(filters.references))
    if filters.added_by:
        conditions.append(Delegate.is_added_by_team.is_(True))
    chosen = ((build, getattr(filters, name)) for name, build in FILTER_CONDITIONS.items())
    return conditions + [build(value) for build, value in chosen if value]


def _has_email(state: str) -> ColumnElement[bool]:
    references = select(Email.booking_reference).where(EMAIL_CONDITIONS[state])
    return Delegate.reference.in_(references)


def _has_tag(label: str) -> ColumnElement[bool]:
    return Delegate.id.in_(select(DelegateTag.delegate_id).where(DelegateTag.label == label))


def _has_seat(session_key: str) -> ColumnElement[bool]:
    booked = select(SessionBooking.delegate_id).where(SessionBooking.session_key == session_key)
    return Delegate.id.in_(booked)


FILTER_CONDITIONS: Final[Mapping[str, Callable[[str], ColumnElement[bool]]]] = {
    "state": STATE_CONDITIONS.__getitem__,
    "day": lambda day: Delegate.days.contains(day, autoescape=True),
    "country": lambda code: Delegate.country == code,
    "email_state": _has_email,
    "tag": _has_tag,
    "session": _has_seat,
}
