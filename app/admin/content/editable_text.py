"""A page, news item, link or notice opened in the admin area, with all its versions."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, request, url_for
from flask_babel import gettext

from app import clock
from app.content import history_entries, listing, queries, services
from app.content.models import LINK, NEWS, NOTICE, PAGE
from app.content.versions import FALLBACK_LANGUAGE, NOTICE_KEY, ContentKey, ContentStore, Version
from app.content.views import get_content_folder
from app.errors import NotFound
from app.text import parse_number
from app.web import languages
from app.web.languages import Language

TEXT_KINDS_CONVERTER = "any(page, news)"  # a URL converter
VERSIONED_KINDS_CONVERTER = "any(page, news, link, notice)"
ENGLISH_ONLY = {LINK, NOTICE}
MAX_VERSION_DIGITS = 6  # of a version number


@dataclass(frozen=True)
class EditableText:
    """A page, news item, link or notice in one language."""

    key: ContentKey
    store: ContentStore

    @property
    def language(self) -> Language:
        """Return the language of the text."""
        return languages.describe(self.key.language)

    @cached_property
    def in_english(self) -> "EditableText":
        """Return the same text in English."""
        return self.in_language(FALLBACK_LANGUAGE)

    def in_language(self, language: str) -> "EditableText":
        """Return the same text in another language, without loading anything."""
        return EditableText(self.key._replace(language=language), self.store)

    @property
    def is_page(self) -> bool:
        """Return True for a page."""
        return self.key.kind == PAGE

    @property
    def has_body(self) -> bool:
        """Return True for a page or news item; links and the notice have only one line."""
        return self.key.kind in (PAGE, NEWS)

    @property
    def public_url(self) -> str:
        """Return the URL of the public page."""
        if self.is_page:
            return url_for("content.show", slug=self.key.slug)
        return url_for("site.news_item", slug=self.key.slug)

    @property
    def title(self) -> str:
        """Return the English title, or "" if there is none."""
        found = self.in_english.effective or self.in_english.latest
        return found.title if found else ""

    @property
    def display_name(self) -> str:
        """Return the name for headings."""
        if self.key.kind == NOTICE:
            return str(gettext("the urgent notice"))
        return str(gettext("“%(title)s”", title=self.title))

    @cached_property
    def admin_url(self) -> str:
        """Return the URL in the admin area."""
        if self.key.kind == NOTICE:
            return url_for("admin.content.notice")
        if self.key.kind == LINK:
            return url_for(
                "admin.content.edit_link", slug=self.parent_page.key.slug, link=self.key.slug
            )
        return url_for("admin.content.text", kind=self.key.kind, slug=self.key.slug)

    def edit_url(self, number: int | None = None) -> str:
        """Return the URL of the edit form, filled with the given version if any."""
        begins: dict[str, Any] = {"from": number}
        if self.key.kind == NOTICE:
            return url_for("admin.content.write_notice", **begins)
        if self.key.kind == LINK:
            slug = self.parent_page.key.slug
            return url_for("admin.content.edit_link", slug=slug, link=self.key.slug, **begins)
        return url_for("admin.content.edit", **self.key._asdict(), **begins)

    @cached_property
    def parent_page(self) -> "EditableText":
        """Return the page that contains this link."""
        page = history_entries.get_link_page(self.key)
        return EditableText(ContentKey(PAGE, page, FALLBACK_LANGUAGE), self.store)

    @property
    def breadcrumbs(self) -> list[tuple[str, str]]:
        """Return the breadcrumbs of pages below this one."""
        if self.key.kind == LINK:
            return [*self.link_breadcrumbs, (self.title, self.admin_url)]
        if self.key.kind == NOTICE:
            return [(gettext("Urgent notice"), self.admin_url)]
        return [(self.title, self.admin_url)]

    @property
    def link_breadcrumbs(self) -> list[tuple[str, str]]:
        """Return the breadcrumbs of pages about a link."""
        place = url_for("admin.content.links", slug=self.parent_page.key.slug)
        return [*self.parent_page.breadcrumbs, (gettext("Additional links"), place)]

    @property
    def version_breadcrumbs(self) -> list[tuple[str, str]]:
        """Return the breadcrumbs of pages about the versions."""
        place = url_for("admin.content.versions", **self.key._asdict())
        return [*self.breadcrumbs, (gettext("Versions"), place)]

    @cached_property
    def latest(self) -> Version | None:
        """Return the version saved last, or None."""
        return self.store.find_latest(self.key)

    @cached_property
    def effective(self) -> Version | None:
        """Return the newest version that has been published by now, or None."""
        return self.store.find_latest_effective(self.key, clock.now())

    @property
    def scheduled(self) -> Version | None:
        """Return the newest version if it is scheduled for later, else None."""
        return None if self.latest is self.effective else self.latest

    @property
    def latest_number(self) -> int:
        """Return the number of the newest version, for optimistic locking; 0 if none."""
        return self.latest.number if self.latest else 0

    @property
    def state(self) -> str:
        """Return the publication state."""
        return listing.publication_state(self.store, self.key, clock.now())

    @property
    def is_removed(self) -> bool:
        """Return True if the newest version removes the text."""
        return self.latest is not None and self.latest.is_removed

    @property
    def can_be_removed(self) -> bool:
        """Return True if the text can be removed now."""
        is_there = self.latest is not None and not self.latest.is_removed
        return is_there and services.is_removable(self.store, self.key)

    @cached_property
    def versions(self) -> list[Version]:
        """Return all versions, the newest first; the shipped default is last."""
        shipped = self.store.defaults.get(self.key)
        return [*reversed(self.store.list_versions(self.key)), *([shipped] if shipped else [])]

    def get_version(self, number: int) -> Version:
        """Return a version; raise NotFound if there is none."""
        return services.get_version(self.store, self.key, number)

    def version_status(self, version: Version) -> str:
        """Return a status: counts, ended, removed, waiting, never, shipped or over."""
        if version == self.effective:
            return "removed" if version.is_removed else self._effective_status(version)
        if not version.has_appeared(clock.now()):
            return "waiting" if version == self.latest else "never"
        return "shipped" if version.number == 0 else "over"

    def _effective_status(self, version: Version) -> str:
        return "ended" if version.has_ended(clock.now()) else "counts"


def get_notice() -> EditableText:
    """Return the urgent notice, even if none was ever written."""
    return EditableText(NOTICE_KEY, queries.load_store(get_content_folder()))


def get_requested_version(text: EditableText) -> Version | None:
    """Return the version in the query parameter ``from``, or None."""
    number = parse_number(request.args.get("from", ""), MAX_VERSION_DIGITS)
    return None if number is None else text.get_version(number)


def get_base_version(text: EditableText) -> Version | None:
    """Return the version to edit: the requested one, or the newest that is not a removal."""
    return get_requested_version(text) or next(
        (version for version in text.versions if not version.is_removed), None
    )


def get_text(kind: str, slug: str, language: str = FALLBACK_LANGUAGE) -> EditableText:
    """Return a text in one language; raise NotFound if it does not exist in English."""
    writings = queries.load_store(get_content_folder())
    offered = [FALLBACK_LANGUAGE] if kind in ENGLISH_ONLY else languages.list_codes()
    if language not in offered:
        raise NotFound("The site is not available in that language")
    if writings.find_latest(ContentKey(kind, slug, FALLBACK_LANGUAGE)) is None:
        raise NotFound("There is no page or news item at that web address")
    return EditableText(ContentKey(kind, slug, language), writings)


def get_new(kind: str) -> EditableText:
    """Return a page or news item that is being added."""
    key = ContentKey(kind, "new", FALLBACK_LANGUAGE)
    return EditableText(key, queries.load_store(get_content_folder()))


def get_reserved_slugs() -> set[str]:
    """Return the first path segments of the site's URLs, which no page may take."""
    rules = (rule.rule for rule in current_app.url_map.iter_rules())
    first = {urlsplit(rule).path.split("/")[1].partition("<")[0] for rule in rules}
    return {name.partition(".")[0] for name in first} | first | set(languages.list_codes())
