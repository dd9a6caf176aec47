"""The columns and rows of an export of delegates, streamed after the request has ended.

The rows come in batches over a connection of their own; texts are translated beforehand.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from app.database import db, stream
from app.registration.desk.queries import DelegateFilter, apply_filter
from app.registration.fields import BOOKING_FIELDS, PRIVATE_FIELDS, DelegateField
from app.registration.models import Delegate, Needs


@dataclass(frozen=True)
class ExportColumn:
    """A column of a file."""

    label: str
    column: InstrumentedAttribute[Any]
    texts: Mapping[Any, str] = field(default_factory=dict)  # of what files do not show as stored

    def format(self, value: Any, zone: ZoneInfo) -> str:
        """Format a value."""
        if isinstance(value, datetime):
            return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
        return self.texts.get(value, value or "")


def list_columns(needs: Collection[str]) -> Sequence[ExportColumn]:
    """List the columns, with the requested needs, in the language of the page."""
    yes_or_no = {True: gettext("Yes"), False: gettext("No")}
    return [
        ExportColumn(gettext("Reference"), Delegate.reference),
        *map(_build_column, BOOKING_FIELDS),
        ExportColumn(gettext("Language"), Delegate.language),
        ExportColumn(gettext("Registered"), Delegate.registered_at),
        ExportColumn(gettext("Cancelled"), Delegate.cancelled_at),
        ExportColumn(gettext("Added by hand"), Delegate.is_added_by_team, yes_or_no),
        *(_build_column(one) for one in PRIVATE_FIELDS if one.needs_column in needs),
    ]


def _build_column(one: DelegateField) -> ExportColumn:
    column = getattr(Needs if one.is_private else Delegate, one.column)
    return ExportColumn(one.label_for(desk=True), column, one.texts())


def iter_rows(
    filters: DelegateFilter, columns: Sequence[ExportColumn], zone: ZoneInfo
) -> Iterator[list[str]]:
    """Yield a row for each matching delegate."""
    statement = (
        select(*(one.column for one in columns))
        .outerjoin(Needs, Needs.delegate_id == Delegate.id)
        .order_by(Delegate.name_sort_key, Delegate.id)
    )
    rows = stream(db.engine, apply_filter(statement, filters))
    return (
        [one.format(value, zone) for one, value in zip(columns, row, strict=True)] for row in rows
    )
