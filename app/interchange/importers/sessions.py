"""Sessions: each with a unique key, a title, a time, a room and speakers."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from app.interchange.importers import text
from app.interchange.importers.parsed_programme import ImportLog, ParsedAppearance, ParsedSession
from app.interchange.importers.raw import RawPerson, RawSession
from app.interchange.importers.rooms_and_themes import RoomBuilder, ThemeBuilder
from app.interchange.importers.session_times import TimeSource
from app.interchange.importers.speakers import SpeakerBuilder
from app.programme import slugs
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.table import LANGUAGE, LINKS
from app.text import UNSAFE_CHARACTERS

LANGUAGE_CODE = re.compile(r"([a-zA-Z]{2,3})(?:[-_]([a-zA-Z0-9]{2,8}))*$")
LANGUAGE_NAMES = {
    "english": "en",
    "deutsch": "de",
    "german": "de",
    "français": "fr",
    "french": "fr",
    "spanish": "es",
}
MAX_LINKS = 50
MAX_URL_LENGTH = 2_000


class SessionBuilder:
    """Collects the sessions of a file in order."""

    def __init__(
        self,
        themes: ThemeBuilder,
        rooms: RoomBuilder,
        speakers: SpeakerBuilder,
        time_source: TimeSource,
        log: ImportLog,
    ) -> None:
        self.where: dict[str, str] = {}
        self._themes = themes
        self._rooms = rooms
        self._speakers = speakers
        self._time_source = time_source
        self._log = log
        self._slugs = text.SlugAllocator("session")
        self._sessions: dict[str, ParsedSession] = {}
        self._numbers: dict[str, int] = {}
        self._seen: set[tuple[ParsedSession, str]] = set()

    @property
    def all(self) -> tuple[ParsedSession, ...]:
        """Return all sessions."""
        return tuple(self._sessions.values())

    def add(self, raw: RawSession, base: str) -> None:
        """Add a session, unless it has no title or is a duplicate."""
        title = text.clean_line(raw.title, raw.where, self._log)
        if not title:
            self._log.add_skipped(raw.where, "a session", "It has no title")
            return
        raw.title = title
        session = self._build(raw, base)
        if self._is_duplicate(session, raw):
            self._log.add_skipped(raw.where, title, "It is in the file twice")
            return
        key = self._unique_key(session.key, raw)
        slug = self._slugs.allocate(raw.slug, title, f"session-{raw.number}")
        self._sessions[key] = replace(session, key=key, slug=slug)
        self.where[key] = raw.where

    def _build(self, raw: RawSession, base: str) -> ParsedSession:
        """Build a session without its final key and slug."""
        starts_at, ends_at = self._time_source.get_times(raw)
        theme = self._themes.add(raw.theme) if raw.theme else None
        room = self._rooms.add(raw.room) if raw.room else None
        if raw.room and not room:
            self._log.add_fix(
                raw.where, raw.title, "It has no room name, so it was loaded without a room"
            )
        return ParsedSession(
            key=self._choose_key(raw),
            slug="",
            theme=theme,
            room=room,
            starts_at=starts_at,
            ends_at=ends_at,
            cancelled=raw.cancelled,
            draft=raw.draft,
            **self._clean_values(raw, base),
            appearances=tuple(self._build_appearances(raw)),
        )

    def _clean_values(self, raw: RawSession, base: str) -> dict[str, Any]:
        """Return the values of the other fields, cleaned according to their kinds."""
        values: dict[str, Any] = {"title": raw.title}
        for field in SESSION_FIELDS.in_files:
            value = raw.values.get(field.file_name)
            if field.kind is LINKS:
                values[field.file_name] = tuple(self._build_links(raw, value or (), base))
            elif field.kind is LANGUAGE:
                values[field.file_name] = self._parse_language(raw, text.as_text(value))
            elif field.file_name not in {"title", "starts_at", "ends_at"}:
                values[field.file_name] = text.clean_value(
                    field, value, raw.title, raw.where, self._log
                )
        return values

    def _choose_key(self, raw: RawSession) -> str:
        """Return the key in the file, or else one made of the title."""
        if raw.guid:
            return text.normalise_key(raw.guid)
        if raw.number:
            self._log.count_fix(
                "A session has no guid; we used its number",
                "{count} sessions have no guid; we used their numbers",
            )
            return text.normalise_key(raw.number)
        self._log.count_fix(
            "A session has no guid or number; we used its title",
            "{count} sessions have no guid or number; we used their titles",
        )
        return text.normalise_key(f"name:{text.normalise_name(raw.title)}")

    def _is_duplicate(self, session: ParsedSession, raw: RawSession) -> bool:
        """Return True if an equal session was already added; equal unread times count as equal."""
        unread = "" if session.starts_at else repr((raw.day, raw.date, raw.start, raw.end))
        is_known = (session, unread) in self._seen
        self._seen.add((session, unread))
        return is_known

    def _unique_key(self, key: str, raw: RawSession) -> str:
        """Return another key if a different session has the same one."""
        if key not in self._sessions:
            return key
        number = self._numbers.get(key, 2)
        while (other := f"{key}-{number}") in self._sessions:
            number += 1
        self._numbers[key] = number + 1
        self._log.add_fix(
            raw.where,
            raw.title,
            f"“{self._sessions[key].title}” is known as {key} too, so this one became {other}",
        )
        return other

    def _parse_language(self, raw: RawSession, value: str) -> str:
        """Return the language code, or an empty string."""
        code = LANGUAGE_NAMES.get(value.strip().casefold(), value.strip())
        if not code or (len(code) < 36 and LANGUAGE_CODE.match(code)):
            return code.replace("_", "-")
        self._log.add_skipped(raw.where, raw.title, f"Its language code is not valid: {code[:40]}")
        return ""

    def _build_appearances(self, raw: RawSession) -> Iterable[ParsedAppearance]:
        """Return the appearances, each person once per role."""
        seen = set()
        for person in raw.people:
            key = self._speakers.add(person)
            if key is None:
                self._log.add_skipped(person.where, raw.title, "One of its people has no name")
            elif (key, role := self._parse_role(person)) in seen:
                self._log.add_fix(
                    person.where, raw.title, f"It names {person.name.strip()[:60]} twice"
                )
            else:
                seen.add((key, role))
                yield ParsedAppearance(key, role)

    def _parse_role(self, person: RawPerson) -> str:
        return slugs.make_code(person.appearance_role) or "speaker"

    def _build_links(
        self, raw: RawSession, links: Iterable[tuple[str, str]], base: str
    ) -> Iterable[tuple[str, str]]:
        """Return links with safe URLs, each once."""
        seen: set[str] = set()
        for href, label in links:
            address = _resolve_url(href, base)
            if address is None:
                self._log.add_skipped(
                    raw.where, raw.title, f"A link is not a web address: {href[:60]!r}"
                )
            elif address not in seen and len(seen) < MAX_LINKS:
                seen.add(address)
                yield (
                    address,
                    text.clean_line(label, raw.where, self._log) or urlsplit(address).netloc,
                )


def _resolve_url(href: str, base: str) -> str | None:
    """Return an absolute http(s) URL, or None."""
    try:
        address = urljoin(base, href.strip())
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.netloc or len(address) > MAX_URL_LENGTH:
        return None
    return None if UNSAFE_CHARACTERS.search(address) or re.search(r"\s", address) else address
