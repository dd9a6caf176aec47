"""A text that someone has opened in the back office, with all its versions."""

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from flask import current_app, url_for
from flask_babel import gettext

from app import clock
from app.content import queries, services, shelf
from app.content.models import PAGE
from app.content.versions import FALLBACK, Key, Version, Writings
from app.content.views import folder
from app.errors import NotFound
from app.web import languages
from app.web.languages import Language

KINDS = "any(page, news)"  # in an address


@dataclass(frozen=True)
class Text:
    """A page or a news item in one language, as it is now."""

    key: Key
    writings: Writings

    @property
    def language(self) -> Language:
        """The language it is written in."""
        return languages.described(self.key.language)

    @property
    def is_page(self) -> bool:
        """Whether it is a page and not a news item."""
        return self.key.kind == PAGE

    @property
    def address(self) -> str:
        """Where readers find it."""
        if self.is_page:
            return url_for("content.shown", slug=self.key.slug)
        return url_for("site.news_item", slug=self.key.slug)

    @property
    def title(self) -> str:
        """What readers know it as, or will know it as."""
        english = self.key._replace(language=FALLBACK)
        found = self.writings.newest_come(english, clock.now()) or self.writings.newest(english)
        return found.title if found else ""

    @property
    def trail(self) -> list[tuple[str, str]]:
        """Where the pages beneath this one stand."""
        place = url_for("organise.writing.text", kind=self.key.kind, slug=self.key.slug)
        return [(self.title, place)]

    @property
    def trail_of_versions(self) -> list[tuple[str, str]]:
        """Where the pages about its versions stand."""
        place = url_for("organise.writing.versions", **self.key._asdict())
        return [*self.trail, (gettext("Versions"), place)]

    @cached_property
    def newest(self) -> Version | None:
        """The version that was written last."""
        return self.writings.newest(self.key)

    @cached_property
    def counts(self) -> Version | None:
        """The newest version whose moment has come."""
        return self.writings.newest_come(self.key, clock.now())

    @property
    def waiting(self) -> Version | None:
        """The newest version, while it waits for its moment."""
        return None if self.newest is self.counts else self.newest

    @property
    def seen(self) -> int:
        """The number of the newest version, which the next one is written over."""
        return self.newest.number if self.newest else 0

    @property
    def state(self) -> str:
        """Where it stands."""
        return shelf.state(self.writings, self.key, clock.now())

    @property
    def is_removed(self) -> bool:
        """Whether the newest version takes it away."""
        return self.newest is not None and self.newest.is_removed

    @property
    def may_be_removed(self) -> bool:
        """Whether it can be taken away now."""
        is_there = self.newest is not None and not self.newest.is_removed
        return is_there and services.may_be_removed(self.writings, self.key)

    @cached_property
    def versions(self) -> list[Version]:
        """Every version, the newest first; at the end what was shipped."""
        shipped = self.writings.shipped.get(self.key)
        return [*reversed(self.writings.of(self.key)), *([shipped] if shipped else [])]

    def version(self, number: int) -> Version:
        """Find one version."""
        return services.version(self.writings, self.key, number)

    def standing(self, version: Version) -> str:
        """Tell what one version is for readers now: counts, waiting, over or shipped."""
        if version == self.counts:
            return "removed" if version.is_removed else "counts"
        if not version.has_come(clock.now()):
            return "waiting" if version == self.newest else "never"
        return "shipped" if version.number == 0 else "over"


def text(kind: str, slug: str, language: str = FALLBACK) -> Text:
    """Open a text in one language; English must be there."""
    writings = queries.written(folder())
    if language not in languages.offered():
        raise NotFound("This site is not read in that language")
    if writings.newest(Key(kind, slug, FALLBACK)) is None:
        raise NotFound("There is no page or news item with that address")
    return Text(Key(kind, slug, language), writings)


def taken() -> set[str]:
    """List what addresses of this site begin with, so that no page is put in their way."""
    rules = (rule.rule for rule in current_app.url_map.iter_rules())
    first = {urlsplit(rule).path.split("/")[1].partition("<")[0] for rule in rules}
    return {name.partition(".")[0] for name in first} | first | set(languages.offered())
