"""Everything that can be found, and what is said of each."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape

from app.programme.document import Document, Room, Session, Speaker, Theme
from app.programme.finding.words import words
from app.programme.published import Programme

TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Entry:
    """What a page of results shows of something, and searches."""

    summary: str
    text: str = ""  # what else it says
    language: str = ""  # where it is another than the page's


@dataclass(frozen=True)
class Thing:
    """Something that can be found; what it says is set out only when it is asked for."""

    kind: str
    slug: str
    title: str
    endpoint: str
    told: Callable[[], Entry] = field(repr=False, compare=False)

    @property
    def values(self) -> Mapping[str, str]:
        """Tell what its address is made of."""
        return {"slug": self.slug}

    @cached_property
    def all_words(self) -> frozenset[str]:
        """All its words."""
        entry = self.told()
        return words(f"{self.title} {entry.summary} {entry.text}")


def things(programme: Programme | Document) -> Iterator[Thing]:
    """List what can be found in a programme, in its order."""
    for session in programme.sessions:
        yield Thing(
            "session", session.slug, session.title, "programme.session", _of(_session, session)
        )
    for speaker in programme.speakers:
        yield Thing(
            "speaker", speaker.slug, speaker.name, "programme.speaker", _of(_speaker, speaker)
        )
    for theme in programme.themes:
        yield Thing("theme", theme.slug, theme.name, "programme.theme", _of(_theme, theme))
    for room in programme.rooms:
        yield Thing("room", room.slug, room.name, "programme.room", _of(_room, room))


def plain(html: str) -> str:
    """Give the words of finished HTML, quickly: there is nothing in it to be afraid of."""
    return " ".join(unescape(TAG.sub(" ", html)).split())


def _of(tell: Callable[..., Entry], thing: object) -> Callable[[], Entry]:
    return lambda: tell(thing)


def _session(session: Session) -> Entry:
    people = (f"{part.name}, {part.organisation}" for part in session.parts)
    said = (plain(session.abstract), plain(session.description))
    theme = session.theme.name if session.theme else ""
    text = ". ".join(filter(None, [session.subtitle, *said, *people, theme]))
    return Entry(session.summary, text, session.language)


def _speaker(speaker: Speaker) -> Entry:
    known = (speaker.role, speaker.organisation, speaker.country)
    return Entry(", ".join(filter(None, known)), plain(speaker.biography))


def _theme(theme: Theme) -> Entry:
    return Entry(theme.summary)


def _room(room: Room) -> Entry:
    return Entry(room.description)
