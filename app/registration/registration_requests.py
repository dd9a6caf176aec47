"""Requests from people without a booking: applications and expressions of interest.

Both have the same columns and lists. Each package adds its states, and what ends a request.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, delete, func, select, union

from app import clock
from app.database import db
from app.delegates.delegate_record import search_key
from app.delegates.models import Delegate
from app.errors import Gone, NotFound, require
from app.registration.applications.models import RegistrationApplication
from app.registration.interest.models import ExpressionOfInterest
from app.registration.request_models import RegistrationRequest
from app.releases.current_release import get_programme

RETENTION: Final = timedelta(days=30)  # after it has ended, and after the conference
OPEN: Final = "open"  # as a filter: not ended
MAX_LIST: Final = 5_000  # rows in a file
MODELS: Final[tuple[type[RegistrationRequest], ...]] = (
    RegistrationApplication,
    ExpressionOfInterest,
)


RequestT = TypeVar("RequestT", bound=RegistrationRequest)


@dataclass(frozen=True)
class RequestFilter:
    """The filters and order of a list of requests."""

    search: str = ""
    state: str = ""  # OPEN or a state
    category: str = ""  # its number
    sort: str = ""  # "name", or by age
    is_reversed: bool = False


def get_by_key(model: type[RequestT], key: str, refusal: str) -> RequestT:
    """Return the request that a link opens; raise Gone with this message if there is none."""
    return require(db.session.scalar(select(model).where(model.access_key == key)), Gone(refusal))


def get_by_number(model: type[RequestT], number: int, refusal: str) -> RequestT:
    """Return the request with this number; raise NotFound with this message if there is none."""
    return require(db.session.get(model, number), NotFound(refusal))


def select_open(model: type[RequestT], identity_key: str) -> Select[tuple[RequestT]]:
    """Select a person's active requests."""
    return select(model).where(model.ended_at.is_(None), model.identity_key == identity_key)


def list_open_keys(identity_keys: Collection[str]) -> Sequence[str]:
    """Return those of these identity keys with an active request."""
    found = [
        select(model.identity_key).where(
            model.ended_at.is_(None), model.identity_key.in_(identity_keys)
        )
        for model in MODELS
    ]
    return db.session.scalars(union(*found)).all()


def list_by_numbers(model: type[RequestT], numbers: Sequence[int]) -> Sequence[RequestT]:
    """List the requests with these numbers, oldest first."""
    return db.session.scalars(select(model).where(model.id.in_(numbers)).order_by(model.id)).all()


def list_page(
    model: type[RequestT],
    filters: RequestFilter,
    *,
    offset: int,
    limit: int,
    options: Sequence[Any] = (),
) -> tuple[Sequence[RequestT], int]:
    """List a page of requests, open and oldest ones first, and count all."""
    conditions = list_conditions(model, filters)
    total = db.session.scalar(select(func.count(model.id)).where(*conditions)) or 0
    first = model.name if filters.sort == "name" else model.ended_at.is_not(None)
    order = (first, model.id)
    rows = (
        select(model)
        .where(*conditions)
        .options(*options)
        .order_by(*(one.desc() if filters.is_reversed else one for one in order))
    )
    return db.session.scalars(rows.offset(offset).limit(limit)).all(), total


def list_conditions(
    model: type[RegistrationRequest], filters: RequestFilter
) -> list[ColumnElement[bool]]:
    """List the conditions of a list of requests."""
    words = search_key(filters.search).split()
    found = [model.search_text.contains(word, autoescape=True) for word in words]
    if filters.category:
        found.append(model.category_id == int(filters.category))
    if filters.state == OPEN:
        found.append(model.ended_at.is_(None))
    elif filters.state:
        found.append(model.state == filters.state)
    return found


def list_of_delegate(model: type[RequestT], delegate: Delegate) -> Sequence[RequestT]:
    """List the requests that led to a delegate's booking."""
    rows = select(model).where(model.delegate_id == delegate.id).order_by(model.id)
    return db.session.scalars(rows).all()


def delete_of_delegate(delegate: Delegate) -> None:
    """Delete the requests that led to a delegate's booking, since their links open it."""
    for model in MODELS:
        db.session.execute(delete(model).where(model.delegate_id == delegate.id))


def erase_delegate(delegate: Delegate) -> None:
    """Delete a person's ended requests."""
    delete_of_delegate(delegate)
    for model in MODELS:
        has_address = func.lower(model.email) == delegate.email.lower()
        db.session.execute(delete(model).where(has_address, model.ended_at.is_not(None)))


def delete_ended(model: type[RegistrationRequest]) -> None:
    """Delete the requests that ended a month ago."""
    db.session.execute(delete(model).where(model.ended_at < clock.now() - RETENTION))


def list_overdue(model: type[RequestT], limit: int) -> Sequence[RequestT]:
    """List the first requests that are still open a month after the conference."""
    deletion = get_deletion_moment()
    if deletion is None or clock.now() < deletion:
        return ()
    rows = select(model).where(model.ended_at.is_(None)).order_by(model.id)
    return db.session.scalars(rows.limit(limit)).all()


def get_deletion_moment() -> datetime | None:
    """Return when every request is deleted, or None while no programme is published."""
    programme = get_programme()
    if not programme.is_published:
        return None
    zone = ZoneInfo(programme.conference.time_zone)
    return datetime.combine(programme.conference.ends_on, time.max, zone) + RETENTION
