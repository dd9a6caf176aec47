"""Offering a delegate's place to a colleague on their behalf, or withdrawing the offer."""

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from app.accounts.guards import current_actor
from app.admin.delegates.edit_views import redirect_to
from app.delegates.models import Delegate
from app.errors import RuleViolation
from app.forms.fields import name_field, other_persons_email_field
from app.forms.form import ConfirmForm, Form, validates_own_csrf
from app.registration.desk import queries
from app.registration.transfers import queries as transfers
from app.registration.transfers import services
from app.registration.transfers.services import Colleague
from app.web import redirects
from app.web.rendering import render_page

bp = Blueprint("transfer", __name__, url_prefix="/<reference>/pass-on")

redirects.MESSAGES["admin"] |= {
    "place-offered": _l("The place has been offered. We are emailing the colleague."),
    "place-kept": _l("The place is no longer offered. The link in the email does not work."),
}


class OfferPlaceForm(Form):
    """Enter who is to get a delegate's place."""

    name = name_field(
        _l("Name of the colleague"),
        _l("The name"),
        _l("Enter the name of the colleague"),
        autocomplete="off",
    )
    email = other_persons_email_field(_l("Email address of the colleague"))
    keeps_seats = BooleanField(_l("Give them the seats in sessions too"), default=True)

    def get_colleague(self) -> Colleague:
        """Return what was typed."""
        return Colleague(
            str(self.name.data), str(self.email.data), keeps_seats=bool(self.keeps_seats.data)
        )


@bp.route("", methods=["GET", "POST"])
@validates_own_csrf
def offer(reference: str) -> ResponseReturnValue:
    delegate = queries.get_delegate(reference)
    form = OfferPlaceForm()
    if form.validate_on_submit():
        try:
            services.offer(delegate, form.get_colleague(), actor=current_actor())
        except RuleViolation as refusal:
            form.form_errors.append(gettext(str(refusal)))
        else:
            return redirect_to(delegate, "place-offered")
    return _render(form, delegate)


@bp.post("/stop")
def withdraw(reference: str) -> ResponseReturnValue:
    """Withdraw the offer."""
    delegate = queries.get_delegate(reference)
    is_changed = services.withdraw(delegate, actor=current_actor())
    return redirect_to(delegate, "place-kept" if is_changed else "as-it-was")


def _render(form: OfferPlaceForm, delegate: Delegate) -> ResponseReturnValue:
    url = url_for("admin.delegates.show", reference=delegate.reference)
    return render_page(
        "admin/delegates/pass_on.html",
        form=form,
        stop_form=ConfirmForm(),
        delegate=delegate,
        transfer=transfers.find_open(delegate),
        breadcrumbs=[(delegate.full_name, url)],
    )
