"""Every public page in one list, for search engines (sitemaps.org, protocol 0.9)."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from flask.typing import ResponseReturnValue

from app.content import queries as content
from app.content.views import folder
from app.programme import releases
from app.programme.published import Programme
from app.site import news
from app.web.pages import absolute_url, page
from app.web.public import public

PUBLIC_PAGES = (
    "site.home",
    "site.whats_new",
    "programme.now.shown",
    "site.site_map",
    "site.developers",
    "site.offline",
)
OF_THE_PROGRAMME = (
    "programme.whole",
    "programme.titles",
    "programme.speakers",
    "programme.following.changes",
)


class Listed(NamedTuple):
    """A page, and since when it says what it says, where that is known."""

    address: str
    changed: date | datetime | None = None


@public
def sitemap() -> ResponseReturnValue:
    """List the public pages."""
    answer = page("site/sitemap.xml", listed=list(_pages(releases.current())))
    answer.mimetype = "application/xml"
    return answer


def _pages(programme: Programme) -> Iterator[Listed]:
    yield from (Listed(absolute_url(endpoint)) for endpoint in PUBLIC_PAGES)
    for slug, updated in content.last_changes(folder()).items():
        yield Listed(absolute_url("content.shown", slug=slug), updated)
    for item in news.items():
        yield Listed(
            absolute_url("site.news_item", slug=item.slug), item.appeared_at or item.published
        )
    for number in range(1, programme.number + 1):
        yield Listed(absolute_url("programme.following.change", number=number))
    yield from (Listed(address, programme.published_at) for address in _of(programme))
    for session in programme.sessions:
        told = programme.revisions.get(session.key)
        changed = told.changed_at if told else programme.published_at
        yield Listed(absolute_url("programme.session", slug=session.slug), changed)


def _of(programme: Programme) -> Iterator[str]:
    """Give the pages that say the same until the next release."""
    yield from (absolute_url(endpoint) for endpoint in OF_THE_PROGRAMME)
    yield from (absolute_url("programme.day", asked=day.date) for day in programme.days)
    yield from (absolute_url("programme.theme", slug=one.slug) for one in programme.themes)
    yield from (absolute_url("programme.room", slug=one.slug) for one in programme.rooms)
    yield from (absolute_url("programme.speaker", slug=one.slug) for one in programme.speakers)
