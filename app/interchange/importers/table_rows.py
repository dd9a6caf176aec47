"""The rows of a table: the session and the speakers in each."""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from app.interchange.importers import alike_names, spreadsheet_times
from app.interchange.importers.normalise import EMAIL_ADDRESS
from app.interchange.importers.parsed_programme import ImportLog
from app.interchange.importers.raw import (
    RawDay,
    RawPerson,
    RawProgramme,
    RawRoom,
    RawSession,
    RawTheme,
)
from app.interchange.importers.spreadsheet_dates import DateReader
from app.interchange.importers.table_choices import ROLES
from app.interchange.importers.table_columns import ColumnMap, SheetRow
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.fields.table import LINKS, WORDS, YES_NO, Field

NAME_WITH_ROLE = re.compile(
    r"(.{1,200}?)\s*\(([A-Za-z][a-z]{2,30}(?: [a-z]{2,30})?)\)$"
)  # Ada (Chair)
CELL_SEPARATOR = re.compile(  # a semicolon or a line break, with the whitespace around it
    r"(?:(?<!\s)(?=\s*+;|[^\S\n]*+\n)\s*+;?|;)\s*+"
)
NAME_SEPARATOR = re.compile(r"(?<!\s)\s++(?:&|and|und|et)\s++")
EMAIL_SEPARATOR = re.compile(r"[\s,;]+")
EMAIL_IN_NAME = re.compile(
    r"[<(\[]?\b([^\s<>()\[\],;:@]{1,64}@[^\s<>()\[\],;:@]{1,200})[>)\]]?"  # Ada <ada@example.org>
)
CONTACT: Final = "contact_address"


def parse_people(cell: str, where: str, log: ImportLog, role: str = "") -> Iterator[RawPerson]:
    """Yield people separated by line breaks or semicolons, each with a role in brackets."""
    entries = [one for one in CELL_SEPARATOR.split(cell) if one]
    if len(entries) == 1 and _has_comma_list(cell):
        entries = cell.split(",")
        log.add_fix(where, cell, "It names several people; we split them at commas")
    for entry in entries:
        text, addresses = _split_emails(entry)
        names = split_names(text, where, log)
        for number, name in enumerate(names):
            match = NAME_WITH_ROLE.match(name)
            stated = match[2].lower().replace(" ", "-") if match else role
            address = addresses[number] if len(addresses) == len(names) else ""
            yield RawPerson(
                match[1] if match else name,
                appearance_role=stated,
                where=where,
                values={CONTACT: address} if address else {},
            )


def parse_person(cell: str, where: str, log: ImportLog) -> Iterator[RawPerson]:
    """Yield the person of a row, or two who share it; “Smith, Ann” is one."""
    text, addresses = _split_emails(cell)
    names = split_names(text, where, log)
    for number, name in enumerate(names):
        address = addresses[number] if len(addresses) == len(names) else ""
        yield RawPerson(name, where=where, values={CONTACT: address} if address else {})


def split_names(text: str, where: str, log: ImportLog) -> list[str]:
    """Split two people in one cell; leave out “TBC” and “N.N.”."""
    names = [one for one in NAME_SEPARATOR.split(text.strip(" ,")) if one]
    if len(names) > 1:
        log.add_fix(where, text.strip(), f"It names {len(names)} people; we split the names")
    undecided = [one for one in names if spreadsheet_times.is_to_be_confirmed(one)]
    for name in undecided:
        log.add_skipped(where, name, "It is not a person’s name")
    return [one for one in names if one not in undecided]


def parse_emails(cell: str, names: Sequence[str], where: str, log: ImportLog) -> dict[str, str]:
    """Return the email address of each name, if the cell has one for each."""
    if spreadsheet_times.is_to_be_confirmed(cell):
        return {}
    addresses = [one.strip("<>()[]") for one in EMAIL_SEPARATOR.split(cell) if one]
    wrong = [address for address in addresses if not EMAIL_ADDRESS.match(address)]
    if wrong or len(addresses) != len(names):
        reason = (
            f"This is not an email address: {wrong[0][:60]}"
            if wrong
            else f"There are {len(addresses)} email addresses for {len(names)} people"
        )
        log.add_skipped(where, ", ".join(names), reason)
        return {}
    return dict(zip(names, addresses, strict=True))


