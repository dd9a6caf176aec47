"""Which version of a page or a news item counts at a moment.

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

from app.errors import Gone, NotFound

FALLBACK = "en"
AS_SHIPPED = 0


class Key(NamedTuple):
    """What a version is a version of."""

    kind: str
    slug: str
    language: str


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


@dataclass(frozen=True)
class Link:
    """A link under “Additional links” on a page."""

    page: str
    label: str
    address: str


@dataclass(frozen=True)
class Notice:
    """An urgent sentence for a while."""

    words: str
    appears_at: datetime
    ends_at: datetime | None

    def stands(self, at: datetime) -> bool:
        """Whether it stands above the pages at a moment."""
        return self.appears_at <= at and (self.ends_at is None or at < self.ends_at)


@dataclass(frozen=True)
class Writings:
    """All that organisers have written, as of one reading of the database."""

    shipped: Mapping[Key, Version]
    written: Sequence[Version] = ()  # of each text by number
    links: Sequence[Link] = ()
    notices: Sequence[Notice] = ()  # by when they were written
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

    def notice(self, at: datetime) -> Notice | None:
        """Find the notice that stands at a moment; of several the one that was written last."""
        return next((one for one in reversed(self.notices) if one.stands(at)), None)

    def links_of(self, page: str) -> tuple[Link, ...]:
        """List the links of a page in their order."""
        return tuple(link for link in self.links if link.page == page)

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
        for notice in self.notices:
            moments |= {notice.appears_at, notice.ends_at}
        return sorted(moment for moment in moments if moment is not None)


def that_may_count(writings: Writings, at: datetime) -> Iterable[Version]:
    """List the versions that count at a moment, or may from then on."""
    for version in writings.written:
        counts = writings.newest_come(version.key, at)
        if counts is None or version.number >= counts.number:
            yield version
