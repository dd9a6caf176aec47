"""Sessions: each with an identity of its own, a title, a time, a place and people."""

import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from app.programme.reading import words
from app.programme.reading.characters import TRICKS
from app.programme.reading.found import FoundPerson, FoundSession
from app.programme.reading.notebook import Notebook
from app.programme.reading.rooms import Rooms
from app.programme.reading.speakers import Speakers
from app.programme.reading.themes import Themes
from app.programme.reading.timing import Clocks
from app.programme.reading.written import WrittenAppearance, WrittenSession

LANGUAGE = re.compile(r"([a-zA-Z]{2,3})(?:[-_]([a-zA-Z0-9]{2,8}))*$")
NAMED = {
    "english": "en",
    "deutsch": "de",
    "german": "de",
    "français": "fr",
    "french": "fr",
    "spanish": "es",
}
MOST_LINKS = 50
ADDRESS = 2_000


class Sessions:
    """The sessions of a file, in its order."""

    def __init__(
        self,
        themes: Themes,
        rooms: Rooms,
        speakers: Speakers,
        clocks: Clocks,
        notebook: Notebook,
    ) -> None:
        self.where: dict[str, str] = {}
        self._themes = themes
        self._rooms = rooms
        self._speakers = speakers
        self._clocks = clocks
        self._notebook = notebook
        self._slugs = words.Slugs("session")
        self._sessions: dict[str, WrittenSession] = {}
        self._numbers: dict[str, int] = {}

    @property
    def all(self) -> tuple[WrittenSession, ...]:
        """Every session."""
        return tuple(self._sessions.values())

    def add(self, found: FoundSession, base: str) -> None:
        """Keep a session, unless it has no title or has been kept already."""
        title = words.line(found.title, found.where, self._notebook)
        if not title:
            self._notebook.left_out(found.where, "a session", "It has no title")
            return
        found.title = title
        session = self._written(found, base)
        if self._is_repeated(session):
            self._notebook.left_out(found.where, title, "It stands in the file twice")
            return
        key = self._free(session.key, found)
        slug = self._slugs.take(found.slug, title, f"session-{found.number}")
        self._sessions[key] = replace(session, key=key, slug=slug)
        self.where[key] = found.where

    def _written(self, found: FoundSession, base: str) -> WrittenSession:
        """Make everything of a session but its final key and slug."""
        starts_at, ends_at = self._clocks.times(found)
        theme = self._themes.add(found.theme) if found.theme else None
        room = self._rooms.add(found.room) if found.room else None
        if found.room and not room:
            self._notebook.mended(
                found.where, found.title, "No room is named, so it is kept without one"
            )
        return WrittenSession(
            key=self._key(found),
            slug="",
            title=found.title,
            subtitle=self._line(found, found.subtitle),
            kind=self._line(found, found.kind),
            theme=theme,
            room=room,
            starts_at=starts_at,
            ends_at=ends_at,
            abstract=self._text(found, found.abstract),
            description=self._text(found, found.description),
            language=self._language(found),
            illustrative=found.illustrative,
            cancelled=found.cancelled,
            draft=found.draft,
            appearances=tuple(self._appearances(found)),
            links=tuple(self._links(found, base)),
            licence=self._line(found, found.licence),
            recorded=found.recorded,
        )

    def _line(self, found: FoundSession, said: str) -> str:
        return words.line(said, found.where, self._notebook)

    def _text(self, found: FoundSession, said: str) -> str:
        return words.text(said, found.title, found.where, self._notebook)

    def _key(self, found: FoundSession) -> str:
        """Give the identity that the file gives a session, or else one made of its title."""
        if found.guid:
            return words.identity(found.guid)
        if found.number:
            self._notebook.often(
                "A session has no guid; its number was used",
                "{count} sessions have no guid; their numbers were used",
            )
            return words.identity(found.number)
        self._notebook.often(
            "A session has neither guid nor number; it is known by its title",
            "{count} sessions have neither guid nor number; they are known by their titles",
        )
        return words.identity(f"name:{words.folded(found.title)}")

    def _is_repeated(self, session: WrittenSession) -> bool:
        """Whether the file has said exactly this before."""
        known = self._sessions.get(session.key)
        return known is not None and replace(known, slug="") == session

    def _free(self, key: str, found: FoundSession) -> str:
        """Give another identity to a session whose own is taken by a different one."""
        if key not in self._sessions:
            return key
        number = self._numbers.get(key, 2)
        while (other := f"{key}-{number}") in self._sessions:
            number += 1
        self._numbers[key] = number + 1
        self._notebook.mended(
            found.where,
            found.title,
            f"“{self._sessions[key].title}” is known as {key} too, so this one became {other}",
        )
        return other

    def _language(self, found: FoundSession) -> str:
        """Give the language as a code, or nothing."""
        said = NAMED.get(found.language.strip().casefold(), found.language.strip())
        if not said or (len(said) < 36 and LANGUAGE.match(said)):
            return said.replace("_", "-")
        self._notebook.left_out(
            found.where, found.title, f"Its language is not a code: {said[:40]}"
        )
        return ""

    def _appearances(self, found: FoundSession) -> Iterable[WrittenAppearance]:
        """Give who appears, each once in each role."""
        seen = set()
        for person in found.people:
            key = self._speakers.add(person)
            if key is None:
                self._notebook.left_out(person.where, found.title, "One of its people has no name")
            elif (key, role := self._role(person)) in seen:
                self._notebook.mended(
                    person.where, found.title, f"It names {person.name.strip()[:60]} twice"
                )
            else:
                seen.add((key, role))
                yield WrittenAppearance(key, role)

    def _role(self, person: FoundPerson) -> str:
        return words.plain_slug(person.appears_as) or "speaker"

    def _links(self, found: FoundSession, base: str) -> Iterable[tuple[str, str]]:
        """Give the links that can be followed safely, each once."""
        seen: set[str] = set()
        for said, label in found.links:
            address = _address(said, base)
            if address is None:
                self._notebook.left_out(
                    found.where, found.title, f"A link does not lead to a website: {said[:60]!r}"
                )
            elif address not in seen and len(seen) < MOST_LINKS:
                seen.add(address)
                yield address, self._line(found, label) or urlsplit(address).netloc


def _address(said: str, base: str) -> str | None:
    """Give a whole address of a website, or nothing."""
    try:
        address = urljoin(base, said.strip())
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.netloc or len(address) > ADDRESS:
        return None
    return None if TRICKS.search(address) or re.search(r"\s", address) else address
