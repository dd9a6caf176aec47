"""Bring the working tables to what a programme file holds, and tell the difference.

A thing is known by its key, so loading the same file again changes nothing and addresses stay
as they are. A file of another conference, which its acronym tells, takes the place of the one
that was there: nothing of that one stays, so what is loaded never depends on what was before.
"""

import json
from collections.abc import Sized
from typing import Any

from sqlalchemy import delete

from app import clock
from app.database import db, hold
from app.programme import queries
from app.programme.difference import Difference
from app.programme.models import Appearance, Conference, Room, Session, Speaker, Theme
from app.programme.reading.written import (
    WrittenConference,
    WrittenProfile,
    WrittenProgramme,
    WrittenRoom,
    WrittenSession,
    WrittenSpeaker,
    WrittenTheme,
)
from app.programme.rows import Rows, count_edit, with_people

SHAPES = ("circle", "triangle", "square", "diamond", "hexagon", "star", "cross", "pentagon")
PALETTE = 12  # slots of colour that the style sheet knows


def replace(programme: WrittenProgramme) -> Difference:
    """Bring the working programme to this one; what it does not hold is withdrawn."""
    hold(Conference)
    difference = Difference()
    _clear_another(programme.conference, difference)
    _apply_conference(programme.conference, difference)
    things = _Things(difference, keeps_order=False)
    things.bring(programme)
    things.withdraw_the_rest()
    return difference


def merge(programme: WrittenProgramme) -> Difference:
    """Add to the working programme what this one holds, and change what is known."""
    hold(Conference)
    difference = Difference()
    if not queries.has_conference():
        _apply_conference(programme.conference, difference)
    _Things(difference, keeps_order=True).bring(programme)
    return difference


def _clear_another(written: WrittenConference, difference: Difference) -> None:
    """Make room when the conference in the tables is another."""
    row = db.session.get(Conference, 1)
    if row is None or row.acronym == written.acronym:
        return
    difference.withdrawn += [
        *(f"Session: {session.title}" for session in queries.sessions()),
        *(f"Speaker: {speaker.name}" for speaker in queries.speakers()),
        *(f"Room: {room.name}" for room in queries.rooms()),
        *(f"Theme: {theme.name}" for theme in queries.themes()),
    ]
    for kind in (Appearance, Session, Speaker, Room, Theme):
        db.session.execute(delete(kind))
    db.session.expire_all()


def _apply_conference(written: WrittenConference, difference: Difference) -> None:
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
        "is_invented": written.invented,
    }
    if written.contact_email or moved:
        values["contact_email"] = written.contact_email
    if written.registration_opens_at or moved:
        values["registration_opens_at"] = written.registration_opens_at
        values["registration_closes_at"] = written.registration_closes_at
    if row is None:
        db.session.add(Conference(id=1, **values))
        difference.added.append("The conference")
        return
    differing = {column for column, value in values.items() if getattr(row, column) != value}
    for column in differing:
        setattr(row, column, values[column])
    if differing:
        row.version += 1
        difference.note_change("The conference", differing)


