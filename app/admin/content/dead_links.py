"""Links within the site that lead nowhere, and pictures that are gone, in pages and news.

Targets are looked up in what visitors see now: the texts and the current release. Other websites
are not requested.
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from flask import current_app
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from app import clock
from app.content import images, markdown, queries
from app.content.models import NEWS, PAGE
from app.content.versions import FALLBACK_LANGUAGE, ContentKey, ContentStore, Version
from app.content.views import get_content_folder
from app.errors import ConferenceError, Moved
from app.releases import current_release
from app.releases.published_programme import PublishedProgramme
from app.web import languages
from config import ROOT

LINK: Final = re.compile(r'<a href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
IDENTITY: Final = re.compile(r' id="([^"]*)"')
OF_EVERY_PAGE: Final = frozenset({"", "main", "additional-links"})  # ids in the templates
OF_ONE_PAGE: Final = {"venue": {"rooms"}}
TEXT_ENDPOINTS: Final = {"content.show": PAGE, "site.news_item": NEWS}


@dataclass(frozen=True)
class DeadLink:
    """A link that leads nowhere, or a picture that is gone."""

    url: str
    text: str  # what the visitor reads

    @property
    def is_picture(self) -> bool:
        """Return True if it is a picture that is gone."""
        return images.IMAGE_PATH.fullmatch(self.url) is not None


class LinkChecker:
    """Checks links against the texts and the programme as visitors see them now."""

    def __init__(self, store: ContentStore) -> None:
        self._store = store
        self._adapter = current_app.url_map.bind("")
        self._checked: dict[str, bool] = {}

    def find_in_draft(self, key: ContentKey, body: str) -> list[DeadLink]:
        """Find the dead links of a text that has not been saved."""
        prefix = "" if key.kind == PAGE else f"{key.slug}-"
        return self._find_in_text(key, markdown.render_markdown(body, prefix=prefix).html, body)

    def _find_in_text(self, key: ContentKey, markup: str, body: str) -> list[DeadLink]:
        """Find the dead links of a text, given as HTML and as Markdown."""
        found = [
            DeadLink(html.unescape(url), markdown.to_text(words))
            for url, words in LINK.findall(markup)
        ]
        identities = self._list_identities(key.slug, markup)
        dead = [link for link in found if not self._leads_somewhere(link.url, identities)]
        return [*dict.fromkeys(dead), *self._find_missing_pictures(body)]

    def find_in_public(self, kind: str, slug: str) -> list[DeadLink]:
        """Find the dead links of a page or news item that visitors see now, in every language."""
        found: list[DeadLink] = []
        for code in languages.list_codes():
            key = ContentKey(kind, slug, code)
            version = self._store.find_latest_effective(key, clock.now())
            if version is not None and not version.is_removed:
                body = self._store.bodies.get(version.id, "")
                found += self._find_in_text(key, self._get_markup(key), body)
        if kind == PAGE:
            found += self._find_in_link_list(slug)
        return list(dict.fromkeys(found))

    def _find_in_link_list(self, slug: str) -> Iterator[DeadLink]:
        for link in self._store.list_links(slug, clock.now()):
            url = self._store.bodies.get(link.id, "")
            if not self._leads_somewhere(url, OF_EVERY_PAGE):
                yield DeadLink(url, link.title)

    def _find_missing_pictures(self, body: str) -> Iterator[DeadLink]:
        for key in dict.fromkeys(images.IMAGE_PATH.findall(body)):
            if key not in self._store.images:
                yield DeadLink(f"/pictures/{key}.jpg", "")

    def _leads_somewhere(self, url: str, here: Iterable[str]) -> bool:
        try:
            parts = urlsplit(url.removeprefix(current_app.config["SITE_URL"]))
        except ValueError:
            return False
        if parts.scheme or parts.netloc:
            return True
        if not parts.path:
            return unquote(parts.fragment) in here
        if url not in self._checked:
            self._checked[url] = self._is_public(parts)
        return self._checked[url]

    def _is_public(self, parts: SplitResult) -> bool:
        path = self._without_language(parts.path)
        if path.startswith("/static/"):
            return _is_static_file(unquote(path))
        try:
            endpoint, values = self._adapter.match(path, "GET")
        except RequestRedirect:
            return True
        except HTTPException:
            return False
        return self._is_found(str(endpoint), values, unquote(parts.fragment))

    def _is_found(self, endpoint: str, values: Mapping[str, Any], fragment: str) -> bool:
        kind = TEXT_ENDPOINTS.get(endpoint)
        if kind is not None:
            return self._has_text(ContentKey(kind, values["slug"], FALLBACK_LANGUAGE), fragment)
        if endpoint == "content.picture":
            return values["key"] in self._store.images
        get = self._programme_lookups.get(endpoint)
        try:
            return get is None or bool(get(*values.values()))
        except Moved:
            return True
        except ConferenceError:
            return False

    @cached_property
    def _programme_lookups(self) -> Mapping[str, Callable[..., Any]]:
        programme: PublishedProgramme = current_release.get_programme()
        return {
            "programme.session": programme.get_session,
            "programme.speaker": programme.get_speaker,
            "programme.theme": programme.get_theme,
            "programme.room": programme.get_room,
            "programme.day": programme.get_day,
        }

    def _has_text(self, key: ContentKey, fragment: str) -> bool:
        version: Version | None = self._store.find_latest_effective(key, clock.now())
        if version is None or version.is_removed:
            return False
        is_checked = bool(fragment) and key.kind == PAGE
        return not is_checked or fragment in self._list_identities(key.slug, self._get_markup(key))

    def _get_markup(self, key: ContentKey) -> str:
        get = queries.get_page if key.kind == PAGE else queries.get_news_item
        return get(get_content_folder(), key.slug, key.language).body

    def _list_identities(self, slug: str, markup: str) -> set[str]:
        return {*OF_EVERY_PAGE, *OF_ONE_PAGE.get(slug, ()), *IDENTITY.findall(markup)}

    def _without_language(self, path: str) -> str:
        first, _, rest = path.lstrip("/").partition("/")
        return f"/{rest}" if first in languages.list_codes() else path


def _is_static_file(path: str) -> bool:
    try:
        file = (ROOT / path.lstrip("/")).resolve()
        return file.is_relative_to(ROOT / "static") and file.is_file()
    except (OSError, ValueError):  # no file can have such a name
        return False
