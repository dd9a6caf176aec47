"""The result of an import, and a readable report of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from app.interchange.importers.parsed_programme import ImportNote, ParsedProgramme
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.table import YES_NO


@dataclass
class ImportChanges:
    """The names of what was added, changed (with the columns) and withdrawn."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    kept_settings: list[str] = field(default_factory=list)  # the columns that were left unchanged

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.withdrawn)

    def __str__(self) -> str:
        if not self:
            return "Nothing changed"
        return (
            f"{len(self.added)} added, {len(self.changed)} changed, {len(self.withdrawn)} withdrawn"
        )

    def record_change(self, name: str, columns: Iterable[str]) -> None:
        """Record that an entity changed in these columns."""
        self.changed.append(_name_columns(name, columns))


def _name_columns(name: str, columns: Iterable[str]) -> str:
    labels = sorted(COLUMN_LABELS.get(column, column.replace("_", " ")) for column in columns)
    return f"{name} ({', '.join(labels)})"


@dataclass(frozen=True)
class ImportResult:
    """The result of an import."""

    programme: ParsedProgramme
    changes: ImportChanges
    notes: tuple[ImportNote, ...] = ()


COLUMN_LABELS = {  # a boolean is reported as “recorded” or “not recorded”
    **{one.name: one.label.lower() for one in SESSION_FIELDS},
    **{
        name: f"{SESSION_FIELDS.label(name).lower()} or not"
        for name in SESSION_FIELDS.names_of(YES_NO)
    },
    "cancelled_at": "cancelled or not",
    "is_draft": "draft or not",
    "is_demo": "invented or not",
    "starts_on": "first day",
    "ends_on": "last day",
    "position": "position in the order",
}

MAX_NAMES = 20  # names per section; the rest are counted
MAX_NOTES = 100  # notes per section; skipped items are always listed completely
KEPT_SETTINGS = "Not changed, because only organisers can change the settings"
NOTE_HEADINGS: Mapping[str, str] = {
    "left out": "Not loaded because we could not read it",
    "fixed": "Corrected",
    "clash": "Clashes",
}


@dataclass(frozen=True)
class ReportSection:
    """A section of the report: a heading, and one line per item."""

    heading: str
    lines: tuple[str, ...]
    max_lines: Annotated[int, Field(alias="most")]  # in the short report


def list_sections(result: ImportResult) -> Iterator[ReportSection]:
    """Yield complete sections on what was added, changed, withdrawn, skipped and fixed."""
    changes = result.changes
    for heading, names in (
        ("Added", changes.added),
        ("Changed", changes.changed),
        ("Withdrawn", changes.withdrawn),
    ):
        yield ReportSection(heading, tuple(names), MAX_NAMES)
    kept_settings = changes.kept_settings
    yield ReportSection(
        KEPT_SETTINGS,
        (_name_columns("The conference", kept_settings),) if kept_settings else (),
        MAX_NAMES,
    )
    for kind, heading in NOTE_HEADINGS.items():
        lines = tuple(_format_note(note) for note in result.notes if note.kind == kind)
        yield ReportSection(heading, lines, len(lines) if kind == "left out" else MAX_NOTES)


def as_lines(result: ImportResult) -> Iterator[str]:
    """Yield the short report, line by line."""
    for section in list_sections(result):
        if section.lines:
            yield f"{section.heading}:"
            yield from (f"  {line}" for line in section.lines[: section.max_lines])
            yield from _format_remainder(len(section.lines) - section.max_lines)
            yield ""
    yield summarise(result)


def _format_note(note: ImportNote) -> str:
    return f"{note.where}: {note.subject}: {note.reason}"


def _format_remainder(count: int) -> Iterator[str]:
    if count > 0:
        yield f"  … and {count:,} more"


def summarise(result: ImportResult) -> str:
    """Return the numbers of the report in one sentence."""
    count = Counter[str](note.kind for note in result.notes)
    clashes = "1 clash" if count["clash"] == 1 else f"{count['clash']} clashes"
    noted = {"left out": "{} not loaded", "fixed": "{} corrected", "clash": clashes}
    words = [noted[kind].format(count[kind]) for kind in noted if count[kind]]
    return "; ".join(filter(None, [str(result.changes), ", ".join(words)]))
