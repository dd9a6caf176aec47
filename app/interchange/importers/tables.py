"""Importing tables: recognising columns by their names, and parsing rows."""

import re
import unicodedata
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.errors import InvalidFile
from app.interchange.importers import spreadsheet_times
from app.interchange.importers.parsed import PROFILE_FIELDS, THE_FILE, FieldCoverage, ImportLog
from app.interchange.importers.raw import (
    RawDay,
    RawPerson,
    RawProgramme,
    RawRoom,
    RawSession,
    RawTheme,
    TargetConference,
)
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.fields.table import LINKS, WORDS, YES_NO, Field

NON_NAME_CHARACTERS = re.compile(r"[\W_]+")
COLUMN_NAMES: Mapping[str, str] = {  # names by meaning, besides those of the field tables
    "key": "key id guid uid code identifier number sessionid speakerid",
    "slug": "slug address",
    "day": "day date tag datum jour fecha",
    "start": "start starts startsat starttime begin begins from time beginn debut inicio",
    "end": "end ends endsat endtime until to finish ende fin",
    "duration": "duration length minutes dauer duree duracion",
    "people": "people speakers speaker presenter presenters persons panel personen personnes",
    "state": "state status",
    "cancelled": "cancelled canceled",
    "given": "firstname first givenname givennames forename vorname prenom",
    "family": "lastname last familyname surname nachname nomdefamille apellido apellidos",
    "sessions": "sessions talks",  # of a speaker; ignored, as sessions list their speakers
    **{
        one.file_name or one.name: one.column.names
        for one in (*SESSION_FIELDS, *SPEAKER_FIELDS)
        if one.column
    },
}
FIELD_BY_NAME = {name: field for field, names in COLUMN_NAMES.items() for name in names.split()}
SCHEDULE_FIELDS = frozenset({"kind", "day", "start", "end", "duration", "room", "theme", "people"})
NAME_FIELDS = frozenset({"name", "given", "family"})
SESSION_ONLY_FIELDS = SCHEDULE_FIELDS | {"subtitle", "language", "abstract", "description"}
SESSION_COLUMNS: Mapping[str, str] = {  # session fields by meaning of the column
    **{
        one.file_name or one.name: one.file_name or one.name for one in SESSION_FIELDS if one.column
    },
    "start": "starts_at",
    "end": "ends_at",
    "duration": "ends_at",
    "people": "appearances",
    "cancelled": "cancelled",
}
SPEAKER_COLUMNS = frozenset(one.file_name for one in SPEAKER_FIELDS if one.column)


@dataclass(frozen=True)
class ColumnMap:
    """The columns of a table of sessions, of speakers, or of sessions with a speaker per row."""

    positions: Mapping[str, int]  # column index by meaning
    unknown: tuple[str, ...]  # names of columns that are ignored

    @property
    def has_sessions(self) -> bool:
        """Whether each row is a session."""
        return "title" in self.positions

    @property
    def has_speakers(self) -> bool:
        """Whether each row is a speaker."""
        return bool(NAME_FIELDS & set(self.positions))

    @property
    def profile_fields(self) -> frozenset[str]:
        """The profile fields among the columns; where rows are sessions, links belong to these."""
        fields = PROFILE_FIELDS & SPEAKER_COLUMNS & set(self.positions)
        return fields - {"links"} if self.has_sessions else fields

    @property
    def own_fields(self) -> frozenset[str]:
        """The other fields of speakers among the columns."""
        return (SPEAKER_COLUMNS - PROFILE_FIELDS) & set(self.positions)

    @property
    def coverage(self) -> FieldCoverage:
        """The fields that these columns have."""
        fields = set(self.positions)
        session_fields = {SESSION_COLUMNS[name] for name in fields & set(SESSION_COLUMNS)}
        if "state" in fields:
            session_fields |= {"cancelled", "draft"}
        if self.has_speakers:
            session_fields |= {"appearances"}
        return FieldCoverage(
            frozenset(session_fields) if self.has_sessions else frozenset(),
            frozenset({"name"} | self.own_fields | self.profile_fields)
            if self.has_speakers
            else frozenset(),
        )


def match_columns(header: Sequence[str]) -> ColumnMap:
    """Return the meaning of the columns by their names; of two alike, the first counts."""
    positions: dict[str, int] = {}
    unknown = []
    for index, name in enumerate(header):
        field = FIELD_BY_NAME.get(_normalise_column_name(name))
        if field is not None and field not in positions:
            positions[field] = index
        elif name.strip():
            unknown.append(name.strip())
    return ColumnMap(_resolve_ambiguous(positions), tuple(unknown))


