"""Importing a programme from a file, or generating a demo one.

A file is read (``read_programme``) before the transaction that imports it begins.
"""

from pathlib import Path

from app.cache_version import bump_cache_version
from app.errors import RuleViolation
from app.history import services as history
from app.interchange import apply_import, column_mappings, import_undo, matching
from app.interchange.demo import generator
from app.interchange.import_report import ImportChanges, ImportResult
from app.interchange.importers.detect import read_file
from app.interchange.importers.parsed_programme import ParsedProgramme, ParseResult
from app.interchange.importers.table_choices import TableChoices


def read_programme(path: Path) -> ParseResult:
    """Read a programme from a file; raise InvalidFile if that is impossible.

    Columns have the meanings chosen for earlier tables.
    """
    choices = TableChoices(column_mappings.list_remembered())
    return read_file(path, matching.target_conference(), choices)


def load(reading: ParseResult, *, is_confirmed: bool = False) -> ImportResult:
    """Replace the working programme by one that was read from a file.

    A file that names no conference, and has no session on the existing days, must be confirmed.
    """
    if reading.is_nameless and not is_confirmed:
        raise RuleViolation(
            "This file does not name a conference, and none of its sessions are on a day of the "
            "current one. Add --another-conference to replace it, or --merge to add to it"
        )
    return ImportResult(reading.programme, replace_programme(reading.programme), reading.notes)


def merge(reading: ParseResult) -> ImportResult:
    """Merge a programme that was read from a file into the working one; withdraw nothing."""
    return ImportResult(reading.programme, merge_programme(reading.programme), reading.notes)


def load_file(path: Path) -> ImportResult:
    """Read a file and replace the working programme by its contents."""
    return load(read_programme(path))


def merge_file(path: Path) -> ImportResult:
    """Read a file and merge its programme into the working one; withdraw nothing."""
    return merge(read_programme(path))


def replace_programme(
    programme: ParsedProgramme, *, actor: str = history.ACTOR_SITE, keeps_settings: bool = False
) -> ImportChanges:
    """Replace the working programme, and record it.

    For an actor who may not change settings, the existing ones stay.
    """
    is_other = programme.conference.acronym != matching.target_conference().acronym
    before = import_undo.dump_programme(is_other=is_other)
    changes = apply_import.replace(
        programme if is_other else matching.match_existing(programme), keeps_settings=keeps_settings
    )
    _record_import(changes, before, actor)
    return changes


def merge_programme(
    programme: ParsedProgramme, *, actor: str = history.ACTOR_SITE
) -> ImportChanges:
    """Merge a programme into the working one, and record it; withdraw nothing."""
    before = import_undo.dump_programme(is_other=False)
    changes = apply_import.merge(matching.match_existing(programme))
    _record_import(changes, before, actor)
    return changes


def _record_import(changes: ImportChanges, before: str, actor: str) -> None:
    """Record an import that changed something, and store what undoes it."""
    if changes:
        summary = f"A programme was loaded: {changes}"
        entry = history.record(summary, subject="programme", actor=actor)
        import_undo.store(entry, before)
        bump_cache_version()  # slides of withdrawn speakers are no longer public


def load_demo(sessions: int, speakers: int) -> ParsedProgramme:
    """Replace the programme by an invented conference of this size."""
    programme = generator.generate(sessions, speakers)
    replace_programme(programme)
    return programme
