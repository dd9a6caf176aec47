"""Atom feeds (RFC 4287).

The ID of an entry is a tag URI (RFC 4151) that never changes, so that feed readers recognise
entries they have already shown.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from flask import current_app
from flask.wrappers import Response

from app.web import languages
from app.web.rendering import render_page

MEDIA_TYPE = "application/atom+xml"
TAG_YEAR = 2008  # the year in tag URIs; changing it would make every entry look new
INVALID_XML_CHARACTERS = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)  # XML 1.0, 2.2


@dataclass(frozen=True)
class AtomEntry:
    """An entry of a feed."""

    identity: str  # unique on this site: whats-new/registration-is-open
    title: str
    url: str
    published: datetime
    updated: datetime
    summary: str
    content: str  # HTML
    language: str


@dataclass(frozen=True)
class AtomFeed:
    """A feed and its entries, the newest first."""

    identity: str
    title: str
    url: str  # of the feed
    page_url: str  # the page with the same content
    entries: Sequence[AtomEntry]
    started_at: datetime  # its date while there are no entries

    @property
    def updated(self) -> datetime:
        """Return when the newest entry was updated, or ``started_at`` if there is none."""
        return max((entry.updated for entry in self.entries), default=self.started_at)

    def tag_uri(self, identity: str) -> str:
        """Return the tag URI of an identity (RFC 4151)."""
        host = urlsplit(current_app.config["SITE_URL"]).hostname
        return f"tag:{host},{TAG_YEAR}:{identity}"

    @property
    def feed_tag_uri(self) -> str:
        """Return the ID of the feed itself; each language has its own feed."""
        return self.tag_uri(f"{languages.current().code}/{self.identity}")


def render_feed(feed: AtomFeed) -> Response:
    """Return the feed as a response, without characters that XML 1.0 forbids."""
    response = render_page("components/feed.xml", feed=feed)
    response.set_data(INVALID_XML_CHARACTERS.sub("", response.get_data(as_text=True)))
    response.mimetype = MEDIA_TYPE
    return response


def absolutise_links(html: str) -> str:
    """Return HTML in which links to paths of this site are absolute."""
    site: str = current_app.config["SITE_URL"]
    return re.sub(r'(href|src)="/(?!/)', rf'\1="{site}/', html)