def _resolve_ambiguous(positions: dict[str, int]) -> dict[str, int]:
    """Decide whose name, title or description a column contains."""
    if not {"title", *NAME_FIELDS} & set(positions) and "people" in positions:
        positions["name"] = positions.pop("people")  # Speaker, Biography
    if "name" in positions and "title" not in positions and SCHEDULE_FIELDS & set(positions):
        positions["title"] = positions.pop("name")  # Name, Room, Start
    if not NAME_FIELDS & set(positions):
        return positions
    if "title" in positions and not SESSION_ONLY_FIELDS & set(positions):
        positions.setdefault("role", positions.pop("title"))  # Name, Title, Organisation
    if "title" not in positions and {"description", "abstract"} & set(positions):
        index = positions.pop("abstract", positions.pop("description", 0))
        positions.setdefault("biography", index)  # Name, Description
    return positions


def _normalise_column_name(name: str) -> str:
    """Return the same for “First name”, “first_name” and “firstName”."""
    plain = unicodedata.normalize("NFKD", name.strip().casefold())
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    return NON_NAME_CHARACTERS.sub("", letters)


SheetRow = Sequence[str]
HEADER_SEARCH_ROWS = 20  # rows in which the header is searched
YES_VALUES = frozenset({"yes", "y", "true", "1", "x", "ja", "oui", "si", "sí", "wahr"})
CANCELLED_VALUES = frozenset({"cancelled", "canceled"})
NAME_WITH_ROLE = re.compile(
    r"(.{1,200}?)\s*\(([A-Za-z][a-z]{2,30}(?: [a-z]{2,30})?)\)$"
)  # Ada (Chair)
CELL_SEPARATOR = re.compile(  # a semicolon or a line break, with the whitespace around it
    r"(?:(?<!\s)(?=\s*+;|[^\S\n]*+\n)\s*+;?|;)\s*+"
)
NAME_SEPARATOR = re.compile(r"(?<!\s)\s++(?:&|and)\s++")
FORMULA_GUARD = re.compile(
    r"'(?=[=+\-@])"
)  # which our CSV export puts before values that look like formulas
KIND_ALIASES = {"parallel session": "parallel"}  # names in our own exports


@dataclass(frozen=True)
class Sheet:
    """A table with its name, if it has one."""

    name: str
    rows: Sequence[SheetRow]


@dataclass(frozen=True)
class _Row:
    """A row whose cells are accessed by meaning."""

    cells: SheetRow
    columns: ColumnMap
    where: str

    def __getitem__(self, field: str) -> str:
        position = self.columns.positions.get(field, -1)
        cell = self.cells[position] if 0 <= position < len(self.cells) else ""
        return FORMULA_GUARD.sub("", cell.strip(), count=1)

    def __bool__(self) -> bool:
        return any(cell.strip() for cell in self.cells)


def has_header(rows: Sequence[SheetRow]) -> bool:
    """Return True if one of the first rows has known column names."""
    return _find_header(rows) is not None


def parse(sheets: Sequence[Sheet], log: ImportLog, target: TargetConference) -> RawProgramme:
    """Parse the sessions and speakers in these tables."""
    if not target.facts:
        raise InvalidFile(
            "A table does not say which conference it belongs to: load or set up that one first"
        )
    raw = RawProgramme(conference=dict(target.facts))
    session_fields: set[str] = set()
    speaker_fields: set[str] = set()
    for sheet in sheets:
        found_header = _find_header(sheet.rows)
        if found_header is None:
            _skip_sheet(sheet, log)
            continue
        index, column_map = found_header
        _note_unknown_columns(column_map, sheet, log)
        session_fields |= column_map.coverage.session_fields
        speaker_fields |= column_map.coverage.speaker_fields
        for row in _iter_rows(sheet, index, column_map):
            _parse_row(row, raw, log, target)
    if not (session_fields or speaker_fields):
        raise InvalidFile(
            "No table in this file has a column called “Title” or “Name”, so it cannot be read"
        )
    raw.coverage = FieldCoverage(frozenset(session_fields), frozenset(speaker_fields))
    return raw


def _find_header(rows: Sequence[SheetRow]) -> tuple[int, ColumnMap] | None:
    """Return the number of the header row and its columns."""
    for index, row in enumerate(rows[:HEADER_SEARCH_ROWS]):
        column_map = match_columns(row)
        if len(column_map.positions) > 1 and (column_map.has_sessions or column_map.has_speakers):
            return index, column_map
    return None


def _skip_sheet(sheet: Sheet, log: ImportLog) -> None:
    if any(cell.strip() for row in sheet.rows for cell in row):
        log.add_skipped(
            f"sheet “{sheet.name[:60]}”", "the whole sheet", "No column is called Title or Name"
        )


def _note_unknown_columns(column_map: ColumnMap, sheet: Sheet, log: ImportLog) -> None:
    where = f"sheet “{sheet.name[:60]}”" if sheet.name else THE_FILE
    for name in column_map.unknown:
        log.add_skipped(where, f"column “{name[:60]}”", "It is not a column that we know")


def _iter_rows(sheet: Sheet, header_index: int, column_map: ColumnMap) -> Iterator[_Row]:
    prefix = f"sheet “{sheet.name[:60]}”, " if sheet.name else ""
    for number, row in enumerate(sheet.rows[header_index + 1 :], start=header_index + 2):
        line = _Row(row, column_map, f"{prefix}row {number}")
        if line:
            yield line


