"""Versions of pages, news items, links and the urgent notice, and which is effective at a moment.

A text has versions in each language, numbered from 1; number 0 is the default text in the content
folder, if there is one. The effective version is the newest that has appeared. Other languages
fall back on English: if the effective English version removes the text, it is gone in every
language; if a translation is removed, visitors see English again.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, cached_property
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from app.content.logo import Logo
from app.content.models import LINK, NEWS, NOTICE, PAGE
from app.content.palette import SHIPPED, Palette
from app.errors import Gone, NotFound

FALLBACK_LANGUAGE = "en"
DEFAULT_VERSION = 0


class ContentKey(NamedTuple):
    """Identifies a text in one language."""

    kind: str
    slug: str
    language: str


NOTICE_KEY = ContentKey(NOTICE, NOTICE, FALLBACK_LANGUAGE)  # a single one


def link_key(number: int) -> ContentKey:
    """Return the content key of a link's versions."""
    return ContentKey(LINK, str(number), FALLBACK_LANGUAGE)


@dataclass(frozen=True)
class ContentDraft:
    """The content of a new version, and when it appears."""

    title: str
    summary: str
    body: str  # Markdown, or the URL of a link
    dated_on: date
    appears_at: datetime | None = None  # None: at once
    ends_at: datetime | None = None  # None: never


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
    appears_at: datetime | None = None  # None: a default text
    ends_at: datetime | None = None  # None: stays
    is_removed: bool = False
    author: str = ""
    created_at: datetime | None = None
    id: int = 0  # row id, to load the body

    @property
    def key(self) -> ContentKey:
        """The content key of the text."""
        return ContentKey(self.kind, self.slug, self.language)

    def has_appeared(self, at: datetime) -> bool:
        """Return True if the version has appeared by that moment."""
        return self.appears_at is None or self.appears_at <= at

    def has_ended(self, at: datetime) -> bool:
        """Return True if the version has ended by that moment."""
        return self.ends_at is not None and self.ends_at <= at


@dataclass(frozen=True)
class ImageInfo:
    """The metadata of a picture in a text."""

    key: str
    width: int  # pixels
    height: int
    widths: tuple[tuple[str, tuple[int, ...]], ...] = ()  # by format: avif, jpg, webp


@dataclass(frozen=True)
class LinkPosition:
    """A link's page and id; the order is that of the list."""

    page: str
    link_id: int

    @property
    def key(self) -> ContentKey:
        """The content key of the link's versions."""
        return link_key(self.link_id)


class MenuPosition(NamedTuple):
    """A page in a menu that organisers have changed; the order is that of the list."""

    menu: str
    page: str
    label: str = ""  # "": that of the page


