"""News: what readers see of it in their language, and the feed that tells them."""

from collections.abc import Sequence
from datetime import datetime, time

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.content import queries
from app.content.queries import News
from app.content.views import folder
from app.programme import releases
from app.web import atom, headers, languages
from app.web.pages import absolute_url
from app.web.public import public
from app.web.words import zone

MOST_IN_THE_FEED = 30

feeds = Blueprint("feeds", __name__)
headers.open_to_other_sites(feeds)


@feeds.get("/whats-new.atom")
@public
def feed() -> ResponseReturnValue:
    """Give what is new to those who have asked to be told."""
    conference = releases.current().conference
    return atom.written(
        atom.Feed(
            identity="whats-new",
            title=gettext("What’s new – %(title)s", title=conference.title),
            address=absolute_url("site.feeds.feed"),
            page=absolute_url("site.whats_new"),
            entries=[_entry(item) for item in items()[:MOST_IN_THE_FEED]],
            begins=datetime.combine(conference.starts_on, time(), zone()),
        )
    )


def items() -> Sequence[News]:
    """List the news, the newest first."""
    return queries.news(folder(), _language(), languages.root(_language()))


def item(slug: str) -> News:
    """Find one item."""
    return queries.news_item(folder(), slug, _language(), languages.root(_language()))


def _entry(item: News) -> atom.Entry:
    published = datetime.combine(item.published, time(), zone())
    return atom.Entry(
        identity=f"whats-new/{item.slug}",
        title=item.title,
        address=absolute_url("site.news_item", slug=item.slug),
        published=published,
        updated=max(published, item.appeared_at or published),
        summary=item.summary,
        content=atom.whole(item.body),
        language=item.language,
    )


def _language() -> str:
    return languages.current().code
