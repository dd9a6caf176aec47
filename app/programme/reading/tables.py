"""Tables of sessions and of speakers, such as people keep in a spreadsheet.

A table says nothing of its conference: it belongs to the one at home. Each row is a session, a
speaker, or a session with its speaker; the names of the columns tell (``columns``).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.errors import Unreadable
from app.programme.reading import columns, days
from app.programme.reading.columns import Columns
from app.programme.reading.found import (
    Found,
    FoundDay,
    FoundPerson,
    FoundRoom,
    FoundSession,
    FoundTheme,
)
from app.programme.reading.home import Home
from app.programme.reading.notebook import THE_FILE, Notebook
from app.programme.reading.written import Says

Row = Sequence[str]
LOOKED_AT = 20  # rows from the top, in which the names of the columns are looked for
YES = frozenset({"yes", "y", "true", "1", "x", "ja", "oui", "si", "sí", "wahr"})
CANCELLED = frozenset({"cancelled", "canceled"})
ROLE = re.compile(r"(.{1,200}?)\s*\(([A-Za-z][a-z]{2,30}(?: [a-z]{2,30})?)\)$")  # Ada (Chair)
LINES = re.compile(r"\s*[;\n]\s*")
AND = re.compile(r"\s+(?:&|and)\s+")
APOSTROPHE = re.compile(r"'(?=[=+\-@])")  # which our own CSV puts before what looks like a formula
KINDS = {"parallel session": "parallel"}  # as our own tables name them


@dataclass(frozen=True)
class Sheet:
    """A table by its name, if it has one."""

    name: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class _Line:
    """A row whose cells are asked for by what they are for."""

    cells: Row
    columns: Columns
    where: str

    def __getitem__(self, field: str) -> str:
        place = self.columns.places.get(field, -1)
        cell = self.cells[place] if 0 <= place < len(self.cells) else ""
        return APOSTROPHE.sub("", cell.strip(), count=1)

    def __bool__(self) -> bool:
        return any(cell.strip() for cell in self.cells)


def looks_like_one(rows: Sequence[Row]) -> bool:
    """Whether these rows have names of columns that we know above them."""
    return _head(rows) is not None


def find(sheets: Sequence[Sheet], notebook: Notebook, home: Home) -> Found:
    """Find every session and speaker in these tables."""
    if not home.facts:
        raise Unreadable(
            "A table does not say which conference it belongs to: load or set up that one first"
        )
    found = Found(conference=dict(home.facts))
    of_sessions: set[str] = set()
    of_speakers: set[str] = set()
    for sheet in sheets:
        head = _head(sheet.rows)
        if head is None:
            _leave_out(sheet, notebook)
            continue
        place, held = head
        _tell_of_unknown(held, sheet, notebook)
        of_sessions |= held.says.of_sessions
        of_speakers |= held.says.of_speakers
        for line in _lines(sheet, place, held):
            _read(line, found, notebook, home)
    if not (of_sessions or of_speakers):
        raise Unreadable(
            "No table in this file has a column called “Title” or “Name”, so it cannot be read"
        )
    found.says = Says(frozenset(of_sessions), frozenset(of_speakers))
    return found


def _head(rows: Sequence[Row]) -> tuple[int, Columns] | None:
    """Find the row with the names of the columns, and what they hold."""
    for place, row in enumerate(rows[:LOOKED_AT]):
        held = columns.of(row)
        if len(held.places) > 1 and (held.tells_of_sessions or held.tells_of_speakers):
            return place, held
    return None


def _leave_out(sheet: Sheet, notebook: Notebook) -> None:
    if any(cell.strip() for row in sheet.rows for cell in row):
        notebook.left_out(
            f"sheet “{sheet.name[:60]}”", "the whole sheet", "No column is called Title or Name"
        )


def _tell_of_unknown(held: Columns, sheet: Sheet, notebook: Notebook) -> None:
    where = f"sheet “{sheet.name[:60]}”" if sheet.name else THE_FILE
    for name in held.unknown:
        notebook.left_out(where, f"column “{name[:60]}”", "It is not a column that we know")


def _lines(sheet: Sheet, head: int, held: Columns) -> Iterator[_Line]:
    before = f"sheet “{sheet.name[:60]}”, " if sheet.name else ""
    for number, row in enumerate(sheet.rows[head + 1 :], start=head + 2):
        line = _Line(row, held, f"{before}row {number}")
        if line:
            yield line


def _read(line: _Line, found: Found, notebook: Notebook, home: Home) -> None:
    """Read a row: a session, a speaker, or both."""
    people = list(_speakers(line, notebook)) if line.columns.tells_of_speakers else []
    if people and not line["title"]:
        found.people += people
    elif line.columns.tells_of_sessions:
        session = _session(line, notebook, home)
        session.people = [*people, *session.people]
        found.sessions.append(session)


def _session(line: _Line, notebook: Notebook, home: Home) -> FoundSession:
    day, start, end = days.told(line["day"], line["start"], line["end"], home)
    return FoundSession(
        where=line.where,
        title=line["title"],
        guid=line["key"],
        slug=_slug(line["slug"]),
        subtitle=line["subtitle"],
        kind=KINDS.get(line["kind"].casefold(), line["kind"]),
        theme=FoundTheme(line["theme"], where=line.where) if line["theme"] else None,
        room=FoundRoom(line["room"], where=line.where) if line["room"] else None,
        day=FoundDay(day),
        date=start.moment,
        start=start.hour,
        end=end.moment or end.hour,
        duration=line["duration"],
        abstract=line["abstract"],
        description=line["description"],
        language=line["language"],
        illustrative=_is_yes(line["illustrative"]),
        cancelled=_is_yes(line["cancelled"]) or line["state"].casefold() in CANCELLED,
        draft=line["state"].casefold() == "draft" if "state" in line.columns.places else None,
        people=list(_people(line["people"], line, notebook)),
        links=[(address, "") for address in LINES.split(line["links"]) if address],
        licence=line["licence"],
        recorded=_is_yes(line["recorded"]),
    )


def _speakers(line: _Line, notebook: Notebook) -> Iterator[FoundPerson]:
    """Read the person of a row; two where two share it."""
    given, family = line["given"], line["family"]
    names = _parted(line["name"] or f"{given} {family}".strip(), line, notebook)
    shared = LINES.split(line["organisation"])
    for number, name in enumerate(names):
        organisation = shared[number] if len(shared) == len(names) else line["organisation"]
        yield FoundPerson(
            name=name,
            key=line["key"] if len(names) == 1 and not line.columns.tells_of_sessions else "",
            slug=_slug(line["slug"]) if len(names) == 1 else "",
            role=line["role"],
            organisation=organisation,
            country=line["country"],
            biography=line["biography"],
            where=line.where,
            profile=_profile(line) if len(names) == 1 else None,
        )


def _profile(line: _Line) -> dict[str, Any] | None:
    """Read what a row tells of somebody's profile, in the words of our own JSON."""
    told: dict[str, Any] = {field: line[field] for field in line.columns.of_profiles}
    if "links" in told:
        links = [link.strip().partition(" ") for link in told["links"].splitlines()]
        told["links"] = [{"address": one, "label": label} for one, _, label in links if one]
    return told or None