class _Things:
    """Themes, rooms, speakers and sessions on their way into the tables."""

    def __init__(self, difference: Difference, *, keeps_order: bool) -> None:
        self._difference = difference
        self._keeps_order = keeps_order
        self._themes = Rows(Theme, "slug", difference)
        self._rooms = Rows(Room, "key", difference)
        self._speakers = Rows(Speaker, "key", difference)
        self._sessions = Rows(Session, "key", difference, with_people())

    def bring(self, programme: WrittenProgramme) -> None:
        """Add or change everything that a programme holds."""
        for position, theme in enumerate(programme.themes):
            self._bring_theme(theme, position)
        for position, room in enumerate(programme.rooms):
            self._bring_room(room, position)
        for speaker in programme.speakers:
            self._bring_speaker(speaker)
        for session in programme.sessions:
            self._bring_session(session)
        db.session.flush()

    def withdraw_the_rest(self) -> None:
        """Withdraw sessions and speakers, whose addresses are known; delete rooms and themes."""
        for session in self._sessions.left_out():
            session.theme = session.room = None
            self._withdraw(session, f"Session: {session.title}")
        for speaker in self._speakers.left_out():
            self._withdraw(speaker, f"Speaker: {speaker.name}")
        for room in self._rooms.left_out():
            self._delete(room, f"Room: {room.name}")
        for theme in self._themes.left_out():
            self._delete(theme, f"Theme: {theme.name}")
        db.session.flush()

    def _withdraw(self, row: Session | Speaker, name: str) -> None:
        if row.withdrawn_at is None:
            row.withdrawn_at = clock.now()
            count_edit(row)
            self._difference.withdrawn.append(name)

    def _delete(self, row: Room | Theme, name: str) -> None:
        db.session.delete(row)
        self._difference.withdrawn.append(name)

    def _bring_theme(self, written: WrittenTheme, position: int) -> None:
        known = self._themes.known(written.slug)
        place = self._place(known, position, self._themes)
        values = {
            "name": written.name,
            "summary": written.summary,
            "letter": written.letter or written.name[:1].upper(),
            "shape": written.shape or SHAPES[place % len(SHAPES)],
            "palette": written.palette or place % PALETTE + 1,
            "colour": written.colour,
            "position": place,
        }
        self._themes.bring(written.slug, written.slug, f"Theme: {written.name}", values)

    def _bring_room(self, written: WrittenRoom, position: int) -> None:
        known = self._rooms.known(written.key)
        values = {
            "name": written.name,
            "capacity": written.capacity,
            "description": written.description,
            "features": " ".join(written.features),
            "is_illustrative": written.illustrative,
            "position": self._place(known, position, self._rooms),
        }
        self._rooms.bring(written.key, written.slug, f"Room: {written.name}", values)

    def _bring_speaker(self, written: WrittenSpeaker) -> None:
        values = {
            "name": written.name,
            "role": written.role,
            "organisation": written.organisation,
            "country": written.country,
            "biography": written.biography,
            "withdrawn_at": None,
            **_profile(written.profile),
        }
        self._speakers.bring(written.key, written.slug, f"Speaker: {written.name}", values)

    def _bring_session(self, written: WrittenSession) -> None:
        known = self._sessions.known(written.key)
        since = known.cancelled_at if known else None
        values = {
            **_plain_values(written),
            "theme": self._themes[written.theme] if written.theme else None,
            "room": self._rooms[written.room] if written.room else None,
            "cancelled_at": (since or clock.now()) if written.cancelled else None,
            "appearances": self._appearances(written, known),
        }
        self._sessions.bring(written.key, written.slug, f"Session: {written.title}", values)

    def _appearances(self, written: WrittenSession, session: Session | None) -> list[Appearance]:
        """Say who appears, in order; what is known already is kept."""
        known = {(one.speaker, one.role): one for one in session.appearances} if session else {}
        asked = dict.fromkeys(
            (self._speakers[one.speaker], one.role) for one in written.appearances
        )
        found = [
            known.get((speaker, role)) or Appearance(speaker=speaker, role=role)
            for speaker, role in asked
        ]
        for position, appearance in enumerate(found):
            appearance.position = position
        return found

    def _place(self, known: Theme | Room | None, position: int, rows: Sized) -> int:
        """Tell where a thing stands among its kind; what is merged in comes last."""
        if not self._keeps_order:
            return position
        return known.position if known else len(rows)


def _profile(written: WrittenProfile | None) -> dict[str, Any]:
    """Give what a profile says; a format that has no words for it changes nothing."""
    if written is None:
        return {}
    return {
        "honorific": written.honorific,
        "pronunciation": written.pronunciation,
        "pronouns": written.pronouns,
        "biographies": json.dumps(written.biographies, ensure_ascii=False),
        "links": json.dumps(written.links, ensure_ascii=False),
    }


def _plain_values(written: WrittenSession) -> dict[str, Any]:
    state = {} if written.draft is None else {"is_draft": written.draft}
    return {
        **state,
        "title": written.title,
        "subtitle": written.subtitle,
        "kind": written.kind,
        "starts_at": written.starts_at,
        "ends_at": written.ends_at,
        "abstract": written.abstract,
        "description": written.description,
        "language": written.language,
        "licence": written.licence,
        "links": json.dumps(written.links),
        "is_recorded": written.recorded,
        "is_illustrative": written.illustrative,
        "withdrawn_at": None,
    }