def _split_emails(text: str) -> tuple[str, list[str]]:
    """Return a text without the email addresses in it, and these."""
    addresses = [one for one in EMAIL_IN_NAME.findall(text) if EMAIL_ADDRESS.match(one)]
    return (EMAIL_IN_NAME.sub(" ", text).strip(), addresses) if addresses else (text, [])


def _has_comma_list(cell: str) -> bool:
    """Return True if commas separate whole names, not family and given names."""
    parts = [part.split() for part in cell.split(",")]
    whole = [1 < len(words) < 6 for words in parts]
    return len(parts) > 1 and (all(whole) or (len(parts) > 2 and sum(whole) * 2 > len(parts)))


YES_VALUES = frozenset({"yes", "y", "true", "1", "x", "ja", "oui", "si", "sí", "sim", "wahr"})
CANCELLED_VALUES = frozenset({"cancelled", "canceled"})
FORMULA_GUARD = re.compile(
    r"'(?=[=+\-@])"
)  # added by the site's CSV export to values that look like formulas
KIND_ALIASES = {"parallel session": "parallel"}  # names in the site's own exports
TOTAL = re.compile(
    r"(?:grand |sub-?)?(?:total|totals|totaux|totales|totais|sum|summe|gesamt|suma|soma)"
    r"(?:\s+(?:sessions?|talks?|papers?|speakers?))?\s*[:=]?\s*[\d.,]*$",
    re.IGNORECASE,
)
NUMBER = re.compile(r"[\d.,%\s]{1,20}$")
MAX_HEADING_LENGTH = 80  # characters


@dataclass
class TimeCount:
    """How many sessions have a time in their row, and how many of these could be parsed."""

    stated: int = 0
    read: int = 0
    unread: list[str] = field(default_factory=list)  # cells that could not be parsed


@dataclass(frozen=True)
class Row:
    """A row whose cells are accessed by meaning."""

    cells: SheetRow
    columns: ColumnMap
    where: str
    day_above: str = ""  # written once for several rows

    def __getitem__(self, meaning: str) -> str:
        return next(iter(self.list_cells(meaning)), "")

    def __bool__(self) -> bool:
        return any(cell.strip() for cell in self.cells)

    def list_cells(self, meaning: str) -> list[str]:
        """Return the cells of all columns with a meaning, without empty ones."""
        positions = self.columns.positions.get(meaning, ())
        cells = (
            self.cells[position].strip() for position in positions if position < len(self.cells)
        )
        return [FORMULA_GUARD.sub("", cell, count=1) for cell in cells if cell]

    def get_decided(self, meaning: str) -> str:
        """Return a cell, or an empty string for “TBC” and the like."""
        cell = self[meaning]
        return "" if spreadsheet_times.is_to_be_confirmed(cell) else cell


def day_of_heading(cells: SheetRow, dates: DateReader) -> str:
    """Return the day in a heading row, or an empty string."""
    stated = {cell.strip() for cell in cells if cell.strip()}
    if len(stated) != 1:
        return ""
    (cell,) = stated
    if cell.isdecimal() or len(cell) > MAX_HEADING_LENGTH:
        return ""
    found = spreadsheet_times.parse_cell(cell, dates, is_time=False)
    return cell if found and found.date and not found.start else ""


def is_total(cells: SheetRow) -> bool:
    """Return True for a row of totals: a word for it, and numbers."""
    first, *others = [cell.strip() for cell in cells if cell.strip()] or [""]
    return bool(TOTAL.match(first[:60])) and all(NUMBER.match(other) for other in others)


def parse(row: Row, raw: RawProgramme, log: ImportLog, dates: DateReader, count: TimeCount) -> None:
    """Parse a row: a session, a speaker, or both."""
    people = list(_parse_speakers(row, log)) if row.columns.has_speakers else []
    title = _get_title(row)
    if people and not title:
        raw.people += people
    elif title and spreadsheet_times.is_to_be_confirmed(title):
        log.add_skipped(row.where, title, "It is not a session title")
        raw.people += people
    elif row.columns.has_sessions:
        session = _parse_session(row, log, dates, count)
        session.people = _join_people(people, row, log)
        raw.sessions.append(session)


def _get_title(row: Row) -> str:
    return row["title"] or row["session_title"]


