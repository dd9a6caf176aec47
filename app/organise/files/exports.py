"""The programme as files: the one that is being worked on, or the one that readers see."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from flask import current_app
from werkzeug.wrappers import Response

from app.errors import NotFound
from app.programme import calendars, releases
from app.programme.exporting import model_files, sources
from app.programme.exporting.formats import FORMATS, TABLES
from app.programme.exporting.model_files import MODELS
from app.programme.exporting.sources import Source
from app.programme.exporting.tables import Table
from app.programme.feeds import terminal, texts
from app.programme.published import Programme
from app.programme.publishing import queries as publishing
from app.registration import queries as registration
from app.web import sheets
from app.web.pages import absolute_url

WORKING, PUBLISHED = "working", "published"
CSV, XLSX = ".csv", ".xlsx"
CSV_TYPE: Final = "text/csv; charset=utf-8"
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def names() -> Iterator[str]:
    """List the files that there are of each programme."""
    yield from FORMATS
    yield from FOR_READERS
    yield from (f"{table}{suffix}" for table in TABLES for suffix in (CSV, XLSX))


def export(state: str, name: str) -> Response:
    """Give one file of one programme, to be kept."""
    if state not in {WORKING, PUBLISHED} or name not in names():
        raise NotFound("There is no such file")
    source = _working() if state == WORKING else _published()
    file_name = f"{state}-{name}"
    if name in FORMATS:
        found = FORMATS[name]
        return sheets.attachment([found.write(source).encode()], file_name, found.media_type)
    if name in FOR_READERS:
        media_type, write = FOR_READERS[name]
        programme = _unpublished(source) if state == WORKING else releases.current()
        return sheets.attachment([write(programme)], file_name, media_type)
    table, _, suffix = name.rpartition(".")
    return _table(TABLES[table].filled(source.document), table, f".{suffix}", file_name)


def model(name: str) -> Response:
    """Give a table to fill in, with one row of examples."""
    table, _, suffix = name.rpartition(".")
    if table not in MODELS or f".{suffix}" not in {CSV, XLSX}:
        raise NotFound("There is no such file")
    return _table(model_files.table(table), table, f".{suffix}", f"model-{name}")


def _table(filled: Table, title: str, suffix: str, file_name: str) -> Response:
    head, rows = filled
    if suffix == CSV:
        return sheets.attachment(sheets.csv_lines(head, rows), file_name, CSV_TYPE)
    return sheets.attachment(sheets.xlsx(title, head, rows), file_name, XLSX_TYPE)


def _calendar(programme: Programme) -> bytes:
    """Write a calendar; one of what nobody reads yet says of no address that it is kept there."""
    return calendars.written(
        programme,
        site=_site(),
        name=programme.conference.title,
        address=absolute_url("programme.feeds.calendar") if programme.is_published else "",
    )


def _text(programme: Programme) -> bytes:
    return terminal.whole(programme, texts.place()).encode()


FOR_READERS: Final[Mapping[str, tuple[str, Callable[[Programme], bytes]]]] = {
    "programme.ics": ("text/calendar; charset=utf-8", _calendar),
    "programme.txt": ("text/plain; charset=utf-8", _text),
}


def _unpublished(source: Source) -> Programme:
    """Give the working programme as readers would see it now."""
    return Programme(source.document, 0, None)


def _working() -> Source:
    return sources.working(_site(), places=_places())


def _published() -> Source:
    current = publishing.conference().current_release
    if current is None:
        raise NotFound("Nothing has been published yet")
    document = publishing.public()
    return sources.published(document, _site(), places=_places(), version=f"release {current}")


def _site() -> str:
    return str(current_app.config["SITE_URL"])


def _places() -> int | None:
    return registration.places().limit or None
