"""What other programs read: like the pages it is public, and kept until the next release."""

from datetime import datetime, time

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.programme import calendars, releases
from app.programme.exporting import FORMATS, sources
from app.programme.feeds import texts
from app.programme.following import queries, shown
from app.web import atom, headers
from app.web.pages import absolute_url
from app.web.public import public
from app.web.words import zone

MOST_CHANGES = 20  # releases in the feed

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


@pages.get("/<any('schedule.xml', 'schedule.json'):name>")
@public
def schedule(name: str) -> ResponseReturnValue:
    programme = releases.current()
    source = sources.published(programme.document, _site(), version=f"release {programme.number}")
    return Response(FORMATS[name].write(source), mimetype=FORMATS[name].media_type)


pages.add_url_rule("/programme.txt", view_func=public(texts.whole))
pages.add_url_rule("/programme/<day:asked>.txt", view_func=public(texts.day))
pages.add_url_rule("/sessions/<slug>.txt", view_func=public(texts.session))


@pages.get("/changes.atom")
@public
def changes() -> ResponseReturnValue:
    programme = releases.current()
    some = queries.past().showings[:MOST_CHANGES]
    return atom.written(
        atom.Feed(
            identity="changes",
            title=gettext("Changes – %(title)s", title=programme.conference.title),
            address=absolute_url("programme.feeds.changes"),
            page=absolute_url("programme.following.changes"),
            entries=[
                shown.entry(shown.change(one, programme, shown.MOST_IN_A_LIST)) for one in some
            ],
            begins=datetime.combine(programme.conference.starts_on, time(), zone()),
        )
    )


def _site() -> str:
    """Give what stands before the addresses of pages, in the language of the moment."""
    return absolute_url("site.home").rstrip("/")
