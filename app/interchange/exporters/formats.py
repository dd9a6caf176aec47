"""The export formats: files with a whole programme, and tables.

Native JSON contains everything, so that importing it gives the same programme again. The c3voc
schedules contain what other programs read: no cancelled sessions, none without a time, texts as
HTML, and stable identities (``app.interchange.ical_writer``). Tables are for people.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.interchange.exporters import native_json, schedule_json, schedule_xml, tables
from app.interchange.exporters.source import ExportSource
from app.interchange.exporters.tables import Table
from app.programme.snapshot import Snapshot


@dataclass(frozen=True)
class ExportFormat:
    """A file format for a whole programme."""

    file_name: str
    media_type: str
    dump: Callable[[ExportSource], str]


@dataclass(frozen=True)
class TableFormat:
    """A table of sessions or of speakers."""

    file_name: str  # without extension
    build: Callable[[Snapshot], Table]


FORMATS: Mapping[str, ExportFormat] = {
    "conference.json": ExportFormat("conference.json", "application/json", native_json.dump),
    "schedule.xml": ExportFormat("schedule.xml", "application/xml", schedule_xml.dump),
    "schedule.json": ExportFormat("schedule.json", "application/json", schedule_json.dump),
}
TABLES: Mapping[str, TableFormat] = {
    "sessions": TableFormat("sessions", tables.build_sessions_table),
    "speakers": TableFormat("speakers", tables.build_speakers_table),
}
