"""Every kind of file that a programme can be written as."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.programme.document import Document
from app.programme.exporting import own_json, schedule_json, schedule_xml, tables
from app.programme.exporting.sources import Source
from app.programme.exporting.tables import Table


@dataclass(frozen=True)
class Format:
    """A kind of file that holds a whole programme."""

    file_name: str
    media_type: str
    write: Callable[[Source], str]


@dataclass(frozen=True)
class TableFormat:
    """A table of one kind of things, for a spreadsheet."""

    file_name: str  # without what tells CSV from XLSX
    filled: Callable[[Document], Table]


FORMATS: Mapping[str, Format] = {
    "conference.json": Format("conference.json", "application/json", own_json.written),
    "schedule.xml": Format("schedule.xml", "application/xml", schedule_xml.written),
    "schedule.json": Format("schedule.json", "application/json", schedule_json.written),
}
TABLES: Mapping[str, TableFormat] = {
    "sessions": TableFormat("sessions", tables.sessions),
    "speakers": TableFormat("speakers", tables.speakers),
}
