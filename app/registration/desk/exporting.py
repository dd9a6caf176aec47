"""The rows of an export of delegates, read while the file is being sent.

By then the request is over: the rows come over a connection of their own, a few at a time, and
all words were put into the reader's language beforehand.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select

from app.database import db, streamed
from app.registration.desk.queries import Wanted, narrowed
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
    "is_by_hand": Delegate.is_by_hand,
}
NEEDS: Final = {"access": Needs.access, "dietary": Needs.dietary}


@dataclass(frozen=True)
class Words:
    """How values are said, in the language of whoever asks."""

    countries: Mapping[str, str]
    zone: ZoneInfo
    yes: str
    no: str

    def said(self, name: str, value: object) -> str:
        """Say one value."""
        if name == "country":
            return self.countries.get(str(value), str(value))
        if isinstance(value, bool):
            return self.yes if value else self.no
        if isinstance(value, datetime):
            return f"{value.astimezone(self.zone):%Y-%m-%d %H:%M}"
        return str(value or "")


def rows(wanted: Wanted, needs: Sequence[str], words: Words) -> Iterator[list[str]]:
    """Give a row for each delegate someone looks for, with the needs that were asked for."""
    columns = {**COLUMNS, **{name: column for name, column in NEEDS.items() if name in needs}}
    statement = select(*columns.values()).order_by(Delegate.name_order, Delegate.id)
    if needs:
        statement = statement.outerjoin(Needs, Needs.delegate_id == Delegate.id)
    found: Iterator[Row[tuple[object, ...]]] = streamed(db.engine, narrowed(statement, wanted))
    return ([words.said(*pair) for pair in zip(columns, row, strict=True)] for row in found)
