"""A person's own waiting list page, opened by the link in their emails.

Opening it changes nothing, because mail scanners open every link; every step needs a button.
"""

from collections.abc import Sequence

from flask import Blueprint, Response, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.delegates.categories import queries as categories
from app.errors import NotFound, RuleViolation
from app.forms.form import ConfirmForm, validates_own_csrf
from app.registration import links
from app.registration.bookings import access, category_waiting
from app.registration.waiting_list import (
    entries,
    entry_history,
    offers,
    positions,
    queries,
    services,
    terms,
)
from app.registration.waiting_list.forms import TermsForm
from app.registration.waiting_list.models import ACCEPTED, LAPSED, LEFT, REMOVED, WaitingListEntry
from app.web.rendering import render_page
from app.web.security_headers import no_referrer

ENDS = {
    ACCEPTED: _l("You accepted the place"),
    LAPSED: _l("The offer has ended"),
    LEFT: _l("You left the waiting list"),
    REMOVED: _l("The organisers removed you from the waiting list"),
}

bp = Blueprint("waiting_list", __name__, url_prefix="/waiting-list")
no_referrer(bp)
bp.add_app_template_global(links.waiting_list_link)
bp.add_app_template_global(categories.have_own_places, "categories_have_places")
access.register_dead_links(bp, "registration/waiting_list/link_expired.html")


@bp.get("/joined")
def joined() -> ResponseReturnValue:
    """Show the same page to everyone: only the email says whether the person was on the list."""
    return render_page("registration/waiting_list/joined.html")


@bp.get("/<secret>")
def show(secret: str) -> ResponseReturnValue:
    return _render(_get_entry(secret), secret)


@bp.post("/<secret>/accept")
def accept(secret: str) -> ResponseReturnValue:
    entry = _get_entry(secret)
    take = category_waiting.accept if entry.keeps_place else services.accept
    try:
        delegate = take(entry)
    except RuleViolation as refusal:
        return _render(entry, secret, 409, refusal)
    except offers.OfferEnded:
        return _render(entry, secret, 409)
    return redirect(url_for("bookings.show", secret=links.booking_token(delegate)), 303)


@bp.route("/<secret>/change", methods=["GET", "POST"])
@validates_own_csrf
def change(secret: str) -> ResponseReturnValue:
    entry = _get_entry(secret)
    if not entry.is_waiting or entry.keeps_place:
        return redirect(url_for(".show", secret=secret), 303)
    form = TermsForm(data=terms.get_terms(entry))
    form.set_choices(entry)
    if form.validate_on_submit():
        try:
            terms.change(entry, form.get_answers())
        except RuleViolation as refusal:
            form.form_errors.append(gettext(str(refusal)))
        else:
            return redirect(url_for(".show", secret=secret), 303)
    return render_page("registration/waiting_list/change.html", form=form, secret=secret)


@bp.route("/<secret>/leave", methods=["GET", "POST"])
@validates_own_csrf
def leave(secret: str) -> ResponseReturnValue:
    entry = _get_entry(secret)
    can_accept = entries.can_accept(entry)
    if not entry.is_waiting and not can_accept:  # their page says how it ended
        return redirect(url_for(".show", secret=secret), 303)
    form = ConfirmForm()
    if form.validate_on_submit():
        services.leave(entry)
        return redirect(url_for(".show", secret=secret), 303)
    return render_page(
        "registration/waiting_list/leave.html",
        form=form,
        entry=entry,
        secret=secret,
        can_accept=can_accept,
    )


def _get_entry(secret: str) -> WaitingListEntry:
    entry = queries.get_entry(links.read_waiting_list_key(secret))
    if entry.is_for_session:  # uses the booking's page, and has no link of its own
        raise NotFound(links.NO_SUCH_LINK)
    return entry


def _render(
    entry: WaitingListEntry, secret: str, status: int = 200, refusal: RuleViolation | None = None
) -> Response:
    form = ConfirmForm()
    if refusal is not None:
        form.form_errors.append(gettext(str(refusal)))
    past = entry_history.list_steps(entry)
    return render_page(
        "registration/waiting_list/show.html",
        status,
        entry=entry,
        secret=secret,
        position=positions.get_queue_position(entry),
        can_accept=entries.can_accept(entry),
        has_offers=offers.can_offer(),
        end=_describe_end(entry, past),
        steps=past,
        together=positions.count_together(entry),
        form=form,
    )


def _describe_end(entry: WaitingListEntry, past: Sequence[entry_history.Step]) -> str | None:
    """Return how a wait ended; None if it goes on, or an offer has just ended."""
    if entry.state == LEFT and past:
        return past[-1].label  # left, declined an offer, or the booking has ended
    end = ENDS.get(entry.state)
    return None if end is None else str(end)
