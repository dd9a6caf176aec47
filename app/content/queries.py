"""Pages, news, links and the urgent notice as readers see them at this moment.

What organisers wrote is read from the database once for each edition and held; what counts of it
is asked at the time of each request, so that a version appears at its moment by itself. A text
that is not there in a language is given in English, and says so of itself. Its links stay in the
language that was asked for: ``root`` is what stands before each address in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache, cached_property, lru_cache
from pathlib import Path

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from app import clock, edition
from app.content import models, prose, shipped, versions
from app.content.versions import FALLBACK, Place, Version, Writings
from app.database import db, log_if_unavailable, reading

MOST_SET = 128  # texts kept as HTML in a process
WRITTEN = select(
    models.Writing.kind,
    models.Writing.slug,
    models.Writing.language,
    models.Writing.version,
    models.Writing.title,
    models.Writing.summary,
    models.Writing.dated_on,
    models.Writing.appears_at,
    models.Writing.ends_at,
    models.Writing.is_removed,
    models.Writing.who,
    models.Writing.written_at,
    models.Writing.id,
).order_by(models.Writing.version)
LINKS = select(models.Link.page, models.Link.id).order_by(models.Link.position, models.Link.id)
BODIES = select(models.Writing.id, models.Writing.body)


@dataclass(frozen=True)
class Page:
    """A page that organisers wrote."""

    slug: str
    language: str
    title: str
    summary: str
    updated: date
    body: str  # HTML
    headings: tuple[tuple[str, str], ...]  # of the second level, by id

    @cached_property
    def words(self) -> str:
        """What it says, without its markup."""
        return prose.plain(self.body)


@dataclass(frozen=True)
class News:
    """Something new."""

    slug: str
    language: str
    title: str
    summary: str
    published: date
    body: str  # HTML
    appeared_at: datetime | None = None  # this version of it; None: was shipped

    @cached_property
    def words(self) -> str:
        """What it says, without its markup."""
        return prose.plain(self.body)


@dataclass(frozen=True)
class Link:
    """A link under “Additional links” on a page."""

    label: str
    address: str


@dataclass(frozen=True)
class Front:
    """What the front page of one conference says at either line of its drawing."""

    language: str
    upper: str  # HTML
    lower: str  # HTML


def page(folder: Path, slug: str, language: str, root: str = "") -> Page:
    """Find a page, in English where it has not been written in this language."""
    found = _known(folder).counting(models.PAGE, slug, language, clock.now())
    return _page(found, _body(folder, found), root)


def pages(folder: Path, language: str, root: str = "") -> Sequence[Page]:
    """List every page, by title."""
    found = _known(folder).every_counting(models.PAGE, language, clock.now())
    made = (_page(one, _body(folder, one), root) for one in found)
    return sorted(made, key=lambda one: (one.title, one.slug))


def last_changes(folder: Path) -> Mapping[str, date]:
    """Tell of each page that is there, by its address, when it was brought up to date."""
    found = _known(folder).every_counting(models.PAGE, FALLBACK, clock.now())
    return {one.slug: one.dated_on for one in sorted(found, key=lambda one: one.slug)}


def news(folder: Path, language: str, root: str = "") -> Sequence[News]:
    """List the news, the newest first."""
    found = _known(folder).every_counting(models.NEWS, language, clock.now())
    made = (_news(one, _body(folder, one), root) for one in found)
    return sorted(made, key=lambda one: (one.published, one.slug), reverse=True)


def news_item(folder: Path, slug: str, language: str, root: str = "") -> News:
    """Find a news item, as it stands on a page of its own."""
    found = _known(folder).counting(models.NEWS, slug, language, clock.now())
    return _news(found, _body(folder, found), root, below=1)


def is_page(folder: Path, slug: str) -> bool:
    """Whether there is, was or will be a page at this address."""
    return slug in _known(folder).slugs(models.PAGE)


def links(folder: Path, slug: str) -> Sequence[Link]:
    """List the additional links of a page."""
    there = _known(folder).links_of(slug, clock.now())
    return [Link(one.title, _body(folder, one)) for one in there]


def notice(folder: Path) -> Version | None:
    """Find the urgent notice, while there is one."""
    return _held(folder).notice(clock.now())


def next_change(folder: Path, since: datetime) -> datetime | None:
    """Tell when something that was written appears or ends next, by itself, after a moment."""
    return _held(folder).next_change(since)


def stage(folder: Path) -> int:
    """Tell a number that rises each time something that was written appears or ends by itself."""
    return _known(folder).stage(clock.now())


def front(folder: Path, acronym: str, language: str) -> Front | None:
    """Find the words that were written for the front page of this conference, if any were."""
    for candidate in (language, FALLBACK):
        path = folder / "front" / candidate / f"{acronym}.md"
        if acronym.replace("-", "").isalnum() and path.is_file():
            return _front(path, candidate)
    return None


def set_page(version: Version, body: str, root: str, prefix: str = "") -> Page:
    """Set a page, as readers see it; the ids of its headings may begin with a prefix."""
    set_out = prose.written(body, root, prefix=prefix)
    return Page(
        slug=version.slug,
        language=version.language,
        title=version.title,
        summary=version.summary,
        updated=version.dated_on,
        body=set_out.html,
        headings=set_out.headings,
    )


def set_news(version: Version, body: str, root: str, prefix: str = "", below: int = 2) -> News:
    """Set a news item, as readers see it below its title, which is a heading of this level."""
    begins = f"{prefix}{version.slug}-"
    return News(
        slug=version.slug,
        language=version.language,
        title=version.title,
        summary=version.summary,
        published=version.dated_on,
        body=prose.written(body, root, below=below, prefix=begins).html,
        appeared_at=version.appears_at,
    )


_page = lru_cache(maxsize=MOST_SET)(set_page)
_news = lru_cache(maxsize=MOST_SET)(set_news)


def written(folder: Path) -> Writings:
    """Read what has been written as it is now, in the transaction that is going on."""
    return _read(folder, db.session.connection())


def body(folder: Path, version: Version) -> str:
    """Give the Markdown of a version, in the transaction that is going on."""
    if version.number == versions.AS_SHIPPED:
        return shipped.texts(folder).bodies[version.key]
    return db.session.scalars(
        select(models.Writing.body).where(models.Writing.id == version.id)
    ).one()


def _held(folder: Path) -> Writings:
    """Give what has been written, as of this edition."""
    return edition.kept("writings", lambda: _read_beside(folder))


def _known(folder: Path) -> Writings:
    """Give what has been written; what was shipped where the database has never been there."""
    try:
        return _held(folder)
    except SQLAlchemyError as fault:
        if not log_if_unavailable(fault, "writings"):
            raise
        return Writings(shipped.texts(folder).versions)


def _read_beside(folder: Path) -> Writings:
    with reading(db.engine) as connection:
        return _read(folder, connection)


def _read(folder: Path, connection: Connection) -> Writings:
    writings = Writings(
        shipped=shipped.texts(folder).versions,
        written=[Version(*row) for row in connection.execute(WRITTEN)],
        links=[Place(*row) for row in connection.execute(LINKS)],
    )
    if not writings.written:
        return writings
    wanted = [one.id for one in versions.that_may_count(writings, clock.now())]
    found = connection.execute(BODIES.where(models.Writing.id.in_(wanted)))
    return replace(writings, bodies={row.id: row.body for row in found})


def _body(folder: Path, version: Version) -> str:
    """Give the Markdown of a version; one that has long been replaced is read when asked for."""
    if version.number == versions.AS_SHIPPED:
        return shipped.texts(folder).bodies[version.key]
    held = _known(folder).bodies.get(version.id)
    if held is not None:
        return held
    with reading(db.engine) as connection:
        return str(connection.execute(BODIES.where(models.Writing.id == version.id)).one().body)


@cache
def _front(path: Path, language: str) -> Front:
    facts, _ = shipped.parts(path)
    return Front(language, prose.line_html(facts["upper"]), prose.line_html(facts["lower"]))
