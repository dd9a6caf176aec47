"""Pages, news, links and the urgent notice as the public sees them now.

Versions are loaded once per cache version; which of them is effective is decided in each request,
so that a scheduled version appears on time. A text without a translation is returned in English,
with “en” as its language. Its links stay in the requested language: ``root`` is the path prefix of
that language.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from functools import cache, cached_property, lru_cache
from pathlib import Path

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from app import cache_version, clock
from app.content import images, logo, markdown, models, versions
from app.content.logo import Logo
from app.content.palette import Palette
from app.content.versions import (
    FALLBACK_LANGUAGE,
    ContentStore,
    ImageInfo,
    LinkPosition,
    MenuPosition,
    Version,
)
from app.database import db, read_only_connection
from app.database_faults import log_if_unavailable
from app.errors import Gone, NotFound

Images = tuple[ImageInfo, ...]

MAX_RENDERED = 128  # rendered texts cached per process
SELECT_VERSIONS = select(
    models.ContentVersion.kind,
    models.ContentVersion.slug,
    models.ContentVersion.language,
    models.ContentVersion.version,
    models.ContentVersion.title,
    models.ContentVersion.summary,
    models.ContentVersion.dated_on,
    models.ContentVersion.appears_at,
    models.ContentVersion.ends_at,
    models.ContentVersion.is_removed,
    models.ContentVersion.author,
    models.ContentVersion.created_at,
    models.ContentVersion.id,
).order_by(models.ContentVersion.version)
SELECT_LINKS = select(models.Link.page, models.Link.id).order_by(
    models.Link.position, models.Link.id
)
SELECT_MENUS = select(
    models.MenuEntry.menu, models.MenuEntry.page, models.MenuEntry.label
).order_by(models.MenuEntry.position, models.MenuEntry.id)
SELECT_BODIES = select(models.ContentVersion.id, models.ContentVersion.body)


@dataclass(frozen=True)
class ContentPage:
    """A page, rendered."""

    slug: str
    language: str
    title: str
    summary: str
    updated: date
    body: str  # HTML
    headings: tuple[tuple[str, str], ...]  # second level: (id, text)

    @cached_property
    def text(self) -> str:
        """The page's text without markup."""
        return markdown.to_text(self.body)


@dataclass(frozen=True)
class NewsItem:
    """A news item, rendered."""

    slug: str
    language: str
    title: str
    summary: str
    published: date
    body: str  # HTML
    appeared_at: datetime | None = None  # of this version; None for default texts

    @cached_property
    def text(self) -> str:
        """The news item's text without markup."""
        return markdown.to_text(self.body)


@dataclass(frozen=True)
class PublicLink:
    """A link under “Additional links” on a page."""

    label: str
    url: str


@dataclass(frozen=True)
class HeroText:
    """The texts in the gap on the home page, as HTML."""

    language: str
    upper: str
    lower: str
    between: str = ""
    source: str = ""
    report: str = ""  # a link, below where the two lines meet


def get_page(folder: Path, slug: str, language: str, root: str = "") -> ContentPage:
    """Return a page, in English if it is not translated; raise NotFound or Gone."""
    version = _store_or_defaults(folder).get_effective(models.PAGE, slug, language, clock.now())
    return _cached_page(version, *_get_text(folder, version), root)


def list_pages(folder: Path, language: str, root: str = "") -> Sequence[ContentPage]:
    """List all pages by title."""
    versions_found = _store_or_defaults(folder).list_effective(models.PAGE, language, clock.now())
    rendered = (_cached_page(one, *_get_text(folder, one), root) for one in versions_found)
    return sorted(rendered, key=lambda one: (one.title, one.slug))


def get_update_dates(folder: Path) -> Mapping[str, date]:
    """Return the date of the last update of each page, by slug."""
    versions_found = _store_or_defaults(folder).list_effective(
        models.PAGE, FALLBACK_LANGUAGE, clock.now()
    )
    return {one.slug: one.dated_on for one in sorted(versions_found, key=lambda one: one.slug)}


def list_news(folder: Path, language: str, root: str = "") -> Sequence[NewsItem]:
    """List the news, newest first."""
    versions_found = _store_or_defaults(folder).list_effective(models.NEWS, language, clock.now())
    rendered = (_cached_news_item(one, *_get_text(folder, one), root) for one in versions_found)
    return sorted(rendered, key=lambda one: (one.published, one.slug), reverse=True)


def get_news_item(folder: Path, slug: str, language: str, root: str = "") -> NewsItem:
    """Return a news item rendered for its own page; raise NotFound or Gone."""
    version = _store_or_defaults(folder).get_effective(models.NEWS, slug, language, clock.now())
    return _cached_news_item(version, *_get_text(folder, version), root, parent_level=1)


def has_page(folder: Path, slug: str) -> bool:
    """Return True if a page with this slug exists, existed or is scheduled."""
    return slug in _store_or_defaults(folder).list_slugs(models.PAGE)


def list_links(folder: Path, slug: str) -> Sequence[PublicLink]:
    """List the additional links of a page."""
    versions_found = _store_or_defaults(folder).list_links(slug, clock.now())
    return [PublicLink(version.title, _get_body(folder, version)) for version in versions_found]


def get_notice(folder: Path) -> Version | None:
    """Return the urgent notice that is shown now, or None."""
    return _store(folder).find_notice(clock.now())


def get_palette(folder: Path) -> Palette:
    """Return the colours of public pages."""
    return _store_or_defaults(folder).palette


def get_logo(folder: Path) -> Logo | None:
    """Return the logo of public pages, or None."""
    return _store_or_defaults(folder).logo


