"""Search in what the public can read: sessions, speakers and pages.

Accents and case do not matter, the beginning of a word is enough, and words may come in any
order; every word must be found. What has the words in its title comes first.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.content.queries import Page
from app.programme.document import Session, Speaker
from app.programme.releases import Programme

WORD = re.compile(r"\w+")
LONGEST_QUESTION = 100  # characters; the rest is not looked at
MOST_FOUND = 100


@dataclass(frozen=True)
class Found:
    """Something that may answer a question."""

    endpoint: str
    slug: str
    title: str
    summary: str
    kind: str  # "session", "speaker" or "page"
    title_words: frozenset[str]
    all_words: frozenset[str]


def index(programme: Programme, pages: Iterable[Page]) -> Sequence[Found]:
    """Make ready what can be found."""
    return [
        *map(_session, programme.sessions),
        *map(_speaker, programme.speakers),
        *map(_page, pages),
    ]


def find(question: str, entries: Iterable[Found]) -> Sequence[Found]:
    """List what holds every word of the question, the best first."""
    asked = words(question[:LONGEST_QUESTION])
    if not asked:
        return []
    found = [entry for entry in entries if _holds(entry.all_words, asked)]
    found.sort(key=lambda entry: -_strength(entry, asked))
    return found[:MOST_FOUND]


def words(text: str) -> frozenset[str]:
    """Give the words of a text without case or accents (Unicode NFKD)."""
    bare = "".join(
        character
        for character in unicodedata.normalize("NFKD", text.casefold())
        if not unicodedata.combining(character)
    )
    return frozenset(WORD.findall(bare))


def _holds(present: frozenset[str], asked: frozenset[str]) -> bool:
    return all(any(word.startswith(part) for word in present) for part in asked)


def _strength(entry: Found, asked: frozenset[str]) -> int:
    """Count the asked words that stand in the title, whole words twice."""
    begun = sum(any(word.startswith(part) for word in entry.title_words) for part in asked)
    return begun + len(asked & entry.title_words)


def _entry(  # noqa: PLR0913 – the fields of what is found
    endpoint: str, slug: str, title: str, summary: str, kind: str, more: Iterable[str]
) -> Found:
    return Found(
        endpoint=endpoint,
        slug=slug,
        title=title,
        summary=summary,
        kind=kind,
        title_words=words(title),
        all_words=words(" ".join([title, summary, *more])),
    )


def _session(session: Session) -> Found:
    people = (f"{part.name} {part.organisation}" for part in session.parts)
    theme = session.theme.name if session.theme else ""
    more = (session.subtitle, theme, session.abstract, session.description, *people)
    return _entry("programme.session", session.slug, session.title, session.summary, "session", more)


def _speaker(speaker: Speaker) -> Found:
    more = (speaker.role, speaker.organisation, speaker.country, speaker.biography)
    return _entry("programme.speaker", speaker.slug, speaker.name, speaker.summary, "speaker", more)


def _page(page: Page) -> Found:
    return _entry("content.shown", page.slug, page.title, page.summary, "page", (page.body,))