@dataclass(frozen=True)
class ContentStore:
    """All texts, as loaded from the database at one moment."""

    defaults: Mapping[ContentKey, Version]
    saved: Sequence[Version] = ()  # sorted by number
    links: Sequence[LinkPosition] = ()  # sorted by position
    bodies: Mapping[int, str] = field(
        default_factory=dict
    )  # by version id; only possibly effective versions
    images: Mapping[str, ImageInfo] = field(default_factory=dict)  # by key
    menus: Sequence[MenuPosition] = ()  # sorted by position
    palette: Palette = SHIPPED
    logo: Logo | None = None

    def get_effective(self, kind: str, slug: str, language: str, at: datetime) -> Version:
        """Return the version that visitors in a language see; raise NotFound or Gone."""
        english = self.find_latest_effective(ContentKey(kind, slug, FALLBACK_LANGUAGE), at)
        if english is None:
            raise NotFound("There is no page at that web address")
        if english.is_removed:
            raise Gone("This page has been deleted")
        translated = self.find_latest_effective(ContentKey(kind, slug, language), at)
        return english if translated is None or translated.is_removed else translated

    def list_effective(self, kind: str, language: str, at: datetime) -> Iterator[Version]:
        """Yield the versions that visitors in a language see, in no particular order."""
        for slug in self.list_slugs(kind):
            try:
                yield self.get_effective(kind, slug, language, at)
            except (NotFound, Gone):
                continue

    def find_latest_effective(self, key: ContentKey, at: datetime) -> Version | None:
        """Return the newest version that has appeared, even one that removes the text, or None."""
        appeared = [version for version in self.list_versions(key) if version.has_appeared(at)]
        return appeared[-1] if appeared else self.defaults.get(key)

    def find_latest(self, key: ContentKey) -> Version | None:
        """Return the newest version, whether or not it has appeared, or None."""
        versions = self.list_versions(key)
        return versions[-1] if versions else self.defaults.get(key)

    def list_latest_by_language(self, key: ContentKey) -> Sequence[Version]:
        """List the newest saved version of a text in each language."""
        codes = self._languages.get((key.kind, key.slug), ())
        return [self.list_versions(key._replace(language=code))[-1] for code in codes]

    def list_versions(self, key: ContentKey) -> Sequence[Version]:
        """List the saved versions of a text by number."""
        return self._by_key.get(key, ())

    def list_slugs(self, kind: str) -> set[str]:
        """Return the slugs of a kind: default, saved and removed texts."""
        return {key.slug for key in chain(self.defaults, self._by_key) if key.kind == kind}

    def find_notice(self, at: datetime) -> Version | None:
        """Return the notice that is shown at a moment, or None."""
        newest = self.find_latest_effective(NOTICE_KEY, at)
        return None if newest is None or newest.is_removed or newest.has_ended(at) else newest

    def list_links(self, page: str, at: datetime) -> Iterator[Version]:
        """Yield the links of a page that are shown at a moment, in order."""
        found = (self.find_link(place.key, at) for place in self.links if place.page == page)
        return filter(None, found)

    def find_link(self, key: ContentKey, at: datetime) -> Version | None:
        """Return the version of a link that is shown at a moment, or None."""
        newest = self.find_latest_effective(key, at)
        return None if newest is None or newest.is_removed else newest

    def get_generation(self, at: datetime) -> int:
        """Return the number of past changes; it increases with each."""
        return bisect_right(self._moments, at)

    def find_next_change(self, at: datetime) -> datetime | None:
        """Return the next time at which a version appears or ends, or None."""
        index = self.get_generation(at)
        return self._moments[index] if index < len(self._moments) else None

    @cached_property
    def _by_key(self) -> Mapping[ContentKey, Sequence[Version]]:
        found: dict[ContentKey, list[Version]] = defaultdict(list)
        for version in self.saved:
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
        moments = {version.appears_at for version in self.saved}
        moments |= {version.ends_at for version in self.saved}
        return sorted(moment for moment in moments if moment is not None)


def list_possibly_effective(store: ContentStore, at: datetime) -> Iterable[Version]:
    """Yield the versions that are effective at a moment, or may become so."""
    for version in store.saved:
        effective = store.find_latest_effective(version.key, at)
        if effective is None or version.number >= effective.number:
            yield version


KINDS = ((PAGE, "pages", "updated"), (NEWS, "news", "published"))


@dataclass(frozen=True)
class DefaultContent:
    """All default texts of a content folder."""

    versions: Mapping[ContentKey, Version]
    bodies: Mapping[ContentKey, str]


@cache
def load_defaults(folder: Path) -> DefaultContent:
    """Load all pages and news items of a folder, in all languages; cached for the process."""
    versions, bodies = {}, {}
    for kind, directory, date_name in KINDS:
        for path in sorted((folder / directory).glob("*/*.md")):
            facts, body = split_front_matter(path)
            key = ContentKey(kind, path.stem, path.parent.name)
            bodies[key] = body
            versions[key] = Version(
                *key,
                number=DEFAULT_VERSION,
                title=facts["title"],
                summary=facts["summary"],
                dated_on=date.fromisoformat(facts[date_name]),
            )
    return DefaultContent(versions, bodies)


def split_front_matter(path: Path) -> tuple[dict[str, str], str]:
    """Return the front matter of a file as a dict, and the text below it."""
    _, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    lines = (line.partition(":") for line in head.splitlines() if line.strip())
    return {name.strip(): value.strip() for name, _, value in lines}, body
