"""Delegates: the list, one delegate, requirements, cancelling, erasing and resending emails."""

from collections.abc import Callable
from functools import cache

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_babel import lazy_gettext as _l

from app.accounts.guards import current_actor
from app.admin.delegates import export_views, presentation
from app.admin.delegates.edit_views import breadcrumbs, redirect_to, render_form, save_answers
from app.admin.delegates.forms import CancelBookingForm, DelegateNeedsForm
from app.admin.listing import Listing, render_list
from app.errors import RuleViolation
from app.forms.base import ConfirmForm, Form, validates_own_csrf
from app.history import queries as history
from app.mail import queries as mail
from app.registration import queries as registration
from app.registration.desk import queries, services
from app.registration.models import Delegate
from app.web import flash
from app.web.formatting import plain_date
from app.web.rendering import render_page

bp = Blueprint("delegates", __name__, url_prefix="/delegates")

flash.MESSAGES["admin"] |= {
    "delegate-cancelled": _l(
        "The booking has been cancelled. The place is free for somebody else."
    ),
    "delegate-written-to": _l("We are sending the email."),
    "delegate-erased": _l("The details have been erased."),
}


@bp.get("")
def index() -> ResponseReturnValue:
    filters = presentation.get_filters()
    list_query, delegate_filter = presentation.parse_delegate_query(filters)
    rows = queries.list_delegates(delegate_filter, **list_query.window)
    return render_list(
        "admin/delegates/index.html",
        Listing(rows, queries.count_delegates(delegate_filter), list_query, filters),
        undelivered=queries.get_undelivered(rows),
        country_name=cache(presentation.country_name),
        day_in_words=cache(plain_date),  # many rows share a day, and formatting is slow
        query_args=export_views.to_query_args(list_query),
    )


@bp.get("/<reference>")
def show(reference: str) -> ResponseReturnValue:
    delegate = queries.get_delegate(reference)
    return render_page(
        "admin/delegates/show.html",
        delegate=delegate,
        facts=presentation.list_facts(delegate),
        letters=mail.list_for_booking(delegate.reference),
        entries=history.list_newest(delegate.history_subject),
        places=registration.get_seat_counts(),
        form=ConfirmForm(),
    )


@bp.route("/<reference>/cancel", methods=["GET", "POST"])
@validates_own_csrf
def cancel(reference: str) -> ResponseReturnValue:
    """Cancel a booking."""
    delegate = queries.get_delegate(reference)
    form = CancelBookingForm()
    if form.validate_on_submit():
        try:
            services.cancel(delegate, actor=current_actor(), notify=form.should_notify)
        except RuleViolation:
            return redirect_to(delegate, "delegate-cancelled-already")
        return redirect_to(delegate, "delegate-cancelled")
    if not delegate.is_attending:
        return redirect_to(delegate, "delegate-cancelled-already")
    return _render_confirm("cancel", form, delegate)


@bp.route("/<reference>/letter", methods=["GET", "POST"])
@validates_own_csrf
def resend(reference: str) -> ResponseReturnValue:
    """Email the current state of the booking again."""
    return _confirm_or_run(
        reference, "resend_email", services.send_status_again, "delegate-written-to"
    )


@bp.route("/<reference>/erase", methods=["GET", "POST"])
@validates_own_csrf
def erase(reference: str) -> ResponseReturnValue:
    """Erase a delegate's personal data."""
    return _confirm_or_run(reference, "erase", services.erase, "delegate-erased")


def _confirm_or_run(
    reference: str, template: str, action: Callable[..., object], message_key: str
) -> ResponseReturnValue:
    """Ask before something is done with a booking that is not erased, or do it."""
    delegate = queries.get_delegate(reference)
    form = ConfirmForm()
    if delegate.is_erased:
        return redirect_to(delegate, "delegate-erased")
    if form.validate_on_submit():
        action(delegate, actor=current_actor())
        return redirect_to(delegate, message_key)
    return _render_confirm(template, form, delegate)


def _render_confirm(template: str, form: Form, delegate: Delegate) -> Response:
    """Render a confirmation page."""
    return render_page(
        f"admin/delegates/{template}.html",
        422 if form.errors else 200,
        form=form,
        delegate=delegate,
        breadcrumbs=breadcrumbs(delegate),
    )


@bp.post("/<reference>/needs")
def show_needs(reference: str) -> ResponseReturnValue:
    """Show a delegate's requirements for editing, and record that they were viewed."""
    delegate = queries.get_delegate(reference)
    needs = services.read_needs(delegate, actor=current_actor())
    form = DelegateNeedsForm(None, data={"expected_version": delegate.version, **needs})
    return render_form("needs", form, delegate, None)


@bp.post("/<reference>/needs/change")
@validates_own_csrf
def edit_needs(reference: str) -> ResponseReturnValue:
    """Change a delegate's requirements."""
    return save_answers("needs", DelegateNeedsForm(), queries.get_delegate(reference))
