"""A text that someone has opened in the back office, with all its versions."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, request, url_for
from flask_babel import gettext

from app import clock
from app.content import queries, services, shelf, telling
from app.content.models import LINK, NEWS, NOTICE, PAGE
from app.content.versions import FALLBACK, NOTICE_KEY, Key, Version, Writings
from app.content.views import folder
from app.errors import NotFound
from app.web import languages
from app.web.languages import Language

KINDS = "any(page, news)"  # in an address
VERSIONED = "any(page, news, link, notice)"
IN_ENGLISH_ALONE = {LINK, NOTICE}
DIGITS = 6  # of the number of a version


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
    def has_body(self) -> bool:
        """Whether it has a text of many lines: a link and the notice have none."""
        return self.key.kind in (PAGE, NEWS)

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
    def called(self) -> str:
        """What a heading calls it."""
        if self.key.kind == NOTICE:
            return str(gettext("the urgent notice"))
        return str(gettext("“%(title)s”", title=self.title))

    @cached_property
    def place(self) -> str:
        """Where the back office shows it."""
        if self.key.kind == NOTICE:
            return url_for("organise.writing.notice")
        if self.key.kind == LINK:
            return url_for("organise.writing.link", slug=self.above.key.slug, link=self.key.slug)
        return url_for("organise.writing.text", kind=self.key.kind, slug=self.key.slug)

    def to_write(self, number: int | None = None) -> str:
        """Where its next version is written, beginning with one that is there."""
        begins: dict[str, Any] = {"from": number}
        if self.key.kind == NOTICE:
            return url_for("organise.writing.write_notice", **begins)
        if self.key.kind == LINK:
            slug = self.above.key.slug
            return url_for("organise.writing.link", slug=slug, link=self.key.slug, **begins)
        return url_for("organise.writing.edit", **self.key._asdict(), **begins)

    @cached_property
    def above(self) -> "Text":
        """The page that a link stands on."""
        page = telling.page_of(self.key)
        return Text(Key(PAGE, page, FALLBACK), self.writings)

    @property
    def trail(self) -> list[tuple[str, str]]:
        """Where the pages beneath this one stand."""
        if self.key.kind == LINK:
            return [*self.trail_of_links, (self.title, self.place)]
        if self.key.kind == NOTICE:
            return [(gettext("Urgent notice"), self.place)]
        return [(self.title, self.place)]

    @property
    def trail_of_links(self) -> list[tuple[str, str]]:
        """Where the pages of a link stand."""
        place = url_for("organise.writing.links", slug=self.above.key.slug)
        return [*self.above.trail, (gettext("Additional links"), place)]

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
            return "removed" if version.is_removed else self._ended(version)
        if not version.has_come(clock.now()):
            return "waiting" if version == self.newest else "never"
        return "shipped" if version.number == 0 else "over"

    def _ended(self, version: Version) -> str:
        return "ended" if version.is_over(clock.now()) else "counts"


def notice() -> Text:
    """Open the urgent notice, whether there ever was one or not."""
    return Text(NOTICE_KEY, queries.written(folder()))


def asked_for(text: Text) -> Version | None:
    """Find the version that an address asks to begin with."""
    number = request.args.get("from", "")
    is_number = number.isascii() and number.isdecimal() and len(number) <= DIGITS
    return text.version(int(number)) if is_number else None


def to_begin_with(text: Text) -> Version | None:
    """Find the version that the next one is written from: one asked for, or the newest words."""
    return asked_for(text) or next((one for one in text.versions if not one.is_removed), None)


def text(kind: str, slug: str, language: str = FALLBACK) -> Text:
    """Open a text in one language; English must be there."""
    writings = queries.written(folder())
    offered = [FALLBACK] if kind in IN_ENGLISH_ALONE else languages.offered()
    if language not in offered:
        raise NotFound("This site is not read in that language")
    if writings.newest(Key(kind, slug, FALLBACK)) is None:
        raise NotFound("Nothing has been written at that address")
    return Text(Key(kind, slug, language), writings)


def taken() -> set[str]:
    """List what addresses of this site begin with, so that no page is put in their way."""
    rules = (rule.rule for rule in current_app.url_map.iter_rules())
    first = {urlsplit(rule).path.split("/")[1].partition("<")[0] for rule in rules}
    return {name.partition(".")[0] for name in first} | first | set(languages.offered())
