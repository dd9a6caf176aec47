"""The pages on which a wrong email address is put right.

A new address counts only when its reader has pressed the button on the page that the letter
to it opens. Who only holds a confirmation page is told the same words whether the place was
theirs or somebody else's.
"""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from app.forms import ButtonForm, checks_its_own_token
from app.registration import links
from app.registration import queries as registration
from app.registration.bookings import queries, services
from app.registration.bookings.deeds import SameAddress, Stale
from app.registration.bookings.forms import CorrectAddressForm, NewAddressForm
from app.web.pages import page

pages = Blueprint("addresses", __name__)
by_receipt = Blueprint("receipts", __name__, url_prefix="/confirmation/<token>")


@pages.route("/<secret>/address", methods=["GET", "POST"])
@checks_its_own_token
def correct(secret: str) -> ResponseReturnValue:
    """Let the holder of the booking link give another address."""
    delegate = queries.standing_booking(links.delegate_key(secret))
    form = CorrectAddressForm(data={"seen": delegate.changes})
    if form.validate_on_submit():
        try:
            services.correct_address(delegate, str(form.email.data), form.changes_seen)
        except Stale as refusal:
            form.refuse(refusal, delegate.changes)
        except SameAddress as refusal:
            form.reject(form.email, refusal)
        else:
            return redirect(url_for("bookings.shown", secret=secret, news="asked"), 303)
    return _asked(form, delegate.email, url_for("bookings.shown", secret=secret))


@pages.post("/<secret>/address/keep")
def keep(secret: str) -> ResponseReturnValue:
    """Take a correction back that nobody has confirmed yet."""
    services.keep_address(queries.standing_booking(links.delegate_key(secret)))
    return redirect(url_for("bookings.shown", secret=secret, news="kept"), 303)


@pages.route("/new-address/<secret>", methods=["GET", "POST"])
@checks_its_own_token
def confirm(secret: str) -> ResponseReturnValue:
    """Let the reader of the letter to a new address say that it is right."""
    delegate = queries.booking_to_readdress(links.new_address_key(secret))
    form = ButtonForm()
    if form.validate_on_submit():
        services.confirm_address(delegate)
        token = links.booking_token(delegate)
        return redirect(url_for("bookings.shown", secret=token, news="confirmed"), 303)
    status = 422 if form.errors else 200
    return page("registration/booking_new_address.html", status, form=form, delegate=delegate)


@by_receipt.route("/address", methods=["GET", "POST"])
@checks_its_own_token
def wrong(token: str) -> ResponseReturnValue:
    """Let the holder of a confirmation page give another address."""
    receipt = registration.receipt(links.receipt_key(token))
    form = NewAddressForm()
    if form.validate_on_submit():
        try:
            services.correct_address_by_receipt(receipt, str(form.email.data))
        except SameAddress as refusal:
            form.reject(form.email, refusal)
        else:
            return redirect(url_for(".asked", token=token), 303)
    return _asked(form, receipt.email, url_for("registration.confirmation", token=token))


@by_receipt.get("/address/asked")
def asked(token: str) -> ResponseReturnValue:
    """Say where to look for the letter, whoever it went to."""
    registration.receipt(links.receipt_key(token))
    return page("registration/address_asked.html", token=token)


def _asked(form: NewAddressForm, email: str, back: str) -> ResponseReturnValue:
    return page(
        "registration/address.html",
        status=422 if form.errors else 200,
        form=form,
        known=email,
        steps=0,
        back=back,
    )