def get_next_change(folder: Path, since: datetime) -> datetime | None:
    """Return the next time after a moment at which a version appears or ends, or None."""
    return _store(folder).find_next_change(since)


def get_generation(folder: Path) -> int:
    """Return a number that increases whenever a scheduled version appears or ends."""
    return _store_or_defaults(folder).get_generation(clock.now())


def get_hero_text(folder: Path, acronym: str, language: str) -> HeroText | None:
    """Return the hero texts of this conference, in English if not translated, or None."""
    for candidate in (language, FALLBACK_LANGUAGE):
        path = folder / "front" / candidate / f"{acronym}.md"
        if acronym.replace("-", "").isalnum() and path.is_file():
            return _load_hero_text(path, candidate)
    return None


def render_content_page(
    version: Version, body: str, shown: Images, root: str, prefix: str = ""
) -> ContentPage:
    """Render a page with its pictures; the ids of its headings start with ``prefix``."""
    rendered = markdown.render_markdown(body, root, prefix=prefix, images=shown)
    return ContentPage(
        slug=version.slug,
        language=version.language,
        title=version.title,
        summary=version.summary,
        updated=version.dated_on,
        body=rendered.html,
        headings=rendered.headings,
    )


def render_news_item(  # noqa: PLR0913 - all of it is shown on the page
    version: Version,
    body: str,
    shown: Images,
    root: str,
    prefix: str = "",
    *,
    parent_level: int = 2,
) -> NewsItem:
    """Render a news item below its title, which is a heading of ``parent_level``."""
    id_prefix = f"{prefix}{version.slug}-"
    rendered = markdown.render_markdown(
        body, root, parent_level=parent_level, prefix=id_prefix, images=shown
    )
    return NewsItem(
        slug=version.slug,
        language=version.language,
        title=version.title,
        summary=version.summary,
        published=version.dated_on,
        body=rendered.html,
        appeared_at=version.appears_at,
    )


_cached_page = lru_cache(maxsize=MAX_RENDERED)(render_content_page)
_cached_news_item = lru_cache(maxsize=MAX_RENDERED)(render_news_item)


def is_public(folder: Path, slug: str) -> bool:
    """Return True if visitors can read a page now."""
    try:
        _store_or_defaults(folder).get_effective(models.PAGE, slug, FALLBACK_LANGUAGE, clock.now())
    except (NotFound, Gone):
        return False
    return True


def get_store(folder: Path) -> ContentStore:
    """Return all texts, cached for the current cache version."""
    return _store(folder)


def get_store_or_defaults(folder: Path) -> ContentStore:
    """Return all texts, or the defaults while the database is unavailable."""
    return _store_or_defaults(folder)


def find_images(folder: Path, body: str) -> Images:
    """Return the metadata of the pictures in a text."""
    return images.find_in_text(_store_or_defaults(folder).images, body)


def load_store(folder: Path) -> ContentStore:
    """Load all texts within the current transaction."""
    return _load(folder, db.session.connection())


def get_body(folder: Path, version: Version) -> str:
    """Return the Markdown of a version, within the current transaction."""
    if version.number == versions.DEFAULT_VERSION:
        return versions.load_defaults(folder).bodies[version.key]
    return db.session.scalars(
        select(models.ContentVersion.body).where(models.ContentVersion.id == version.id)
    ).one()


def _store(folder: Path) -> ContentStore:
    """Return the texts, cached for the current cache version."""
    return cache_version.cached("writings", lambda: _load_separately(folder))


def _store_or_defaults(folder: Path) -> ContentStore:
    """Return the texts, or only the defaults while the database is unavailable."""
    try:
        return _store(folder)
    except SQLAlchemyError as fault:
        if not log_if_unavailable(fault, "writings"):
            raise
        return ContentStore(versions.load_defaults(folder).versions)


def _load_separately(folder: Path) -> ContentStore:
    with read_only_connection(db.engine) as connection:
        return _load(folder, connection)


def _load(folder: Path, connection: Connection) -> ContentStore:
    store = ContentStore(
        defaults=versions.load_defaults(folder).versions,
        saved=[Version(*row) for row in connection.execute(SELECT_VERSIONS)],
        links=[LinkPosition(*row) for row in connection.execute(SELECT_LINKS)],
        menus=[MenuPosition(*row) for row in connection.execute(SELECT_MENUS)],
    )
    palette, shown_logo = logo.load_look(connection)
    store = replace(
        store,
        images=images.load_infos(connection),
        palette=palette,
        logo=shown_logo,
    )
    if not store.saved:
        return store
    ids = [one.id for one in versions.list_possibly_effective(store, clock.now())]
    rows = connection.execute(SELECT_BODIES.where(models.ContentVersion.id.in_(ids)))
    return replace(store, bodies={row.id: row.body for row in rows})


def _get_text(folder: Path, version: Version) -> tuple[str, Images]:
    """Return the Markdown of a version, and the metadata of its pictures."""
    body = _get_body(folder, version)
    return body, find_images(folder, body)


def _get_body(folder: Path, version: Version) -> str:
    """Return the Markdown of a version; only old versions need a query."""
    if version.number == versions.DEFAULT_VERSION:
        return versions.load_defaults(folder).bodies[version.key]
    cached_body = _store_or_defaults(folder).bodies.get(version.id)
    if cached_body is not None:
        return cached_body
    with read_only_connection(db.engine) as connection:
        return str(
            connection.execute(SELECT_BODIES.where(models.ContentVersion.id == version.id))
            .one()
            .body
        )


@cache
def _load_hero_text(path: Path, language: str) -> HeroText:
    facts, _ = versions.split_front_matter(path)
    texts = (facts.get(field.name, "") for field in fields(HeroText) if field.name != "language")
    return HeroText(language, *map(markdown.render_inline, texts))
