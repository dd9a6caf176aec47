"""Search in what the public can read: sessions, speakers, themes, rooms, pages and news.

Accents and case do not matter, the beginning of a word is enough, and words may come in any
order; every word must be found. What has the words in its title comes first.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.content import prose
from app.content.queries import News, Page
from app.programme.document import Room, Session, Speaker, Theme
from app.programme.releases import Programme

WORD = re.compile(r"\w+")
LONGEST_QUESTION = 100  # characters; the rest is not looked at
MOST_SHOWN = 100
BEFORE, AFTER = 60, 120  # characters around the first word found
Pieces = Sequence[tuple[str, bool]]  # parts of a text, and whether each was asked for


@dataclass(frozen=True)
class Entry:
    """Something that can be found."""

    kind: str
    endpoint: str
    title: str
    summary: str
    text: str = ""  # what else it says
    values: Mapping[str, str] = field(default_factory=dict)  # for its address
    language: str = ""  # where it is another than the page's
    title_words: frozenset[str] = field(init=False)
    all_words: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "title_words", words(self.title))
        everything = f"{self.title} {self.summary} {self.text}"
        object.__setattr__(self, "all_words", words(everything))


@dataclass(frozen=True)
class Found:
    """An entry that answers a question, with the words that were asked for marked."""

    entry: Entry
    title: Pieces
    excerpt: Pieces


@dataclass(frozen=True)
class Results:
    """What was found: how many in all, and the best of them."""

    count: int = 0
    best: Sequence[Found] = ()


def index(programme: Programme, pages: Iterable[Page], news: Iterable[News]) -> Sequence[Entry]:
    """Make ready what can be found."""
    return [
        *map(_session, programme.sessions),
        *map(_speaker, programme.speakers),
        *map(_theme, programme.themes),
        *map(_room, programme.rooms),
        *map(_page, pages),
        *map(_news, news),
    ]


def find(question: str, entries: Iterable[Entry]) -> Results:
    """Find what holds every word of the question, the best first."""
    asked = words(question)
    if not asked:
        return Results()
    found = [entry for entry in entries if _holds(entry.all_words, asked)]
    found.sort(key=lambda entry: -_strength(entry, asked))
    return Results(len(found), [_shown(entry, asked) for entry in found[:MOST_SHOWN]])


def words(text: str) -> frozenset[str]:
    """Give the words of a text without case or accents (Unicode NFKD)."""
    return frozenset(WORD.findall(_bare(text)))


def marked(text: str, asked: frozenset[str]) -> Pieces:
    """Part a text into what was asked for and what stands between."""
    pieces: list[tuple[str, bool]] = []
    end = 0
    for word in WORD.finditer(text):
        if _is_asked(word[0], asked):
            pieces += [(text[end : word.start()], False), (word[0], True)]
            end = word.end()
    return [piece for piece in [*pieces, (text[end:], False)] if piece[0]]


def _bare(text: str) -> str:
    parted = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in parted if not unicodedata.combining(character))


def _holds(present: frozenset[str], asked: frozenset[str]) -> bool:
    return all(any(word.startswith(part) for word in present) for part in asked)


def _is_asked(word: str, asked: frozenset[str]) -> bool:
    return _bare(word).startswith(tuple(asked))


def _strength(entry: Entry, asked: frozenset[str]) -> int:
    """Count the asked words that stand in the title, whole words twice."""
    begun = sum(any(word.startswith(part) for word in entry.title_words) for part in asked)
    return begun + len(asked & entry.title_words)


def _shown(entry: Entry, asked: frozenset[str]) -> Found:
    return Found(entry, marked(entry.title, asked), marked(_excerpt(entry, asked), asked))


def _excerpt(entry: Entry, asked: frozenset[str]) -> str:
    """Give the summary; where it has no word that was asked for, the place that has."""
    if not _first(entry.summary, asked):
        place = _first(entry.text, asked)
        if place:
            return _cut(entry.text, place.start())
    return entry.summary


def _first(text: str, asked: frozenset[str]) -> re.Match[str] | None:
    return next((word for word in WORD.finditer(text) if _is_asked(word[0], asked)), None)


def _cut(text: str, place: int) -> str:
    """Cut a text between words, around a place in it."""
    begin = text.find(" ", place - BEFORE) + 1 if place > BEFORE else 0
    end = text.rfind(" ", place, place + AFTER) if len(text) > place + AFTER else len(text)
    whole = text[begin : end if end > place else place + AFTER]
    return f"{'…' if begin else ''}{whole}{'…' if end < len(text) else ''}"


def _session(session: Session) -> Entry:
    people = (f"{part.name}, {part.organisation}" for part in session.parts)
    said = (prose.plain(session.abstract), prose.plain(session.description))
    theme = session.theme.name if session.theme else ""
    text = ". ".join(filter(None, [session.subtitle, *said, *people, theme]))
    return Entry(
        kind="session",
        endpoint="programme.session",
        values={"slug": session.slug},
        title=session.title,
        summary=session.summary,
        text=text,
        language=session.language,
    )


def _speaker(speaker: Speaker) -> Entry:
    known = (speaker.role, speaker.organisation, speaker.country)
    return Entry(
        kind="speaker",
        endpoint="programme.speaker",
        values={"slug": speaker.slug},
        title=speaker.name,
        summary=", ".join(filter(None, known)),
        text=prose.plain(speaker.biography),
    )


def _theme(theme: Theme) -> Entry:
    values = {"slug": theme.slug}
    return Entry("theme", "programme.theme", theme.name, theme.summary, values=values)


def _room(room: Room) -> Entry:
    values = {"slug": room.slug}
    return Entry("room", "programme.room", room.name, room.description, values=values)


def _page(page: Page) -> Entry:
    return Entry(
        kind="page",
        endpoint="content.shown",
        values={"slug": page.slug},
        title=page.title,
        summary=page.summary,
        text=page.words,
        language=page.language,
    )


def _news(item: News) -> Entry:
    return Entry(
        kind="news",
        endpoint="site.news_item",
        values={"slug": item.slug},
        title=item.title,
        summary=item.summary,
        text=item.words,
        language=item.language,
    )
