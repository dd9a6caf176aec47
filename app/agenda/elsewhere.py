"""An agenda elsewhere: on another device, and in the calendar of whoever made it.

A link that carries an agenda to another device is good for a quarter of an hour; what it opens is
a page with a button. The address for calendars is good until another one is made.
"""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import clock
from app.agenda import holding, queries, services
from app.agenda.models import Agenda
from app.errors import Gone, NotFound
from app.forms import ButtonForm
from app.programme import calendars, releases
from app.web import qr, signing
from app.web.pages import absolute_url, page

LINK, FEED = "agenda for another device", "agenda for calendars"  # what a secret is good for
LINK_LASTS = timedelta(minutes=15)

pages = Blueprint("elsewhere", __name__)


@pages.get("/move")
def move() -> ResponseReturnValue:
    """Show a link, and a code that holds it, for another device."""
    agenda = holding.held()
    link = link_to(agenda) if agenda else ""
    drawn = qr.drawn(link) if link else ""
    return page("agenda/move.html", link=link, drawn=drawn, trail=_beneath_agenda())


@pages.route("/from/<secret>", methods=["GET", "POST"])
def take(secret: str) -> ResponseReturnValue:
    """Let another device have an agenda, and join its own with it."""
    agenda, own = _carried(secret), holding.held()
    form = ButtonForm()
    if form.validate_on_submit():
        if "join" in request.form and own is not None and own is not agenda:
            services.join(agenda, own)
        return holding.remember(_see_agenda(), agenda)
    return page("agenda/take.html", form=form, agenda=agenda, own=own, trail=_beneath_agenda())


@pages.post("/calendar")
def change_address() -> ResponseReturnValue:
    """End the address for calendars, and make another one."""
    agenda = holding.held()
    if agenda is None:
        raise NotFound("This browser has no agenda yet")
    services.change_feed_address(agenda)
    return _see_agenda()


@pages.get("/<secret>.ics")
def feed(secret: str) -> ResponseReturnValue:
    """Give an agenda to a calendar that subscribes to it."""
    agenda = _subscribed(secret)
    programme = releases.current()
    written = calendars.written(
        programme,
        site=absolute_url("site.home").rstrip("/"),
        name=gettext("My agenda: %(title)s", title=programme.conference.title),
        address=feed_address(agenda),
        keys={star.session_key for star in agenda.stars},
    )
    answer = Response(written, mimetype="text/calendar")
    answer.add_etag()
    return answer.make_conditional(request)


def link_to(agenda: Agenda) -> str:
    """Give a link that carries an agenda to another device, for a while."""
    until = clock.real_now() + LINK_LASTS
    secret = signing.signed(LINK, f"{agenda.key} {until.timestamp():.0f}")
    return absolute_url("agenda.elsewhere.take", secret=secret)


def feed_address(agenda: Agenda) -> str:
    """Give the address at which a calendar finds an agenda."""
    return absolute_url("agenda.elsewhere.feed", secret=signing.signed(FEED, agenda.feed_key))


def _carried(secret: str) -> Agenda:
    """Find the agenda that a link carries to this device."""
    key, _, until = (signing.read(LINK, secret) or "").rpartition(" ")
    if not key:
        raise NotFound("That link is not complete: copy all of it, or read the code again")
    if clock.real_now() > datetime.fromtimestamp(int(until), UTC):
        raise Gone("That link was good for a quarter of an hour. Make another one")
    found = services.hold(key) if request.method == "POST" else queries.agenda(key)
    if found is None:
        raise Gone("That agenda is not there any more")
    return found


def _subscribed(secret: str) -> Agenda:
    key = signing.read(FEED, secret)
    if key is None:
        raise NotFound("There is no calendar at that address")
    found = queries.agenda_of_feed(key)
    if found is None:
        raise Gone("This address for calendars is no longer in use")
    return found


def _see_agenda() -> Response:
    return Response(status=303, headers={"Location": url_for("agenda.shown")})


def _beneath_agenda() -> list[tuple[str, str]]:
    return [(gettext("My agenda"), url_for("agenda.shown"))]