def _parse_session(row: Row, log: ImportLog, dates: DateReader, count: TimeCount) -> RawSession:
    day = row["day"] or (row.day_above if row["start"] else "")
    times = spreadsheet_times.read_row(day, row["start"], row["end"], dates)
    count.stated += times.is_stated
    count.read += times.is_read
    count.unread += times.unread
    theme = row.get_decided("theme")
    room = row.get_decided("room")
    return RawSession(
        where=row.where,
        title=_get_title(row),
        guid=row["key"],
        slug=_slug_from_path(row["slug"]),
        theme=RawTheme(theme, where=row.where) if theme and row["title"] else None,
        room=RawRoom(room, where=row.where) if room else None,
        day=RawDay(times.day),
        date=times.date,
        start=times.start,
        end=times.end,
        duration=row["duration"],
        cancelled=_is_yes(row["cancelled"]) or row["state"].casefold() in CANCELLED_VALUES,
        draft=row["state"].casefold() == "draft" if "state" in row.columns.positions else None,
        values={
            **{field.file_name: _parse_field(field, row) for field in SESSION_FIELDS.in_files},
            "kind": KIND_ALIASES.get(row["kind"].casefold(), row["kind"]),
        },
    )


def _join_people(people: list[RawPerson], row: Row, log: ImportLog) -> list[RawPerson]:
    """Return the people of a session from all its columns, without duplicates."""
    joined = list(people)
    for column, role in ROLES.items():
        if column == "authors" and joined:
            role = "author"  # not a presenter  # noqa: PLW2901
        known = {alike_names.plain_key(one.name) for one in joined}
        for cell in row.list_cells(column):
            found = parse_people(cell, row.where, log, role)
            joined += [
                one
                for one in found
                if column != "authors" or alike_names.plain_key(one.name) not in known
            ]
    return joined


def _parse_field(one: Field, row: Row) -> Any:
    """Return the raw value of a field, from all its columns."""
    separator = "\n" if one.kind in {LINKS, WORDS} else " "
    return _parse_cell(one, separator.join(row.list_cells(one.file_name)))


def _parse_cell(one: Field, cell: str) -> Any:
    if one.kind is YES_NO:
        return _is_yes(cell)
    if one.kind is LINKS:
        return [(address, "") for address in CELL_SEPARATOR.split(cell) if address]
    return one.kind.parse(cell) if one.kind is WORDS else cell


def _parse_speakers(row: Row, log: ImportLog) -> Iterator[RawPerson]:
    """Yield the person of a row, or several who share it."""
    people = _parse_names(row, log)
    names = [one.name for one in people]
    organisations = CELL_SEPARATOR.split(row.get_decided("organisation"))
    emails = parse_emails(row[CONTACT], names, row.where, log) if row[CONTACT] else {}
    is_alone = len(people) == 1
    for number, person in enumerate(people):
        organisation = (
            organisations[number]
            if len(organisations) == len(people)
            else row.get_decided("organisation")
        )
        person.key = row["key"] if is_alone and not row.columns.has_sessions else ""
        person.slug = (
            _slug_from_path(row["slug"]) if is_alone and not row.columns.has_sessions else ""
        )
        person.values = {
            **_parse_speaker_cells(row, row.columns.own_fields),
            "organisation": organisation,
            **(_parse_profile(row) if is_alone else {}),
            **person.values,
            **({CONTACT: emails[person.name]} if person.name in emails else {}),
        }
        yield person


def _parse_names(row: Row, log: ImportLog) -> list[RawPerson]:
    """Return the people in the columns for names."""
    whole = row["name"] or f"{row['given']} {row['family']}".strip()
    if row.columns.has_sessions and row["name"]:
        return list(parse_people(whole, row.where, log))
    return list(parse_person(whole, row.where, log))


def _parse_profile(row: Row) -> dict[str, Any]:
    """Return the profile fields of a row, with the keys of native JSON."""
    profile = _parse_speaker_cells(row, row.columns.profile_fields - {"links"})
    if "links" in row.columns.profile_fields:
        lines = "\n".join(row.list_cells("links")).splitlines()
        links = [link.strip().partition(" ") for link in lines]
        profile["links"] = [{"address": one, "label": label} for one, _, label in links if one]
    return profile


def _parse_speaker_cells(row: Row, names: Container[str]) -> dict[str, Any]:
    """Return the raw values of these fields of a speaker."""
    fields = (field for field in SPEAKER_FIELDS.in_files if field.file_name in names)
    return {one.file_name: _parse_cell(one, row[one.file_name]) for one in fields}


def _is_yes(cell: str) -> bool:
    return cell.casefold() in YES_VALUES


def _slug_from_path(cell: str) -> str:
    """Return the last part of a path such as /sessions/fair-financing."""
    return cell.rstrip("/").rpartition("/")[2]