def _parse_row(row: _Row, raw: RawProgramme, log: ImportLog, target: TargetConference) -> None:
    """Parse a row: a session, a speaker, or both."""
    people = list(_parse_speakers(row, log)) if row.columns.has_speakers else []
    if people and not row["title"]:
        raw.people += people
    elif row.columns.has_sessions:
        session = _parse_session(row, log, target)
        session.people = [*people, *session.people]
        raw.sessions.append(session)


def _parse_session(row: _Row, log: ImportLog, target: TargetConference) -> RawSession:
    day, start, end = spreadsheet_times.parse_day_and_times(
        row["day"], row["start"], row["end"], target
    )
    return RawSession(
        where=row.where,
        title=row["title"],
        guid=row["key"],
        slug=_slug_from_path(row["slug"]),
        theme=RawTheme(row["theme"], where=row.where) if row["theme"] else None,
        room=RawRoom(row["room"], where=row.where) if row["room"] else None,
        day=RawDay(day),
        date=start.date_and_time,
        start=start.time_of_day,
        end=end.date_and_time or end.time_of_day,
        duration=row["duration"],
        cancelled=_is_yes(row["cancelled"]) or row["state"].casefold() in CANCELLED_VALUES,
        draft=row["state"].casefold() == "draft" if "state" in row.columns.positions else None,
        people=list(_parse_people(row["people"], row, log)),
        values={
            **{
                one.file_name: _parse_cell(one, row[one.file_name])
                for one in SESSION_FIELDS.in_files
            },
            "kind": KIND_ALIASES.get(row["kind"].casefold(), row["kind"]),
        },
    )


def _parse_cell(field: Field, cell: str) -> Any:
    """Return the raw value of a field."""
    if field.kind is YES_NO:
        return _is_yes(cell)
    if field.kind is LINKS:
        return [(address, "") for address in CELL_SEPARATOR.split(cell) if address]
    return field.kind.parse(cell) if field.kind is WORDS else cell


def _parse_speakers(row: _Row, log: ImportLog) -> Iterator[RawPerson]:
    """Yield the person of a row, or two who share it."""
    given, family = row["given"], row["family"]
    names = _split_people(row["name"] or f"{given} {family}".strip(), row, log)
    organisations = CELL_SEPARATOR.split(row["organisation"])
    for number, name in enumerate(names):
        organisation = (
            organisations[number] if len(organisations) == len(names) else row["organisation"]
        )
        yield RawPerson(
            name=name,
            key=row["key"] if len(names) == 1 and not row.columns.has_sessions else "",
            slug=_slug_from_path(row["slug"]) if len(names) == 1 else "",
            where=row.where,
            values={
                **_parse_speaker_cells(row, row.columns.own_fields),
                "organisation": organisation,
                **(_parse_profile(row) if len(names) == 1 else {}),
            },
        )


def _parse_profile(row: _Row) -> dict[str, Any]:
    """Return the profile fields of a row, with the keys of native JSON."""
    profile = _parse_speaker_cells(row, row.columns.profile_fields - {"links"})
    if "links" in row.columns.profile_fields:
        links = [link.strip().partition(" ") for link in row["links"].splitlines()]
        profile["links"] = [{"address": one, "label": label} for one, _, label in links if one]
    return profile


def _parse_speaker_cells(row: _Row, names: Container[str]) -> dict[str, Any]:
    """Return the raw values of these fields of a speaker."""
    fields = (one for one in SPEAKER_FIELDS.in_files if one.file_name in names)
    return {one.file_name: _parse_cell(one, row[one.file_name]) for one in fields}


def _split_people(name: str, row: _Row, log: ImportLog) -> list[str]:
    """Split two people in one cell."""
    names = [one for one in NAME_SEPARATOR.split(name) if one]
    if len(names) > 1:
        log.add_fix(row.where, name, f"It names {len(names)} people; they were parted")
    return names


def _parse_people(cell: str, row: _Row, log: ImportLog) -> Iterator[RawPerson]:
    """Yield people separated by line breaks or semicolons, each with a role in brackets."""
    entries = [one for one in CELL_SEPARATOR.split(cell) if one]
    if len(entries) == 1 and _has_comma_list(cell):
        entries = cell.split(",")
        log.add_fix(row.where, cell, "It names several people; they were parted at commas")
    for one in entries:
        for name in _split_people(one.strip(), row, log):
            match = NAME_WITH_ROLE.match(name)
            role = match[2].lower().replace(" ", "-") if match else ""
            yield RawPerson(match[1] if match else name, appearance_role=role, where=row.where)


def _has_comma_list(cell: str) -> bool:
    """Return True if commas separate whole names, not family and given names."""
    parts = [part.split() for part in cell.split(",")]
    return len(parts) > 1 and all(1 < len(words) < 6 for words in parts)


def _is_yes(cell: str) -> bool:
    return cell.casefold() in YES_VALUES


def _slug_from_path(cell: str) -> str:
    """Return the last part of a path such as /sessions/fair-financing."""
    return cell.rstrip("/").rpartition("/")[2]