def _parted(name: str, line: _Line, notebook: Notebook) -> list[str]:
    """Part two people who stand in one cell."""
    names = [one for one in AND.split(name) if one]
    if len(names) > 1:
        notebook.mended(line.where, name, f"It names {len(names)} people; they were parted")
    return names


def _people(cell: str, line: _Line, notebook: Notebook) -> Iterator[FoundPerson]:
    """Read who appears: one a line, or parted by semicolons, each with a role in brackets."""
    said = [one for one in LINES.split(cell) if one]
    if len(said) == 1 and _lists_with_commas(cell):
        said = cell.split(",")
        notebook.mended(line.where, cell, "It names several people; they were parted at commas")
    for one in said:
        for name in _parted(one.strip(), line, notebook):
            known = ROLE.match(name)
            role = known[2].lower().replace(" ", "-") if known else ""
            yield FoundPerson(known[1] if known else name, appears_as=role, where=line.where)


def _lists_with_commas(cell: str) -> bool:
    """Whether commas stand between whole names, and not between a family name and the others."""
    parts = [part.split() for part in cell.split(",")]
    return len(parts) > 1 and all(1 < len(words) < 6 for words in parts)


def _is_yes(cell: str) -> bool:
    return cell.casefold() in YES


def _slug(cell: str) -> str:
    """Take the last part of an address such as /sessions/fair-financing."""
    return cell.rstrip("/").rpartition("/")[2]
