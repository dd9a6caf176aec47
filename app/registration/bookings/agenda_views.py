"""A delegate's agenda, linked to their booking so that the booking's link opens both.

These pages are under the path of agendas, since browsers send the agenda cookie only there.
"""

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.agenda import cookie, services
from app.agenda.models import Agenda
from app.delegates.models import Delegate
from app.errors import RuleViolation
from app.registration.bookings import access, agenda_links, queries
from app.registration.bookings.forms import AgendaForm
from app.registration.session_bookings import cookie as seats_cookie
from app.web import redirects
from app.web.rendering import render_page
from app.web.security_headers import no_referrer

bp = Blueprint("booking_agenda", __name__, url_prefix="/agenda/booking")
no_referrer(bp)
bp.context_processor(redirects.flash_context)

redirects.MESSAGES["booking_agenda"] |= {"agenda-emails": _l("Your choice has been saved.")}


@bp.route("/<secret>", methods=["GET", "POST"])
def show(secret: str) -> ResponseReturnValue:
    """Show the agenda that is linked to a booking, and the one in this browser.

    From then on, the agenda of this browser shows the seats of the booking, too.
    """
    delegate = access.get_booking(secret)
    linked, own = queries.find_linked_agenda(delegate), cookie.current_agenda()
    form = AgendaForm()
    if form.validate_on_submit():
        return _apply_action(form, delegate, linked, own, url_for(".show", secret=secret))
    return seats_cookie.set_cookie(_render(secret, delegate, form, linked, own), delegate)


def _render(
    secret: str, delegate: Delegate, form: AgendaForm, linked: Agenda | None, own: Agenda | None
) -> Response:
    link = queries.find_agenda_link(delegate)
    form.allows_emails.data = link is not None and link.emails_agreed_at is not None
    breadcrumbs = [(gettext("Your booking"), url_for("bookings.show", secret=secret))]
    return render_page(
        "registration/booking_agenda.html",
        form=form,
        linked=linked,
        own=own,
        breadcrumbs=breadcrumbs,
    )


def _apply_action(
    form: AgendaForm, delegate: Delegate, linked: Agenda | None, own: Agenda | None, own_url: str
) -> Response:
    """Link, unlink or open an agenda, or save the consent to emails, depending on the button."""
    fields, allows_emails = request.form, bool(form.allows_emails.data)
    if "consent" in fields:
        agenda_links.allow_agenda_emails(delegate, is_allowed=allows_emails)
        return redirects.redirect_to(own_url, "agenda-emails")
    if "end" in fields:
        agenda_links.unlink_agenda(delegate)
        return _redirect(own_url)
    if "keep" in fields and own is not None:
        agenda_links.link_agenda(delegate, own, allows_emails=allows_emails)
        return _redirect(own_url)
    if linked is None:
        raise RuleViolation("No agenda is saved with this booking")
    if "join" in fields and own is not None and own is not linked:
        services.merge(linked, own)
    return cookie.set_cookie(_redirect(url_for("agenda.show")), linked)


def _redirect(url: str) -> Response:
    return Response(status=303, headers={"Location": url})
