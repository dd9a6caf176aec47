"""What columns of spreadsheets mean, as organisers chose: remembered for the next table."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Text, select
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.database import Base, db, insert_or_update
from app.interchange.importers.table_choices import (
    MEANING_LABELS,
    ColumnChoices,
    normalise_column_name,
)
from app.interchange.importers.table_columns import header_key

MAX_REMEMBERED: Final = 200  # newest mappings


class ColumnMapping(Base):
    """The chosen meanings of the columns of tables with one header."""

    __tablename__ = "column_mapping"

    header_key: Mapped[str] = mapped_column(primary_key=True)
    names: Mapped[str] = mapped_column(Text)  # JSON: column names, normalised
    meanings: Mapped[str] = mapped_column(Text)  # JSON: meaning of each column; "" if it is ignored
    chosen_at: Mapped[datetime]


def remember(headers: Iterable[Sequence[str]], choices: ColumnChoices) -> None:
    """Remember the chosen meanings of the columns of tables with these headers."""
    by_key = {header_key(header): header for header in headers}
    for key, header in sorted(by_key.items()):  # in a fixed order, since each is locked
        values = {
            "header_key": key,
            "names": json.dumps([normalise_column_name(name) for name in header]),
            "meanings": json.dumps(list(choices.by_header[key])),
            "chosen_at": clock.real_now(),
        }
        insert_or_update(ColumnMapping, ["header_key"], values)


def list_remembered() -> ColumnChoices:
    """Return what was chosen for earlier tables; for the same name, the newest choice wins."""
    newest = select(ColumnMapping).order_by(ColumnMapping.chosen_at.desc()).limit(MAX_REMEMBERED)
    by_header: dict[str, list[str]] = {}
    by_name: dict[str, str] = {}
    for row in db.session.scalars(newest):
        meanings = [one if one in MEANING_LABELS else "" for one in json.loads(row.meanings)]
        by_header[row.header_key] = meanings
        for name, meaning in zip(json.loads(row.names), meanings, strict=False):
            by_name.setdefault(name, meaning)
    return ColumnChoices(by_header, by_name)
