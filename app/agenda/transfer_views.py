"""An agenda on another device, and in a calendar application.

A link to another device is valid for a quarter of an hour and opens a page with a button. The
calendar URL is valid until it is replaced.
"""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import clock
from app.agenda import cookie, services
from app.agenda.models import Agenda
from app.errors import Gone, NotFound, require
from app.forms.form import ConfirmForm
from app.interchange import ical_writer
from app.releases import current_release
from app.web import signing
from app.web.formatting import format_qr_code
from app.web.rendering import absolute_url, render_page

TRANSFER_SALT, FEED_SALT = (
    "agenda for another device",
    "agenda for calendars",
)  # salts of signatures
TRANSFER_LINK_LIFETIME = timedelta(minutes=15)

bp = Blueprint("transfer", __name__)


@bp.get("/move")
def show_transfer() -> ResponseReturnValue:
    """Show a link to open on another device, with its QR code."""
    agenda = cookie.current_agenda()
    link = transfer_link(agenda) if agenda else ""
    drawn = format_qr_code(link) if link else ""
    return render_page("agenda/transfer.html", link=link, qr_svg=drawn, breadcrumbs=_breadcrumbs())


@bp.route("/from/<secret>", methods=["GET", "POST"])
def accept_transfer(secret: str) -> ResponseReturnValue:
    """Open an agenda on this device, and merge this device's own agenda into it."""
    key = _read_transfer_key(secret)
    if request.method == "POST":  # two devices may accept each other's agenda concurrently
        services.lock_in_order({key, cookie.read_key() or ""})
    agenda, own = _get_transferred_agenda(key), cookie.current_agenda()
    form = ConfirmForm()
    if form.validate_on_submit():
        if "join" in request.form and own is not None and own is not agenda:
            services.merge(agenda, own)
        return cookie.set_cookie(_redirect_to_agenda(), agenda)
    return render_page(
        "agenda/accept_transfer.html", form=form, agenda=agenda, own=own, breadcrumbs=_breadcrumbs()
    )


@bp.post("/calendar")
def rotate_feed_key() -> ResponseReturnValue:
    """Replace the calendar URL."""
    agenda = require(cookie.current_agenda(), NotFound("This browser has no agenda yet"))
    services.rotate_feed_key(agenda)
    return _redirect_to_agenda()


@bp.get("/<secret>.ics")
def feed(secret: str) -> ResponseReturnValue:
    """Serve an agenda as an iCalendar feed."""
    agenda = _get_feed_agenda(secret)
    programme = current_release.get_programme()
    written = ical_writer.dump(
        programme,
        site=absolute_url("site.home").rstrip("/"),
        name=gettext("My agenda: %(title)s", title=programme.conference.title),
        address=feed_url(agenda),
        keys={star.session_key for star in agenda.stars},
    )
    answer = Response(written, mimetype="text/calendar")
    answer.add_etag()
    return answer.make_conditional(request)


def transfer_link(agenda: Agenda) -> str:
    """Return a link that opens an agenda on another device, for a quarter of an hour."""
    expires_at = clock.real_now() + TRANSFER_LINK_LIFETIME
    secret = signing.sign(TRANSFER_SALT, f"{agenda.key} {expires_at.timestamp():.0f}")
    return absolute_url("agenda.transfer.accept_transfer", secret=secret)


def feed_url(agenda: Agenda) -> str:
    """Return the URL of an agenda for calendar applications."""
    return absolute_url("agenda.transfer.feed", secret=signing.sign(FEED_SALT, agenda.feed_key))


def _read_transfer_key(secret: str) -> str:
    """Return the key of the agenda that a transfer link opens; raise NotFound or Gone."""
    key, _, expires_at = (signing.unsign(TRANSFER_SALT, secret) or "").rpartition(" ")
    if not key:
        raise NotFound("The link is not complete. Copy all of it, or scan the code again")
    if clock.real_now() > datetime.fromtimestamp(int(expires_at), UTC):
        raise Gone("This link worked for 15 minutes. Create a new one on the other device")
    return key


def _get_transferred_agenda(key: str) -> Agenda:
    found = services.get_for_update(key) if request.method == "POST" else services.find_agenda(key)
    return require(found, Gone("This agenda no longer exists"))


def _get_feed_agenda(secret: str) -> Agenda:
    key = require(signing.unsign(FEED_SALT, secret), NotFound("This calendar link is not correct"))
    found = services.find_agenda_by_feed_key(key)
    return require(found, Gone("This calendar link has been replaced"))


def _redirect_to_agenda() -> Response:
    return Response(status=303, headers={"Location": url_for("agenda.show")})


def _breadcrumbs() -> list[tuple[str, str]]:
    return [(gettext("My agenda"), url_for("agenda.show"))]
