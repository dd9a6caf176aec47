"""The rows of an export of delegates, streamed after the request has ended.

The rows come in batches over a connection of their own; texts are translated beforehand.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select

from app.database import db, stream
from app.registration.desk.queries import DelegateFilter, apply_filter
from app.registration.models import Delegate, Needs

COLUMNS: Final = {
    "reference": Delegate.reference,
    "given_names": Delegate.given_names,
    "family_name": Delegate.family_name,
    "badge_name": Delegate.badge_name,
    "email": Delegate.email,
    "organisation": Delegate.organisation,
    "role": Delegate.role,
    "country": Delegate.country,
    "days": Delegate.days,
    "language": Delegate.language,
    "registered_at": Delegate.registered_at,
    "cancelled_at": Delegate.cancelled_at,
    "is_added_by_team": Delegate.is_added_by_team,
}
NEEDS_COLUMNS: Final = {"access": Needs.access, "dietary": Needs.dietary}


@dataclass(frozen=True)
class ExportFormatter:
    """Formats values in the language of the export."""

    countries: Mapping[str, str]
    zone: ZoneInfo
    yes: str
    no: str

    def format(self, name: str, value: object) -> str:
        """Format the value of a column."""
        if name == "country":
            return self.countries.get(str(value), str(value))
        if isinstance(value, bool):
            return self.yes if value else self.no
        if isinstance(value, datetime):
            return f"{value.astimezone(self.zone):%Y-%m-%d %H:%M}"
        return str(value or "")


def iter_rows(
    filters: DelegateFilter, needs: Sequence[str], formatter: ExportFormatter
) -> Iterator[list[str]]:
    """Yield a row for each matching delegate, with the requested requirements."""
    columns = {
        **COLUMNS,
        **{name: column for name, column in NEEDS_COLUMNS.items() if name in needs},
    }
    statement = select(*columns.values()).order_by(Delegate.name_sort_key, Delegate.id)
    if needs:
        statement = statement.outerjoin(Needs, Needs.delegate_id == Delegate.id)
    found: Iterator[Row[tuple[object, ...]]] = stream(db.engine, apply_filter(statement, filters))
    return ([formatter.format(*pair) for pair in zip(columns, row, strict=True)] for row in found)
