"""What other programs read: like the pages it is public, and kept until the next release."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from app.programme import calendars, releases
from app.web import headers
from app.web.pages import absolute_url
from app.web.public import public

pages = Blueprint("feeds", __name__)
headers.open_to_other_sites(pages)


@pages.get("/programme.ics")
@public
def calendar() -> ResponseReturnValue:
    programme = releases.current()
    written = calendars.written(
        programme,
        site=_site(),
        name=programme.conference.title,
        address=absolute_url("programme.feeds.calendar"),
    )
    return Response(written, mimetype="text/calendar")


@pages.get("/sessions/<slug>.ics")
@public
def session_calendar(slug: str) -> ResponseReturnValue:
    programme = releases.current()
    found = calendars.entry(programme, slug)
    written = calendars.written(
        programme,
        site=_site(),
        name=found.told.title,
        address=absolute_url("programme.feeds.session_calendar", slug=slug),
        keys={found.told.key},
    )
    return Response(written, mimetype="text/calendar")


def _site() -> str:
    """Give what stands before the addresses of pages, in the language of the moment."""
    return absolute_url("site.home").rstrip("/")
