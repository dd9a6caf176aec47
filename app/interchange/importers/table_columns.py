"""The columns of a table: the meaning of each, by its name or as organisers chose."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from rapidfuzz import fuzz, process

from app.interchange.importers import spreadsheet_times
from app.interchange.importers.parsed_programme import PROFILE_FIELDS, FieldCoverage
from app.interchange.importers.table_choices import (
    HONORIFICS,
    MEANING_BY_NAME,
    NO_COLUMN_CHOICES,
    REPEATABLE,
    ROLES,
    SESSION_MEANINGS,
    ColumnChoices,
    normalise_column_name,
)
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.speakers import SPEAKER_FIELDS

SheetRow = Sequence[str]
NO_MEANING: Final = ""
HEADER_SEARCH_ROWS: Final = 20  # rows in which the header is searched
HEADER_LENGTH: Final = 120  # characters of a column's name that are used
IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
NAME_PARTS = re.compile(r"[/|\n]|\s-\s")
LAST_NUMBER = re.compile(r"\d{1,2}$")
SIDE_WORDS = (  # remarks beside the name of a column
    *("required", "mandatory", "optional", "obligatoire", "facultatif", "obligatorio", "opcional"),
    *("erforderlich", "pflichtfeld", "pflicht", "freiwillig"),
)
SESSION_PREFIXES = ("session", "talk", "paper", "presentation", "event", "vortrags", "sitzungs")
SPEAKER_PREFIXES = (
    *("speakers", "speaker", "presenters", "presenter"),
    *("presentingauthors", "presentingauthor", "authors", "author"),
)
SIMILAR_ENOUGH: Final = 85  # percent
NAME_FIELDS = frozenset({"name", "given", "family"})
SCHEDULE_FIELDS = frozenset({"kind", "day", "start", "end", "duration", "room", "theme", *ROLES})
SESSION_ONLY_FIELDS = SCHEDULE_FIELDS | {"subtitle", "language", "abstract", "description"}
SPEAKER_COLUMNS = frozenset(one.file_name or one.name for one in SPEAKER_FIELDS if one.column)
OWN_COLUMNS = frozenset(field.file_name for field in SPEAKER_FIELDS.in_files if field.column)
PERSONAL_FIELDS = SPEAKER_COLUMNS - {"name", "links"}
SESSION_COLUMNS: Mapping[str, str] = {  # session fields by meaning of the column
    **{
        one.file_name or one.name: one.file_name or one.name for one in SESSION_FIELDS if one.column
    },
    "start": "starts_at",
    "end": "ends_at",
    "duration": "ends_at",
    **dict.fromkeys(ROLES, "appearances"),
    "cancelled": "cancelled",
}


@dataclass(frozen=True)
class ColumnMap:
    """The columns of a table of sessions, of speakers, or of sessions with a speaker per row."""

    positions: Mapping[str, tuple[int, ...]]  # column indexes by meaning
    unknown: Mapping[int, str] = field(default_factory=dict)  # names of columns that are ignored
    has_ranges: bool = False  # whether the start column also has the ends

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
        return (OWN_COLUMNS - PROFILE_FIELDS) & set(self.positions)

    def meaning_at(self, index: int) -> str:
        """Return the detected meaning of a column, or an empty string."""
        found = [name for name, indexes in self.positions.items() if index in indexes]
        return "session_title" if "session_title" in found else next(iter(found), "")

    @property
    def coverage(self) -> FieldCoverage:
        """The fields that these columns have."""
        fields = set(self.positions)
        session_fields = {SESSION_COLUMNS[name] for name in fields & set(SESSION_COLUMNS)}
        if "state" in fields:
            session_fields |= {"cancelled", "draft"}
        if self.has_speakers:
            session_fields |= {"appearances"}
        if self.has_ranges:
            session_fields |= {"ends_at"}
        return FieldCoverage(
            frozenset(session_fields) if self.has_sessions else frozenset(),
            self._speaker_fields if self.has_speakers else frozenset(),
        )

    @property
    def _speaker_fields(self) -> frozenset[str]:
        contact = {"contact_address"} & set(self.positions)
        return frozenset({"name"} | contact | self.own_fields | self.profile_fields)


def header_key(header: SheetRow) -> str:
    """Return a key that is equal for rows with the same column names."""
    names = [normalise_column_name(name[:HEADER_LENGTH]) for name in header]
    while names and not names[-1]:
        names.pop()
    return sha256("\n".join(names).encode()).hexdigest()[:32]


def find_header(
    rows: Sequence[SheetRow], choices: ColumnChoices = NO_COLUMN_CHOICES
) -> tuple[int, ColumnMap] | None:
    """Return the index of the header row and its columns, or None if no name is known."""
    for index, row in enumerate(rows[:HEADER_SEARCH_ROWS]):
        column_map = match_columns(row, rows[index + 1 :], choices)
        is_chosen = header_key(row) in choices.by_header
        is_table = column_map.has_sessions or column_map.has_speakers
        if is_chosen:
            return (index, column_map) if is_table else None
        if is_table and len(column_map.positions) > 1:
            return index, column_map
    return None


def match_columns(
    header: SheetRow, rows: Sequence[SheetRow] = (), choices: ColumnChoices = NO_COLUMN_CHOICES
) -> ColumnMap:
    """Return the meanings of the columns; of two with the same meaning, the first wins."""
    chosen = choices.by_header.get(header_key(header))
    if chosen is not None:
        return _complete(_positions_of(chosen[: len(header)]), {}, rows)
    meanings = [_find_meaning(name[:HEADER_LENGTH], choices) for name in header]
    positions = _resolve_ambiguous(_positions_of(meanings), rows)
    known = {index for indexes in positions.values() for index in indexes}
    unknown = {
        index: name.strip()
        for index, name in enumerate(header)
        if name.strip() and index not in known and meanings[index] != NO_MEANING
    }
    return _complete(positions, unknown, rows)


def suggest_meaning(name: str) -> str:
    """Return the known name most similar to this one, or an empty string."""
    plain = normalise_column_name(name[:HEADER_LENGTH])
    found = process.extractOne(
        plain, MEANING_BY_NAME.keys(), scorer=fuzz.ratio, score_cutoff=SIMILAR_ENOUGH
    )
    return MEANING_BY_NAME[found[0]] if found else ""


def _find_meaning(name: str, choices: ColumnChoices) -> str | None:
    """Return the meaning of a column with this name, or None if unknown."""
    for candidate in dict.fromkeys(_candidates(name)):  # most are the same
        if meaning := MEANING_BY_NAME.get(candidate) or _without_prefix(candidate):
            return meaning
    return choices.by_name.get(normalise_column_name(name))


def _candidates(name: str) -> Iterable[str]:
    """Yield variants of a name: as a whole, without remarks beside it, and its parts."""
    bare = IN_BRACKETS.sub(" ", name)
    for spelling in (name, bare, *NAME_PARTS.split(bare)):
        plain = normalise_column_name(spelling)
        yield plain
        for word in SIDE_WORDS:
            yield plain.removesuffix(word)
        yield LAST_NUMBER.sub("", plain)  # Speaker 1, Speaker 2


def _without_prefix(name: str) -> str:
    """Return the meaning of “Session date” or “Speaker country”, or an empty string."""
    for prefixes, is_session in ((SESSION_PREFIXES, True), (SPEAKER_PREFIXES, False)):
        for prefix in prefixes:
            if name.startswith(prefix) and name != prefix:
                meaning = MEANING_BY_NAME.get(name.removeprefix(prefix))
                if meaning and _belongs(meaning, is_session=is_session):
                    return meaning
    return ""


def _belongs(meaning: str, *, is_session: bool) -> bool:
    return meaning in SESSION_MEANINGS if is_session else meaning in PERSONAL_FIELDS


def _positions_of(meanings: Sequence[str | None]) -> dict[str, tuple[int, ...]]:
    """Return the positions by meaning; only some meanings can have several columns."""
    positions: dict[str, tuple[int, ...]] = {}
    for index, meaning in enumerate(meanings):
        if meaning and (meaning in REPEATABLE or meaning not in positions):
            positions[meaning] = (*positions.get(meaning, ()), index)
    return positions


def _resolve_ambiguous(
    positions: dict[str, tuple[int, ...]], rows: Sequence[SheetRow]
) -> dict[str, tuple[int, ...]]:
    """Decide whether an ambiguous name, title or description is a person's or a session's."""
    _resolve_titles(positions, rows)
    if not {"title", *NAME_FIELDS} & set(positions) and (role := _first_role(positions)):
        positions["name"] = positions.pop(role)  # Speaker, Biography
    if "name" in positions and "title" not in positions and SCHEDULE_FIELDS & set(positions):
        positions["title"] = positions.pop("name")  # Name, Room, Start
    if not NAME_FIELDS & set(positions):
        return positions
    if "title" in positions and not SESSION_ONLY_FIELDS & set(positions):
        _assign_title_to_person(positions, rows)  # Name, Title, Organisation
    if "title" not in positions and {"description", "abstract"} & set(positions):
        index = positions.pop("abstract", positions.pop("description", ()))
        positions.setdefault("biography", index)  # Name, Description
    return positions


def _resolve_titles(positions: dict[str, tuple[int, ...]], rows: Sequence[SheetRow]) -> None:
    """Decide which title is the row's own; a “Session title” beside it is that of its parent."""
    is_more_exact = {"paper_title", "session_title"} & set(positions)
    if "title" in positions and is_more_exact and NAME_FIELDS & set(positions):
        _assign_title_to_person(positions, rows)  # Title, First name, Last name, Session title
    if "title" in positions and is_more_exact and _has_honorifics(positions["title"][0], rows):
        positions["honorific"] = positions.pop("title")
    for exact in ("paper_title", "session_title"):
        if exact in positions and "title" not in positions:
            positions["title"] = positions.pop(exact)
    if "paper_title" in positions:  # Title, Paper title
        outer = positions["title"]
        positions["title"] = positions.pop("paper_title")
        positions.setdefault("session_title", outer)


