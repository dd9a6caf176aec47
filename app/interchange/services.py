"""Importing a programme from a file, or generating a demo one."""

from collections.abc import Iterator
from pathlib import Path

from app.history import services as history
from app.interchange import apply_import, column_mappings, matching
from app.interchange.demo import generator
from app.interchange.demo.generator import DemoDelegate
from app.interchange.import_report import ImportChanges, ImportResult
from app.interchange.importers.detect import read_file
from app.interchange.importers.parsed import ParsedProgramme, ParseResult
from app.interchange.importers.table_choices import TableChoices


def load_file(path: Path) -> ImportResult:
    """Replace the working programme by that in a file; raise InvalidFile if it cannot be read."""
    reading = _read_file(path)
    return ImportResult(reading.programme, replace_programme(reading.programme), reading.notes)


def merge_file(path: Path) -> ImportResult:
    """Merge the programme in a file into the working one; withdraw nothing."""
    reading = _read_file(path)
    return ImportResult(reading.programme, merge_programme(reading.programme), reading.notes)


def _read_file(path: Path) -> ParseResult:
    """Read a file; the columns of a table mean what was chosen for earlier ones."""
    choices = TableChoices(column_mappings.list_remembered())
    return read_file(path, matching.target_conference(), choices)


def replace_programme(
    programme: ParsedProgramme, *, actor: str = history.ACTOR_SITE
) -> ImportChanges:
    """Replace the working programme, and record it."""
    difference = apply_import.replace(matching.match_existing(programme))
    _record_import(difference, actor)
    return difference


def merge_programme(
    programme: ParsedProgramme, *, actor: str = history.ACTOR_SITE
) -> ImportChanges:
    """Merge a programme into the working one, and record it; withdraw nothing."""
    difference = apply_import.merge(matching.match_existing(programme))
    _record_import(difference, actor)
    return difference


def load_demo(sessions: int, speakers: int) -> ParsedProgramme:
    """Replace the programme by an invented conference of this size."""
    programme = generator.generate(sessions, speakers)
    replace_programme(programme)
    return programme


def generate_demo_delegates(count: int) -> Iterator[DemoDelegate]:
    """Yield invented delegates."""
    return generator.generate_delegates(count)


def _record_import(changes: ImportChanges, actor: str) -> None:
    if changes:
        history.record(f"A programme was loaded: {changes}", subject="programme", actor=actor)
