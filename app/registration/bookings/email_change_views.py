"""Pages to correct a wrong email address.

A new address takes effect when its recipient presses the button on the page linked in the email. A
visitor who only has a confirmation page sees the same text whether or not the booking is theirs;
the full address is shown only in the browser in which it was typed.
"""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.errors import RateLimitExceeded
from app.forms.form import ConfirmForm, validates_own_csrf
from app.registration import cookie, emails, links
from app.registration import queries as registration
from app.registration.bookings import access, queries, services
from app.registration.bookings.forms import CorrectEmailForm, NewEmailForm
from app.registration.bookings.operations import EmailUnchanged, StaleBooking
from app.web.error_handlers import refuse
from app.web.rendering import render_page

bp = Blueprint("email_change", __name__)
correction_bp = Blueprint("email_correction", __name__, url_prefix="/confirmation/<token>")


@bp.route("/<secret>/address", methods=["GET", "POST"])
@validates_own_csrf
def edit(secret: str) -> ResponseReturnValue:
    """Enter another address, with the booking link."""
    delegate = access.get_editable_booking(secret)
    form = CorrectEmailForm(data={"expected_version": delegate.version})
    if form.validate_on_submit():
        try:
            services.request_email_change(
                delegate, str(form.email.data), form.expected_version.data, request.remote_addr
            )
        except StaleBooking as refusal:
            form.reject_and_rebase(refusal, delegate.version)
        except EmailUnchanged as refusal:
            form.add_error(form.email, refusal)
        except RateLimitExceeded as refusal:
            form.reject(refusal)
        else:
            return redirect(url_for("bookings.show", secret=secret, news="asked"), 303)
    back = (url_for("bookings.show", secret=secret), gettext("Back to your booking"))
    return _render_form(form, delegate.email, back)


@bp.post("/<secret>/address/keep")
def cancel(secret: str) -> ResponseReturnValue:
    """Cancel a change that is not yet confirmed."""
    services.cancel_email_change(access.get_editable_booking(secret))
    return redirect(url_for("bookings.show", secret=secret, news="kept"), 303)


@bp.route("/new-address/<secret>", methods=["GET", "POST"])
@validates_own_csrf
def confirm(secret: str) -> ResponseReturnValue:
    """Confirm a new address, with the link in the email to it."""
    delegate = queries.get_booking_for_email_change(links.read_email_change_key(secret))
    form = ConfirmForm()
    if form.validate_on_submit():
        are_needs_removed = services.confirm_email_change(delegate)
        token = links.booking_token(delegate)
        flash_name = "confirmed_without_needs" if are_needs_removed else "confirmed"
        return redirect(url_for("bookings.show", secret=token, news=flash_name), 303)
    return render_page("registration/booking_new_email.html", form=form, delegate=delegate)


@correction_bp.route("/address", methods=["GET", "POST"])
@validates_own_csrf
def correct_email(token: str) -> ResponseReturnValue:
    """Enter another address, from a confirmation page."""
    receipt = registration.get_confirmation(links.read_confirmation_key(token))
    form = NewEmailForm()
    if form.validate_on_submit():
        try:
            services.correct_email_by_confirmation(
                receipt,
                str(form.email.data),
                is_same_browser=cookie.has_confirmation(receipt),
                ip_address=request.remote_addr,
            )
        except EmailUnchanged as refusal:
            form.add_error(form.email, refusal)
        except RateLimitExceeded as refusal:
            form.reject(refusal)
        else:
            return redirect(url_for(".correction_sent", token=token), 303)
    back = (url_for("registration.check.confirmation", token=token), gettext("Back"))
    is_typed_here = cookie.has_confirmation(receipt)
    email = receipt.email if is_typed_here else emails.mask_email(receipt.email)
    return _render_form(form, email, back)


@correction_bp.get("/address/asked")
def correction_sent(token: str) -> ResponseReturnValue:
    """Say where to look for the email; the text is the same whoever got it."""
    registration.get_confirmation(links.read_confirmation_key(token))
    return render_page("registration/email_correction_sent.html", token=token)


def _render_form(form: NewEmailForm, email: str, back: tuple[str, str]) -> ResponseReturnValue:
    """Ask for the address; ``back`` is the URL and text of a link without an answer."""
    page = render_page(
        "registration/email_correction.html",
        form=form,
        current_email=email,
        steps=0,
        back=back[0],
        back_label=back[1],
    )
    return refuse(page, form.rate_limit) if form.rate_limit else page