def _assign_title_to_person(
    positions: dict[str, tuple[int, ...]], rows: Sequence[SheetRow]
) -> None:
    title = positions.pop("title")
    positions.setdefault("honorific" if _has_honorifics(title[0], rows) else "role", title)


def _has_honorifics(index: int, rows: Sequence[SheetRow]) -> bool:
    """Return True if most cells of a column are honorifics such as Dr or Prof."""
    cells = [row[index].strip() for row in rows if index < len(row) and row[index].strip()]
    matching = [cell for cell in cells if len(cell) < 40 and is_honorific(cell)]
    return len(matching) * 2 > len(cells)


def is_honorific(words: str) -> bool:
    """Return True for Dr, Prof. Dr and the like."""
    parts = re.findall(r"\w+", words.casefold())
    return bool(parts) and all(part in HONORIFICS for part in parts)


def _first_role(positions: Mapping[str, tuple[int, ...]]) -> str:
    """Return the column of people to whom a row's affiliation belongs."""
    return next((role for role in ("presenters", "people", "authors") if role in positions), "")


def _complete(
    positions: dict[str, tuple[int, ...]], unknown: Mapping[int, str], rows: Sequence[SheetRow]
) -> ColumnMap:
    """Add meanings that follow from the other columns and from their cells."""
    role = _first_role(positions)
    if role and not NAME_FIELDS & set(positions) and PERSONAL_FIELDS & set(positions):
        first, *others = positions.pop(role)  # Title, Presenter, Affiliation
        positions["name"] = (first,)
        if others:
            positions[role] = tuple(others)
    if "day" in positions and "start" not in positions:
        index = positions["day"][0]
        if any(spreadsheet_times.has_time(row[index]) for row in rows if index < len(row)):
            positions["start"] = positions["day"]  # 6 November 2008, 10:00
    if "session_title" in positions:  # a talk within a session
        place = next((one for one in ("theme", "subtitle") if one not in positions), "")
        positions |= {place: positions["session_title"]} if place else {}
    starts = positions.get("start", ())
    has_ranges = any(
        spreadsheet_times.has_range(row[index])
        for row in rows
        for index in starts
        if index < len(row)
    )
    return ColumnMap(positions, unknown, has_ranges and "end" not in positions)
