"""Changes to the waiting list out of turn: move a person up, offer manually, add places.

Each needs a reason, which the person can read on their own page.
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import SelectField

from app.accounts.guards import current_actor
from app.admin.settings_forms import places_field
from app.admin.waiting_list_actions import OfferForm, ReasonForm
from app.admin.waiting_list_views import get_entry
from app.delegates.categories import queries as categories
from app.delegates.models import CATEGORY_PREFIX, CONFERENCE
from app.errors import RuleViolation
from app.forms.form import Form, validates_own_csrf
from app.registration import category_services, conference_settings, seats
from app.registration import queries as registration
from app.registration.waiting_list import manual_changes
from app.registration.waiting_list.models import WaitingListEntry
from app.web import redirects
from app.web.rendering import render_page

redirects.MESSAGES["admin"] |= {
    "waiting-moved": _l("They are now at the top of the waiting list."),
    "waiting-offered": _l("We are emailing them the offer."),
    "places-raised": _l("The number of places has been changed. We are emailing the offers."),
}

bp = Blueprint("waiting_list_offers", __name__, url_prefix="/waiting-list")


class PlacesForm(Form):
    """More places, for the conference or for a category."""

    name = SelectField(_l("Places for"), validate_choice=False)
    places = places_field()

    def set_choices(self) -> None:
        """Offer the conference, and the categories with their own limits."""
        limited = categories.list_limits()
        offered = [
            (CONFERENCE, gettext("The whole conference")),
            *(
                (seats.name_category_limit(category.id), category.name)
                for category in categories.list_all()
                if category.id in limited
            ),
        ]
        self.name.choices = offered
        if self.name.data not in dict(offered):
            self.name.data = CONFERENCE


@bp.route("/<int:number>/move-up", methods=["GET", "POST"])
@validates_own_csrf
def move_up(number: int) -> ResponseReturnValue:
    entry, form = get_entry(number), ReasonForm()

    def act() -> None:
        manual_changes.move_to_top(entry, reason=str(form.reason.data), actor=current_actor())

    return _run(entry, form, act, "waiting-moved", "move_up")


@bp.route("/<int:number>/offer", methods=["GET", "POST"])
@validates_own_csrf
def offer(number: int) -> ResponseReturnValue:
    entry, form = get_entry(number), OfferForm()

    def act() -> None:
        manual_changes.offer_out_of_turn(
            entry,
            reason=str(form.reason.data),
            actor=current_actor(),
            adds_place=bool(form.adds_place.data),
        )

    return _run(entry, form, act, "waiting-offered", "offer")


@bp.route("/places", methods=["GET", "POST"])
@validates_own_csrf
def places() -> ResponseReturnValue:
    """Show whom a higher limit would let in; the second button saves it."""
    form = PlacesForm()
    form.set_choices()
    is_shown = form.validate_on_submit()
    if not form.is_submitted():
        form.places.data = registration.get_seat_counts().limit
    if is_shown and "save" in request.form:
        try:
            _raise(str(form.name.data), form.places.data or 0)
        except RuleViolation as refusal:
            form.add_error(form.places, refusal)
        else:
            return redirects.redirect_to(url_for("admin.waiting_list.index"), "places-raised")
    found = (
        manual_changes.preview_raise(str(form.name.data), form.places.data or 0) if is_shown else ()
    )
    return render_page(
        "admin/waiting_list/places.html",
        form=form,
        is_shown=is_shown and not form.errors,
        found=found,
        categories={option.id: option.name for option in categories.list_options()},
        breadcrumbs=[(gettext("Waiting list"), url_for("admin.waiting_list.index"))],
    )


def _raise(name: str, number: int) -> None:
    """Set a limit, and offer the new places in the same transaction."""
    if name == CONFERENCE:
        before = registration.get_seat_counts().limit
        conference_settings.change_limit(number, expected_limit=before, actor=current_actor())
        return
    category = categories.get_category(int(name.removeprefix(CATEGORY_PREFIX)))
    values = {**categories.build_values(category), "limit": number}
    category_services.save(
        category, values, expected_version=category.version, actor=current_actor()
    )


def _run(
    entry: WaitingListEntry, form: Any, act: Callable[[], None], message: str, page: str
) -> ResponseReturnValue:
    """Apply an operation to an entry with a reason, or show the form."""
    if form.validate_on_submit():
        try:
            act()
        except RuleViolation as refusal:
            form.form_errors.append(gettext(str(refusal)))
        else:
            own_page = url_for("admin.waiting_list.show", number=entry.id)
            return redirects.redirect_to(own_page, message)
    return render_page(
        f"admin/waiting_list/{page}.html",
        form=form,
        entry=entry,
        back=url_for("admin.waiting_list.show", number=entry.id),
        breadcrumbs=[
            (gettext("Waiting list"), url_for("admin.waiting_list.index")),
            (entry.name, url_for("admin.waiting_list.show", number=entry.id)),
        ],
    )
