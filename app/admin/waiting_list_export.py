"""The waiting list as a file: who is waiting for what, their position, and deadlines of offers."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from flask import Response
from flask_babel import gettext

from app.delegates.categories import queries as categories
from app.registration.waiting_list.export_rows import WaitingRow
from app.web import spreadsheets

FILE_NAME: Final = "waiting-list"


def send(
    rows: Iterable[WaitingRow], states: Mapping[str, str], zone: ZoneInfo, file_format: str
) -> Response:
    """Stream the rows as a file."""
    head = [
        *(gettext("Waiting for"), gettext("Category"), gettext("State"), gettext("Position")),
        *(gettext("Position in the category"), gettext("Name"), gettext("Email address")),
        *(gettext("Joined"), gettext("Offered"), gettext("Offer ends"), gettext("Ended")),
        gettext("Booking"),
    ]
    cells = _iter_cells(
        rows,
        states={state: str(label) for state, label in states.items()},
        names={option.id: option.name for option in categories.list_options()},
        place=gettext("A place at the conference"),
        zone=zone,
    )
    stem, title = spreadsheets.dated_name(FILE_NAME), gettext("Waiting list")
    return spreadsheets.send_table(stem, file_format, title, head, cells)


def _iter_cells(
    rows: Iterable[WaitingRow],
    *,
    states: Mapping[str, str],
    names: Mapping[int, str],
    place: str,
    zone: ZoneInfo,
) -> Iterator[list[str]]:
    def show(moment: datetime | None) -> str:
        return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" if moment else ""

    for row in rows:
        yield [
            row.title or place,
            names.get(row.category_id, "") if row.category_id is not None else "",
            states[row.state],
            str(row.position or ""),
            str(row.in_category or ""),
            row.name,
            row.email,
            show(row.joined_at),
            show(row.offered_at),
            show(row.offer_ends_at),
            show(row.ended_at),
            row.reference or "",
        ]
