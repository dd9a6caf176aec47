"""The details of a delegate, the columns of files, and differences between versions."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import format_number, gettext
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from app.admin.delegates import answer_columns
from app.database import db, stream
from app.delegates import (
    answer_rows,
    custom_questions,
    delegate_record,
    private_answers,
    requirement_kinds,
)
from app.delegates import countries as registration_countries
from app.delegates.answer_json import Answers
from app.delegates.categories import queries as categories
from app.delegates.delegate_field import DelegateField
from app.delegates.fields import BOOKING_FIELDS, PRIVATE_FIELDS
from app.delegates.models import Delegate, LinkedAgenda, Needs
from app.history.models import Change
from app.questions.definitions import Definition
from app.registration.bookings import changes
from app.registration.desk import queries
from app.registration.session_bookings import queries as session_bookings
from app.registration.waiting_list import export_rows
from app.registration.waiting_list.export_rows import DelegateWait
from app.releases.current_release import get_programme
from app.web import languages
from app.web.formatting import local_moment, plain_moment


@dataclass(frozen=True)
class VersionDiff:
    """The fields in which the saved version and the submitted one differ."""

    differing: Sequence[Change]


def list_facts(delegate: Delegate, link: LinkedAgenda | None) -> list[tuple[str, str]]:
    """Return the label and value of each detail, without the requirements."""
    typed = delegate_record.to_answers(delegate, BOOKING_FIELDS)
    registered = local_moment(delegate.registered_at)
    if delegate.is_added_by_team:
        registered = gettext("%(moment)s, added by an organiser", moment=registered)
    facts = [(label, text) for label, text, _ in answer_rows.list_for_desk(typed)]
    if link and (agreed_at := link.emails_agreed_at):
        agreed = gettext("Yes, %(moment)s", moment=local_moment(agreed_at))
        facts.append((gettext("Emails about their sessions"), agreed))
    if delegate.category is not None or categories.list_options():
        category = delegate.category.name if delegate.category else gettext("No category")
        facts.insert(0, (gettext("Category"), category))
    booked = list_seats(delegate)
    seats = [(gettext("Seats in sessions"), ", ".join(booked))] if booked else []
    return [
        *facts,
        *seats,
        *answer_columns.list_facts(delegate),
        (gettext("Registered"), registered),
    ]


def list_seats(delegate: Delegate) -> list[str]:
    """List the titles of the sessions in which a delegate has a seat."""
    if all(session.booking_seats is None for session in get_programme().sessions):
        return []  # nothing can be booked, so skip the query
    return [seat.title for seat in session_bookings.list_of_delegate(delegate)]


def country_name(code: str) -> str:
    """Return the name of a country in the current language."""
    return registration_countries.name_of(code, languages.current().code)


def diff(delegate: Delegate, typed: Answers) -> VersionDiff:
    """Compare the saved answers with the submitted ones."""
    return VersionDiff([change.describe(desk=True) for change in changes.diff(delegate, typed)])


@dataclass(frozen=True)
class ExportColumn:
    """A column of a file."""

    label: str
    column: ColumnElement[Any] | InstrumentedAttribute[Any]
    texts: Mapping[Any, str] = field(default_factory=dict)  # that files show differently
    display: Callable[[str], str] | None = None  # for values that need more than a lookup
    decrypt: Callable[[str, str], str] | None = None  # private; the booking comes first
    default: str | None = None  # shown for a value without a text; None: the value

    def format(self, value: Any, zone: ZoneInfo, reference: str) -> str:
        """Format a value of a booking."""
        if self.display:
            return self.display(value or "")
        if self.decrypt is not None:
            answer = self.decrypt(reference, value or "")
            return requirement_kinds.format_kinds(answer, self.texts) or answer
        if isinstance(value, datetime):
            return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
        return self.texts.get(value, (value or "") if self.default is None else self.default)


def list_columns(needs: Collection[str]) -> Sequence[ExportColumn]:
    """List the columns, including the requested needs, in the language of the page."""
    yes_or_no = {True: gettext("Yes"), False: gettext("No")}
    return [
        ExportColumn(gettext("Reference"), Delegate.reference),
        *map(_build_column, BOOKING_FIELDS),
        ExportColumn(gettext("Language"), Delegate.language),
        ExportColumn(gettext("Registered"), Delegate.registered_at),
        ExportColumn(gettext("Cancelled"), Delegate.cancelled_at),
        ExportColumn(gettext("Added by hand"), Delegate.is_added_by_team, yes_or_no),
        ExportColumn(gettext("Tags"), queries.TAG_LIST),
        *_list_seat_columns(),
        *_list_category_column(),
        *map(_build_answer_column, answer_columns.list_readable()),
        *(_build_column(one) for one in PRIVATE_FIELDS if one.purpose in needs),
    ]


def _list_category_column() -> Iterator[ExportColumn]:
    """Yield the column with the category, if there are categories."""
    names = {option.id: option.name for option in categories.list_options()}
    if names:
        yield ExportColumn(gettext("Category"), Delegate.category_id, names)


def _list_seat_columns() -> Iterator[ExportColumn]:
    """Yield the columns with seats, offers and positions, if any session can be booked."""
    waits = {number: _describe_waits(found) for number, found in export_rows.map_waits().items()}
    if waits or any(session.booking_seats is not None for session in get_programme().sessions):
        yield ExportColumn(gettext("Seats in sessions"), queries.SEAT_LIST)
        yield ExportColumn(gettext("Offers and waiting lists"), Delegate.id, waits, default="")


def _describe_waits(waits: Iterable[DelegateWait]) -> str:
    """Return offers with their deadlines, and positions, as one text."""
    return "; ".join(map(_describe_wait, waits))


def _describe_wait(wait: DelegateWait) -> str:
    title = wait.title or categories.get_name(wait.category_id)
    if wait.position is not None:
        position = format_number(wait.position)
        return str(gettext("%(title)s: number %(number)s", title=title, number=position))
    until = plain_moment(wait.offer_ends_at) if wait.offer_ends_at else ""
    return str(gettext("%(title)s: offered until %(moment)s", title=title, moment=until))


def _build_column(one: DelegateField) -> ExportColumn:
    if one.is_private:
        return _build_private_column(one)
    return ExportColumn(one.label_for(desk=True), getattr(Delegate, one.column), one.texts())


def _build_private_column(one: DelegateField) -> ExportColumn:
    decrypt = private_answers.prepare_reader(one.column)
    column = getattr(Needs, one.column)
    if one.choices is None:
        return ExportColumn(one.label_for(desk=True), column, decrypt=decrypt)
    label = gettext("%(requirements)s, chosen", requirements=one.label_for(desk=True))
    return ExportColumn(label, column, dict(one.choices()), decrypt=decrypt)


def _build_answer_column(question: Definition) -> ExportColumn:
    """Return the column of a question, with texts in the language of the page."""
    language = languages.current().code

    def display(stored: str) -> str:
        with languages.use_language(language):  # for a file sent after the request
            return answer_columns.format_stored(question, stored)

    label = custom_questions.get_label(question)
    return ExportColumn(label, answer_columns.select_stored(question), display=display)


def iter_rows(
    conditions: Sequence[ColumnElement[bool]], columns: Sequence[ExportColumn], zone: ZoneInfo
) -> Iterator[list[str]]:
    """Yield a row for each matching delegate; the first column is the reference."""
    statement = (
        select(*(column.column for column in columns))
        .outerjoin(Needs, Needs.delegate_id == Delegate.id)
        .where(*conditions)
        .order_by(Delegate.name_sort_key, Delegate.id)
    )
    rows = stream(db.engine, statement)
    return (
        [one.format(value, zone, row[0]) for one, value in zip(columns, row, strict=True)]
        for row in rows
    )
