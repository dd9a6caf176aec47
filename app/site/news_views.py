"""News in the visitor's language, for pages and the Atom feed."""

from collections.abc import Sequence
from datetime import datetime, time

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.content import queries
from app.content.queries import NewsItem
from app.content.views import get_content_folder
from app.releases import current_release
from app.web import atom, languages, security_headers
from app.web.cache_policy import cacheable
from app.web.formatting import conference_zone
from app.web.rendering import absolute_url

MAX_FEED_ENTRIES = 30

bp = Blueprint("news_feed", __name__)
security_headers.allow_cors(bp)


@bp.get("/whats-new.atom")
@cacheable
def feed() -> ResponseReturnValue:
    conference = current_release.get_programme().conference
    return atom.render_feed(
        atom.AtomFeed(
            identity="whats-new",
            title=gettext("What’s new – %(title)s", title=conference.title),
            url=absolute_url("news_feed.feed"),
            page_url=absolute_url("site.whats_new"),
            entries=[_feed_entry(item) for item in list_news()[:MAX_FEED_ENTRIES]],
            started_at=datetime.combine(conference.starts_on, time(), conference_zone()),
        )
    )


def list_news() -> Sequence[NewsItem]:
    """Return the news in the current language, the newest first."""
    return queries.list_news(
        get_content_folder(), _language_code(), languages.url_prefix(_language_code())
    )


def get_news_item(slug: str) -> NewsItem:
    """Return one news item; raise NotFound if there is none."""
    return queries.get_news_item(
        get_content_folder(), slug, _language_code(), languages.url_prefix(_language_code())
    )


def _feed_entry(item: NewsItem) -> atom.AtomEntry:
    published = datetime.combine(item.published, time(), conference_zone())
    return atom.AtomEntry(
        identity=f"whats-new/{item.slug}",
        title=item.title,
        url=absolute_url("site.news_item", slug=item.slug),
        published=published,
        updated=max(published, item.appeared_at or published),
        summary=item.summary,
        content=atom.absolutise_links(item.body),
        language=item.language,
    )


def _language_code() -> str:
    return languages.current().code
