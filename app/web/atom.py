"""A feed as news readers take it (RFC 4287).

An identity is a tag (RFC 4151), the same for ever: from it a reader knows what it has seen.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from flask import current_app
from flask.wrappers import Response

from app.web import languages
from app.web.pages import page

MEDIA_TYPE = "application/atom+xml"
SINCE = 2008  # the year from which the tags count; another would make every entry a new one
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2


@dataclass(frozen=True)
class Entry:
    """Something new."""

    identity: str  # among all that this site tells of: whats-new/registration-is-open
    title: str
    address: str
    published: datetime
    updated: datetime
    summary: str
    content: str  # HTML
    language: str


@dataclass(frozen=True)
class Feed:
    """What is new of one sort, the newest first."""

    identity: str
    title: str
    address: str  # its own
    page: str  # the page that shows the same
    entries: Sequence[Entry]
    begins: datetime  # what it says of itself while there is no entry

    @property
    def updated(self) -> datetime:
        """When the newest of it came."""
        return max((one.updated for one in self.entries), default=self.begins)

    def tag(self, identity: str) -> str:
        """Give an identity as a tag."""
        host = urlsplit(current_app.config["SITE_URL"]).hostname
        return f"tag:{host},{SINCE}:{identity}"

    @property
    def own_tag(self) -> str:
        """Give its own identity: each language has a feed of its own."""
        return self.tag(f"{languages.current().code}/{self.identity}")


def written(feed: Feed) -> Response:
    """Write a feed down."""
    answer = page("components/feed.xml", feed=feed)
    answer.set_data(NOT_IN_XML.sub("", answer.get_data(as_text=True)))
    answer.mimetype = MEDIA_TYPE
    return answer


def whole(html: str) -> str:
    """Let the links in a piece of HTML lead here from anywhere."""
    site: str = current_app.config["SITE_URL"]
    return re.sub(r'(href|src)="/(?!/)', rf'\1="{site}/', html)
