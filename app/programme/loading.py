"""Bring the working tables to what a programme file holds, and tell the difference.

The file is the whole programme: what it does not hold is withdrawn. A thing is known by its
key, so loading the same file again changes nothing and addresses stay as they are.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import select

from app import clock
from app.database import Base, db
from app.programme.models import Appearance, Conference, Room, Session, Speaker, Theme
from app.programme.reading.written import WrittenProgramme, WrittenSession

Row = TypeVar("Row", Theme, Room, Speaker, Session)
SHAPES = ("circle", "triangle", "square", "diamond", "hexagon", "star", "cross", "pentagon")
PALETTE = 12  # slots of colour that the style sheet knows


@dataclass
class Difference:
    """What loading a file changed, as the names of things."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.withdrawn)


def apply(programme: WrittenProgramme) -> Difference:
    """Bring the working tables to this programme."""
    difference = Difference()
    _apply_conference(programme, difference)
    themes = _apply_themes(programme, difference)
    rooms = _apply_rooms(programme, difference)
    speakers = _apply_speakers(programme, difference)
    _apply_sessions(programme, difference, themes, rooms, speakers)
    db.session.flush()
    _drop_what_is_left_out(programme, difference, themes, rooms)
    return difference


def _apply_conference(programme: WrittenProgramme, difference: Difference) -> None:
    written = programme.conference
    row = db.session.get(Conference, 1)
    moved = row is None or row.starts_on != written.starts_on
    values: dict[str, Any] = {
        "acronym": written.acronym,
        "title": written.title,
        "subtitle": written.subtitle,
        "starts_on": written.starts_on,
        "ends_on": written.ends_on,
        "time_zone": written.time_zone,
        "place": written.place,
        "summary": written.summary,
    }
    if written.contact_email:
        values["contact_email"] = written.contact_email
    if written.registration_opens_at or moved:
        values["registration_opens_at"] = written.registration_opens_at
        values["registration_closes_at"] = written.registration_closes_at
    if row is None:
        db.session.add(Conference(id=1, **values))
        difference.added.append("The conference")
    else:
        _note(row, values, "The conference", difference)


def _apply_themes(programme: WrittenProgramme, difference: Difference) -> dict[str, Theme]:
    rows = _rows_by(Theme, "slug")
    for position, written in enumerate(programme.themes):
        values = {
            "name": written.name,
            "summary": written.summary,
            "letter": written.letter or written.name[:1].upper(),
            "shape": written.shape or SHAPES[position % len(SHAPES)],
            "palette": written.palette or position % PALETTE + 1,
            "colour": written.colour,
            "position": position,
        }
        _keep(rows, Theme, {"slug": written.slug}, values, f"Theme {written.name}", difference)
    return rows


def _apply_rooms(programme: WrittenProgramme, difference: Difference) -> dict[str, Room]:
    rows = _rows_by(Room, "key")
    slugs = _Slugs(row.slug for row in rows.values())
    for position, written in enumerate(programme.rooms):
        values = {
            "slug": slugs.of(rows.get(written.key), written.slug),
            "name": written.name,
            "capacity": written.capacity,
            "description": written.description,
            "features": " ".join(written.features),
            "is_illustrative": written.illustrative,
            "position": position,
        }
        _keep(rows, Room, {"key": written.key}, values, f"Room {written.name}", difference)
    return rows


def _apply_speakers(programme: WrittenProgramme, difference: Difference) -> dict[str, Speaker]:
    rows = _rows_by(Speaker, "key")
    slugs = _Slugs(row.slug for row in rows.values())
    for written in programme.speakers:
        values = {
            "slug": slugs.of(rows.get(written.key), written.slug),
            "name": written.name,
            "role": written.role,
            "organisation": written.organisation,
            "country": written.country,
            "biography": written.biography,
            "withdrawn_at": None,
        }
        _keep(rows, Speaker, {"key": written.key}, values, f"Speaker {written.name}", difference)
    return rows


def _apply_sessions(
    programme: WrittenProgramme,
    difference: Difference,
    themes: Mapping[str, Theme],
    rooms: Mapping[str, Room],
    speakers: Mapping[str, Speaker],
) -> None:
    rows = _rows_by(Session, "key")
    slugs = _Slugs(row.slug for row in rows.values())
    for written in programme.sessions:
        values = _session_values(written) | {
            "slug": slugs.of(rows.get(written.key), written.slug),
            "theme": themes[written.theme] if written.theme else None,
            "room": rooms[written.room] if written.room else None,
        }
        before = rows.get(written.key)
        if before is not None and before.cancelled_at and written.cancelled:
            values["cancelled_at"] = before.cancelled_at
        row = _keep(rows, Session, {"key": written.key}, values, written.title, difference)
        _apply_appearances(row, written, speakers, difference)


