"""Read-only queries about emails."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Final, TypeVar

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import defer

from app import clock
from app.database import db
from app.errors import NotFound, require
from app.mail.models import FAILED, SENT, WAITING, Email

IS_WAITING = Email.state == literal(WAITING, literal_execute=True)  # as in the partial index

IS_FAILED = Email.state == literal(FAILED, literal_execute=True)

_address = bindparam("address", type_=String)  # in lower case, or ""
NEWEST_OF_PERSON = (
    select(Email)
    .where(
        (Email.booking_reference == bindparam("reference"))
        | (
            (Email.booking_reference == "")
            & (func.lower(Email.recipient) == _address)
            & (_address != "")
        )
    )
    .order_by(Email.created_at.desc(), Email.id.desc())
    .limit(bindparam("number", type_=Integer))
    .options(defer(Email.message))
)


@dataclass(frozen=True)
class Undelivered:
    """The undelivered emails: how many, and how long the oldest has waited."""

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
    return require(db.session.get(Email, number), NotFound("There is no email with that number"))


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


def list_for_recipient(
    addresses: Collection[str], limit: int, *such: ColumnElement[bool]
) -> Sequence[Email]:
    """List the newest emails to a person with these addresses, in lower case."""
    return db.session.scalars(
        select(Email)
        .where(func.lower(Email.recipient).in_(addresses), *such)
        .order_by(Email.created_at.desc(), Email.id.desc())
        .limit(limit)
        .options(defer(Email.message))
    ).all()


def list_for_person(
    reference: str, address: str, limit: int, *such: ColumnElement[bool]
) -> Sequence[Email]:
    """List the newest emails about a booking, and those to an address that are about no booking.

    Several people may share an address, so emails about other bookings are not listed. The index on
    the reference finds both.
    """
    person = {"reference": reference, "address": address.lower(), "number": limit}
    newest = NEWEST_OF_PERSON.where(*such) if such else NEWEST_OF_PERSON  # copying takes time
    return db.session.scalars(newest, person).all()


def find_for_booking(reference: str, template: str, position: int) -> Email | None:
    """Return an email about a booking by its template and its index among these, or None."""
    return db.session.scalars(
        select(Email)
        .where(Email.booking_reference == reference, Email.template == template)
        .order_by(Email.id)
        .offset(position)
        .limit(1)
        .options(defer(Email.message))
    ).first()


def was_written_since(reference: str, templates: Sequence[str], since: datetime) -> bool:
    """Return True if one of these emails about a booking was created at or after a time."""
    statement = select(Email.id).where(
        Email.booking_reference == reference,
        Email.template.in_(templates),
        Email.created_at >= since,
    )
    return db.session.scalar(select(statement.exists())) or False


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


RowT = TypeVar("RowT", bound=tuple[Any, ...])

OVERDUE_AFTER = timedelta(minutes=10)  # normally the worker delivers within a second
IS_SENT = Email.state == literal(SENT, literal_execute=True)
SORTS: Final = ("urgency", "written", "to", "kind")


@dataclass(frozen=True)
class EmailFilter:
    """The filters of the list of emails; an empty value does not filter."""

    search: str = ""  # contained in the address, the subject or the reference
    state: str = ""  # failed, slow, waiting or sent
    kind: str = ""  # name of the template
    younger_than: timedelta | None = None
    conditions: Sequence[ColumnElement[bool]] = ()  # all must hold


def search(
    filters: EmailFilter, sort: str, *, is_reversed: bool, offset: int, limit: int
) -> Sequence[Email]:
    """List the matching emails; by urgency, those that need attention come first."""
    if sort == "urgency" and not is_reversed:
        return _search_by_urgency(filters, offset, limit)
    rows = _select_emails(filters).order_by(*_order_by(sort, is_reversed=is_reversed))
    return db.session.scalars(rows.offset(offset).limit(limit)).all()


def count(filters: EmailFilter) -> int:
    """Count the matching emails."""
    return db.session.scalar(_apply_filter(select(func.count(Email.id)), filters)) or 0


def is_overdue(email: Email) -> bool:
    """Return True if an email has waited so long that it needs attention."""
    return email.is_waiting and clock.real_now() - email.created_at > OVERDUE_AFTER


def _search_by_urgency(filters: EmailFilter, offset: int, limit: int) -> Sequence[Email]:
    """List emails by urgency without sorting the many that were delivered."""
    urgent = _select_emails(filters).where(IS_FAILED | IS_WAITING)
    first = db.session.scalars(
        urgent.order_by(*_order_by("urgency", is_reversed=False)).offset(offset).limit(limit)
    ).all()
    if len(first) == limit:
        return first
    skipped = offset + len(first) if first or not offset else _count(urgent)
    sent = _select_emails(filters).where(IS_SENT).order_by(Email.id.desc())
    rest = sent.offset(max(0, offset - skipped)).limit(limit - len(first))
    return [*first, *db.session.scalars(rest)]


def _count(emails: Select[tuple[Email]]) -> int:
    return db.session.scalar(emails.with_only_columns(func.count(Email.id))) or 0


def _select_emails(filters: EmailFilter) -> Select[tuple[Email]]:
    return _apply_filter(select(Email), filters).options(defer(Email.message))


def _order_by(sort: str, *, is_reversed: bool) -> list[ColumnElement[Any]]:
    overdue = IS_WAITING & (Email.created_at < clock.real_now() - OVERDUE_AFTER)
    columns: dict[str, ColumnElement[Any]] = {
        "urgency": case((Email.state == FAILED, 0), (overdue, 1), (IS_WAITING, 2), else_=3),
        "written": Email.id.expression,
        "to": func.lower(Email.recipient),
        "kind": Email.template.expression,
    }
    column = columns[sort]
    return [column.desc() if is_reversed else column.asc(), Email.id.desc()]


def _apply_filter(statement: Select[RowT], filters: EmailFilter) -> Select[RowT]:
    now = clock.real_now()
    states: dict[str, ColumnElement[bool]] = {
        "failed": IS_FAILED,
        "waiting": IS_WAITING,
        "slow": IS_WAITING & (Email.created_at < now - OVERDUE_AFTER),
        "sent": IS_SENT,
    }
    if filters.search:
        columns = (Email.recipient, Email.subject, Email.booking_reference)
        matches = (place.icontains(filters.search, autoescape=True) for place in columns)
        statement = statement.where(or_(*matches))
    if filters.state:
        statement = statement.where(states[filters.state])
    if filters.kind:
        statement = statement.where(Email.template == filters.kind)
    if filters.younger_than:
        statement = statement.where(Email.created_at > now - filters.younger_than)
    return statement.where(*filters.conditions)


URL_PATTERN = re.compile(r"(https?://[^/\s]+)(/\S*)")
UNSUBSCRIBE_PATTERN = re.compile(r"(https?://[^/\s]+(?:/[^/\s]+)?/emails/)\S+")


def redacted_text(email: Email) -> str:
    """Return the plain text of an email with its secret URLs shortened; "" once it is erased."""
    if not email.message:
        return ""
    parsed = message_from_bytes(email.message, policy=policy.SMTP)
    body = parsed.get_body(("plain",)) if isinstance(parsed, EmailMessage) else None
    content = str(body.get_content()).replace("\r\n", "\n").strip() if body else ""
    if email.is_secret:
        return URL_PATTERN.sub(_redact_url, content)
    return UNSUBSCRIBE_PATTERN.sub(r"\1…", content)


def _redact_url(match: re.Match[str]) -> str:
    """Shorten a URL to the part that shows its purpose: https://site/booking/…."""
    first = match[2].split("/")[1]
    return f"{match[1]}/{first}/…" if match[2].count("/") > 1 else match[0]
