"""Exports of the working or the published programme as files."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from flask import current_app
from werkzeug.wrappers import Response

from app.errors import NotFound
from app.interchange import ical_writer, plain_text
from app.interchange.exporters import source as exporters_source
from app.interchange.exporters import tables
from app.interchange.exporters.formats import FORMATS, TABLES
from app.interchange.exporters.source import ExportSource
from app.interchange.exporters.tables import TEMPLATES, Table
from app.registration import queries as registration
from app.releases import current_release, queries
from app.releases.published_programme import PublishedProgramme
from app.web import spreadsheets
from app.web.rendering import absolute_url

WORKING, PUBLISHED = "working", "published"
SUFFIXES = ("csv", "xlsx")


def list_file_names() -> Iterator[str]:
    """Yield the names of the files of each programme."""
    yield from FORMATS
    yield from READER_FORMATS
    yield from (f"{table}.{suffix}" for table in TABLES for suffix in SUFFIXES)


def export_file(state: str, name: str) -> Response:
    """Return a file of the working or published programme as a download."""
    if state not in {WORKING, PUBLISHED} or name not in list_file_names():
        raise NotFound("There is no such file")
    source = _working_source() if state == WORKING else _published_source()
    stem, _, suffix = name.rpartition(".")
    dated = spreadsheets.dated_name(f"{state}-{stem}")
    file_name = f"{dated}.{suffix}"
    if name in FORMATS:
        found = FORMATS[name]
        return spreadsheets.make_attachment(
            [found.dump(source).encode()], file_name, found.media_type
        )
    if name in READER_FORMATS:
        media_type, write = READER_FORMATS[name]
        programme = (
            _working_programme(source) if state == WORKING else current_release.get_programme()
        )
        return spreadsheets.make_attachment([write(programme)], file_name, media_type)
    head, rows = _build_table(stem, source, state)
    return spreadsheets.send_table(dated, suffix, stem, head, rows)


def _build_table(name: str, source: ExportSource, state: str) -> Table:
    """Return a table; that of speakers has contact addresses unless it is the published one."""
    if name != "speakers" or state == PUBLISHED:
        return TABLES[name].build(source.snapshot)
    addresses = {
        speaker.slug: speaker.contact_address or "" for speaker in source.programme.speakers
    }
    return tables.build_speakers_table(source.snapshot, addresses)


def export_template(name: str) -> Response:
    """Return an empty table with one example row as a download."""
    table, _, suffix = name.rpartition(".")
    if table not in TEMPLATES or suffix not in SUFFIXES:
        raise NotFound("There is no such file")
    head, rows = tables.build_template(table)
    return spreadsheets.send_table(f"model-{table}", suffix, table, head, rows)


def _render_calendar(programme: PublishedProgramme) -> bytes:
    """Return the calendar; without a subscription URL if nothing is published."""
    return ical_writer.dump(
        programme,
        site=_site_url(),
        name=programme.conference.title,
        address=absolute_url("feeds.calendar") if programme.is_published else "",
    )


def _render_text(programme: PublishedProgramme) -> bytes:
    return plain_text.render_programme(programme, plain_text.create_link_context()).encode()


READER_FORMATS: Final[Mapping[str, tuple[str, Callable[[PublishedProgramme], bytes]]]] = {
    "programme.ics": ("text/calendar; charset=utf-8", _render_calendar),
    "programme.txt": ("text/plain; charset=utf-8", _render_text),
}


def _working_programme(source: ExportSource) -> PublishedProgramme:
    """Return the working programme as if it were published."""
    return PublishedProgramme(source.snapshot, 0, None)


def _working_source() -> ExportSource:
    return exporters_source.load_working_programme(_site_url(), places=_seat_limit())


def _published_source() -> ExportSource:
    current = queries.get_current_conference().current_release
    if current is None:
        raise NotFound("Nothing has been published yet")
    document = queries.get_public_snapshot()
    return exporters_source.from_snapshot(
        document, _site_url(), places=_seat_limit(), version=f"release {current}"
    )


def _site_url() -> str:
    return str(current_app.config["SITE_URL"])


def _seat_limit() -> int | None:
    return registration.get_seat_counts().limit or None