def _session_values(written: WrittenSession) -> dict[str, Any]:
    return {
        "title": written.title,
        "subtitle": written.subtitle,
        "kind": written.kind,
        "starts_at": written.starts_at,
        "ends_at": written.ends_at,
        "abstract": written.abstract,
        "description": written.description,
        "language": written.language,
        "licence": written.licence,
        "links": json.dumps([list(link) for link in written.links]),
        "is_recorded": written.recorded,
        "is_illustrative": written.illustrative,
        "cancelled_at": clock.now() if written.cancelled else None,
        "withdrawn_at": None,
    }


def _apply_appearances(
    row: Session,
    written: WrittenSession,
    speakers: Mapping[str, Speaker],
    difference: Difference,
) -> None:
    asked = [(speakers[part.speaker], part.role) for part in written.appearances]
    if [(part.speaker, part.role) for part in row.appearances] == asked:
        return
    known = {(part.speaker, part.role): part for part in row.appearances}
    row.appearances = [
        known.get(part) or Appearance(speaker=part[0], role=part[1]) for part in asked
    ]
    for position, part in enumerate(row.appearances):
        part.position = position
    if written.title not in {*difference.added, *difference.changed}:
        difference.changed.append(written.title)


def _drop_what_is_left_out(
    programme: WrittenProgramme,
    difference: Difference,
    themes: Mapping[str, Theme],
    rooms: Mapping[str, Room],
) -> None:
    """Withdraw sessions and speakers, whose addresses are known; delete rooms and themes."""
    sessions = {written.key for written in programme.sessions}
    for session in db.session.scalars(select(Session).where(Session.withdrawn_at.is_(None))):
        if session.key not in sessions:
            session.withdrawn_at = clock.now()
            session.theme = session.room = None
            difference.withdrawn.append(session.title)
    speakers = {written.key for written in programme.speakers}
    for speaker in db.session.scalars(select(Speaker).where(Speaker.withdrawn_at.is_(None))):
        if speaker.key not in speakers:
            speaker.withdrawn_at = clock.now()
            difference.withdrawn.append(f"Speaker {speaker.name}")
    _delete(rooms, {written.key for written in programme.rooms}, "Room", difference)
    _delete(themes, {written.slug for written in programme.themes}, "Theme", difference)


def _delete(
    rows: Mapping[str, Theme] | Mapping[str, Room],
    kept: set[str],
    word: str,
    difference: Difference,
) -> None:
    for key, row in rows.items():
        if key not in kept:
            db.session.delete(row)
            difference.withdrawn.append(f"{word} {row.name}")


def _rows_by(kind: type[Row], name: str) -> dict[str, Row]:
    return {getattr(row, name): row for row in db.session.scalars(select(kind))}


def _keep(  # noqa: PLR0913 – one row of any kind, brought to its values
    rows: dict[str, Row],
    kind: type[Row],
    identity: dict[str, str],
    values: dict[str, Any],
    name: str,
    difference: Difference,
) -> Row:
    """Change the row that is known by this identity, or add it."""
    (key,) = identity.values()
    row = rows.get(key)
    if row is None:
        row = rows[key] = kind(**identity, **values)
        db.session.add(row)
        difference.added.append(name)
    else:
        _note(row, values, name, difference)
    return row


def _note(row: Base, values: dict[str, Any], name: str, difference: Difference) -> None:
    """Set what differs, and write the name down when anything did."""
    differing = {key: value for key, value in values.items() if getattr(row, key) != value}
    for key, value in differing.items():
        setattr(row, key, value)
    if differing:
        difference.changed.append(name)


class _Slugs:
    """Addresses that stay with their rows and are never given twice."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)

    def of(self, row: Row | None, asked: str) -> str:
        """Keep the row's own address, or find a free one near to what is asked."""
        if row is not None:
            return row.slug
        slug, number = asked, 1
        while slug in self._taken:
            number += 1
            slug = f"{asked}-{number}"
        self._taken.add(slug)
        return slug
