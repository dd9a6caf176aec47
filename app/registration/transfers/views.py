"""Transferring a place: the delegate's page that offers it, and the colleague's to accept it.

Opening a link changes nothing, because mail scanners open every link; a button starts registering.
"""

from typing import cast

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from app.delegates.answer_json import Answers
from app.errors import ConferenceError, Gone, NotFound, RateLimitExceeded, RuleViolation
from app.forms.fields import name_field, other_persons_email_field
from app.forms.form import ConfirmForm, Form, validates_own_csrf
from app.history.services import ACTOR_DELEGATE
from app.registration import cookie, links
from app.registration import services as registration
from app.registration.bookings import access
from app.registration.transfers import queries, services
from app.registration.transfers.models import PlaceTransfer
from app.registration.transfers.services import Colleague, TransferEnded
from app.web.error_handlers import refuse
from app.web.rendering import render_page
from app.web.security_headers import no_referrer

bp = Blueprint("transfers", __name__, url_prefix="/place")
offer_bp = Blueprint("transfer", __name__)
no_referrer(bp)
bp.add_app_template_global(links.transfer_link)


class ColleagueForm(Form):
    """Enter who is to get the place."""

    name = name_field(
        _l("Your colleague’s name"),
        _l("The name"),
        _l("Enter your colleague’s name"),
        autocomplete="off",
    )
    email = other_persons_email_field(_l("Your colleague’s email address"))
    keeps_seats = BooleanField(_l("Give them my seats in sessions too"), default=True)

    def get_colleague(self) -> Colleague:
        """Return the submitted values."""
        return Colleague(
            str(self.name.data), str(self.email.data), keeps_seats=bool(self.keeps_seats.data)
        )


@bp.errorhandler(Gone)
@bp.errorhandler(NotFound)
@bp.errorhandler(TransferEnded)
def _render_ended(error: ConferenceError) -> ResponseReturnValue:
    status = 404 if isinstance(error, NotFound) else 410
    return render_ended(error, status)


def render_ended(error: ConferenceError, status: int) -> Response:
    """Explain why a place cannot be accepted any more."""
    return render_page("registration/transfers/ended.html", status, reason=gettext(str(error)))


@offer_bp.route("/<secret>/pass-on", methods=["GET", "POST"])
@validates_own_csrf
def offer(secret: str) -> ResponseReturnValue:
    delegate = access.get_editable_booking(secret)
    form = ColleagueForm()
    if form.validate_on_submit():
        try:
            services.offer_own(delegate, form.get_colleague(), ip_address=request.remote_addr)
        except RateLimitExceeded as refusal:
            form.reject(refusal)
            return refuse(_render_offer(form, secret), refusal)
        except RuleViolation as refusal:
            form.add_error(form.email, refusal)
        else:
            return redirect(url_for("bookings.show", secret=secret, news="place_offered"), 303)
    return _render_offer(form, secret)


@offer_bp.post("/<secret>/pass-on/stop")
def withdraw(secret: str) -> ResponseReturnValue:
    """Withdraw the offer."""
    is_changed = services.withdraw(access.get_editable_booking(secret), actor=ACTOR_DELEGATE)
    news = "place_kept" if is_changed else None
    return redirect(url_for("bookings.show", secret=secret, news=news), 303)


@bp.route("/<secret>", methods=["GET", "POST"])
@validates_own_csrf
def show(secret: str) -> ResponseReturnValue:
    """Show the offer, and start the questions of registration."""
    transfer = queries.get_by_key(links.read_transfer_key(secret))
    answers = services.get_first_answers(transfer)
    form = ConfirmForm()
    if form.validate_on_submit():
        try:
            return _start_registration(answers)
        except RateLimitExceeded as refusal:
            form.reject(refusal)
            return refuse(_render_page(form, transfer), refusal)
    return _render_page(form, transfer)


def _start_registration(answers: Answers) -> Response:
    """Start from scratch: the browser's earlier answers may be another person's."""
    secret = registration.create_draft(answers, ip_address=request.remote_addr)
    onward = redirect(url_for("registration.check.show"), 303)
    return cookie.ANSWERS.set(cast(Response, onward), secret)


def _render_page(form: ConfirmForm, transfer: PlaceTransfer) -> Response:
    return render_page("registration/transfers/show.html", form=form, transfer=transfer)


def _render_offer(form: ColleagueForm, secret: str) -> Response:
    back = url_for("bookings.show", secret=secret)
    return render_page("registration/transfers/offer.html", form=form, back=back)
