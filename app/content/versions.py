"""Which version of a page, a news item, a link or the urgent notice counts at a moment.

A text has a number of versions in each language, counted from 1; number 0 is the one that was
shipped in the content folder, where there is one. The version that counts is the newest whose
moment has come. English is what other languages fall back on: where its version takes the text
away, it is gone in every language; where another language's does, readers get English again.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from app.content.models import LINK, NOTICE
from app.errors import Gone, NotFound

FALLBACK = "en"
AS_SHIPPED = 0


class Key(NamedTuple):
    """What a version is a version of."""

    kind: str
    slug: str
    language: str


NOTICE_KEY = Key(NOTICE, NOTICE, FALLBACK)  # there is one


def link_key(number: int) -> Key:
    """Give what the versions of a link are versions of."""
    return Key(LINK, str(number), FALLBACK)


@dataclass(frozen=True)
class Wording:
    """What someone wrote, and when it is to appear."""

    title: str
    summary: str
    body: str  # Markdown; the address of a link
    dated_on: date
    appears_at: datetime | None = None  # None: at once
    ends_at: datetime | None = None  # None: never by itself


@dataclass(frozen=True)
class Version:
    """One version of a text in one language, without its body, which may be long."""

    kind: str
    slug: str
    language: str
    number: int
    title: str
    summary: str
    dated_on: date
    appears_at: datetime | None = None  # None: has always been there
    ends_at: datetime | None = None  # None: stays
    is_removed: bool = False
    who: str = ""
    written_at: datetime | None = None
    id: int = 0  # of its row, by which its body is found

    @property
    def key(self) -> Key:
        """What this is a version of."""
        return Key(self.kind, self.slug, self.language)

    def has_come(self, at: datetime) -> bool:
        """Whether its moment has come."""
        return self.appears_at is None or self.appears_at <= at

    def is_over(self, at: datetime) -> bool:
        """Whether it has ended by itself."""
        return self.ends_at is not None and self.ends_at <= at


@dataclass(frozen=True)
class Place:
    """Where a link stands: the page, and the number by which its versions are known."""

    page: str
    link: int

    @property
    def key(self) -> Key:
        """What its versions are versions of."""
        return link_key(self.link)


@dataclass(frozen=True)
class Writings:
    """All that organisers have written, as of one reading of the database."""

    shipped: Mapping[Key, Version]
    written: Sequence[Version] = ()  # of each text by number
    links: Sequence[Place] = ()  # in their order
    bodies: Mapping[int, str] = field(default_factory=dict)  # of versions that count, or may yet

    def counting(self, kind: str, slug: str, language: str, at: datetime) -> Version:
        """Find what readers of a language see at a moment."""
        english = self.newest_come(Key(kind, slug, FALLBACK), at)
        if english is None:
            raise NotFound("There is no page at that address")
        if english.is_removed:
            raise Gone("This page has been taken away")
        translated = self.newest_come(Key(kind, slug, language), at)
        return english if translated is None or translated.is_removed else translated

    def every_counting(self, kind: str, language: str, at: datetime) -> Iterator[Version]:
        """List what readers of a language see at a moment, in no order."""
        for slug in self.slugs(kind):
            try:
                yield self.counting(kind, slug, language, at)
            except (NotFound, Gone):
                continue

    def newest_come(self, key: Key, at: datetime) -> Version | None:
        """Find the newest version of a text whose moment has come."""
        come = [one for one in self.of(key) if one.has_come(at)]
        return come[-1] if come else self.shipped.get(key)

    def newest(self, key: Key) -> Version | None:
        """Find the version that was written last, whether or not its moment has come."""
        written = self.of(key)
        return written[-1] if written else self.shipped.get(key)

    def newest_of_each_language(self, key: Key) -> Sequence[Version]:
        """List the version of a text that was written last in each language."""
        codes = self._languages.get((key.kind, key.slug), ())
        return [self.of(key._replace(language=code))[-1] for code in codes]

    def of(self, key: Key) -> Sequence[Version]:
        """List the versions of a text that organisers wrote, by number."""
        return self._by_key.get(key, ())

    def slugs(self, kind: str) -> set[str]:
        """List the addresses of texts of a kind: shipped, written, or taken away again."""
        return {key.slug for key in chain(self.shipped, self._by_key) if key.kind == kind}

    def notice(self, at: datetime) -> Version | None:
        """Find the notice that stands at a moment."""
        newest = self.newest_come(NOTICE_KEY, at)
        return None if newest is None or newest.is_removed or newest.is_over(at) else newest

    def links_of(self, page: str, at: datetime) -> Iterator[Version]:
        """List the links that a page has at a moment, in their order."""
        there = (self.link(place.key, at) for place in self.links if place.page == page)
        return filter(None, there)

    def link(self, key: Key, at: datetime) -> Version | None:
        """Find what a link says to readers at a moment, if it is there."""
        newest = self.newest_come(key, at)
        return None if newest is None or newest.is_removed else newest

    def stage(self, at: datetime) -> int:
        """Count the moments gone by at which something here changed; it rises with each."""
        return bisect_right(self._moments, at)

    def next_change(self, at: datetime) -> datetime | None:
        """Tell when something here changes next."""
        place = self.stage(at)
        return self._moments[place] if place < len(self._moments) else None

    @cached_property
    def _by_key(self) -> Mapping[Key, Sequence[Version]]:
        found: dict[Key, list[Version]] = defaultdict(list)
        for version in self.written:
            found[version.key].append(version)
        return found

    @cached_property
    def _languages(self) -> Mapping[tuple[str, str], Sequence[str]]:
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for key in self._by_key:
            found[key.kind, key.slug].append(key.language)
        return found

    @cached_property
    def _moments(self) -> Sequence[datetime]:
        moments = {version.appears_at for version in self.written}
        moments |= {version.ends_at for version in self.written}
        return sorted(moment for moment in moments if moment is not None)


def that_may_count(writings: Writings, at: datetime) -> Iterable[Version]:
    """List the versions that count at a moment, or may from then on."""
    for version in writings.written:
        counts = writings.newest_come(version.key, at)
        if counts is None or version.number >= counts.number:
            yield version
