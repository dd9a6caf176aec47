"""A delegate's agenda, kept with their booking: whoever holds its link finds both.

These pages stand at the addresses of agendas, for there alone a browser sends the key of its own.
"""

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.agenda import holding
from app.agenda import services as agendas
from app.agenda.models import Agenda
from app.errors import Refused
from app.forms import ButtonForm
from app.registration import links
from app.registration.bookings import deeds, queries
from app.registration.models import Delegate
from app.web.pages import page

pages = Blueprint("booking_agenda", __name__, url_prefix="/agenda/booking")


@pages.route("/<secret>", methods=["GET", "POST"])
def shown(secret: str) -> ResponseReturnValue:
    """Show which agenda is kept with a booking, and which this browser has."""
    delegate = queries.booking(links.delegate_key(secret))
    kept, own = queries.agenda_with(delegate), holding.held()
    form = ButtonForm()
    if form.validate_on_submit():
        return _done(delegate, kept, own, url_for(".shown", secret=secret))
    above = [(gettext("Your booking"), url_for("bookings.shown", secret=secret))]
    return page("registration/booking_agenda.html", form=form, kept=kept, own=own, trail=above)


def _done(delegate: Delegate, kept: Agenda | None, own: Agenda | None, here: str) -> Response:
    """Do what was asked with the two agendas, where they are there."""
    asked = request.form
    if "end" in asked:
        deeds.end_agenda(delegate)
        return _see(here)
    if "keep" in asked and own is not None:
        deeds.keep_agenda(delegate, own)
        return _see(here)
    if kept is None:
        raise Refused("No agenda is kept with this booking")
    if "join" in asked and own is not None and own is not kept:
        agendas.join(kept, own)
    return holding.remember(_see(url_for("agenda.shown")), kept)


def _see(address: str) -> Response:
    return Response(status=303, headers={"Location": address})
