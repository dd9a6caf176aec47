"""Pages on which a delegate changes to a category with places, or waits for a full one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, Response, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.delegates.categories import queries as categories
from app.delegates.categories.forms import CategoryForm
from app.delegates.categories.queries import CATEGORY, CategoryOption
from app.delegates.models import Delegate
from app.errors import NotFound, RuleViolation
from app.forms.form import ConfirmForm, validates_own_csrf
from app.registration import links
from app.registration.bookings import access, answer_views, category_waiting, services
from app.registration.bookings.forms import VersionedForm
from app.registration.bookings.operations import StaleBooking
from app.registration.seats import CategoryFull
from app.registration.waiting_list import entries, positions
from app.registration.waiting_list import queries as waiting_list
from app.registration.waiting_list.models import WaitingListEntry
from app.web.rendering import render_page
from app.web.security_headers import no_referrer

NO_SUCH_CATEGORY = "There is no such category"

bp = Blueprint("category", __name__)
no_referrer(bp)


@dataclass(frozen=True)
class Wait:
    """Another category that a delegate is waiting for."""

    entry: WaitingListEntry
    position: int  # 1 is next; 0 with an offer

    @property
    def is_offered(self) -> bool:
        """Whether a place is held for them that they can still accept."""
        return entries.can_accept(self.entry)


class ChangeCategoryForm(VersionedForm, CategoryForm):
    """The question which category, asked again."""

    @property
    def chosen(self) -> CategoryOption:
        """Return the chosen category, once the form is valid."""
        return next(option for option in self.options if str(option.id) == self.category.data)

    @property
    def has_invitations(self) -> bool:
        """No invitation code is offered: codes are for new registrations."""
        return False


def can_change(delegate: Delegate) -> bool:
    """Return True if there is another category to choose, until registration closes."""
    others = [option for option in _list_options(delegate) if option.id != delegate.category_id]
    return answer_views.can_change(delegate) and any(other.is_open for other in others)


def find_wait(delegate: Delegate) -> Wait | None:
    """Return the other category that a delegate is waiting for, or None."""
    entry = waiting_list.find_category_wait(delegate.id)
    if entry is None:
        return None
    return Wait(entry, positions.get_queue_position(entry).nearest)


@bp.route("/<secret>/category", methods=["GET", "POST"])
@validates_own_csrf
def edit(secret: str) -> ResponseReturnValue:
    delegate = access.get_editable_booking(secret)
    form = ChangeCategoryForm(
        data={"expected_version": delegate.version, CATEGORY: str(delegate.category_id or "")}
    )
    form.set_options(_list_options(delegate))
    has_choice = form.is_submitted() or can_change(delegate)  # the chosen one may be full by now
    if not answer_views.can_change(delegate) or not has_choice:
        return access.redirect_to_booking(delegate, None)
    answer = _change(form, delegate, secret) if form.validate_on_submit() else None
    return answer or _render(form, delegate)


def _change(form: ChangeCategoryForm, delegate: Delegate, secret: str) -> Response | None:
    """Change the category, or redirect to the list of a full one; return None if refused."""
    to_list = Response(status=303, headers={"Location": _wait_url(secret, form.chosen.id)})
    if form.chosen.state == "full":
        return to_list
    try:
        has_changed = services.update(delegate, form.get_answers(), form.expected_version.data)
    except RuleViolation as refusal:
        if isinstance(refusal, CategoryFull) and form.chosen.takes_waiting:
            return to_list  # it has just become full
        _reject(form, refusal, delegate)
        return None
    return access.redirect_to_booking(delegate, "changed" if has_changed else None)


@bp.route("/<secret>/category/<int:number>/wait", methods=["GET", "POST"])
def wait(secret: str, number: int) -> ResponseReturnValue:
    delegate = access.get_editable_booking(secret)
    category = next((option for option in _list_options(delegate) if option.id == number), None)
    if category is None:
        raise NotFound(NO_SUCH_CATEGORY)
    if not answer_views.can_change(delegate):  # after registration has closed, nothing is offered
        return access.redirect_to_booking(delegate, None)
    form, status = ConfirmForm(), 200
    if form.validate_on_submit():
        try:
            entry = category_waiting.join(delegate, number)
        except RuleViolation as refusal:
            form.form_errors.append(gettext(str(refusal)))
            status = 409
        else:
            token = links.waiting_list_token(entry)
            return redirect(url_for("waiting_list.show", secret=token), 303)
    return render_page(
        "registration/waiting_list/join_category.html",
        status,
        form=form,
        delegate=delegate,
        category=category,
        back=url_for(".edit", secret=secret),
    )


def _reject(form: ChangeCategoryForm, refusal: RuleViolation, delegate: Delegate) -> None:
    if isinstance(refusal, StaleBooking):
        form.reject_and_rebase(refusal, delegate.version)
    else:
        form.add_error(form.category, refusal)


def _list_options(delegate: Delegate) -> Sequence[CategoryOption]:
    """List the categories open to everyone, and the delegate's current one, which they may keep.

    They can wait for one category at a time.
    """
    own = delegate.category_id
    offered = {category.id: category for category in categories.list_for_delegates()}
    if waiting_list.find_category_wait(delegate.id) is not None:
        offered = {number: replace(one, takes_waiting=False) for number, one in offered.items()}
    return [
        replace(option, is_full=False, opens_at=None, closes_at=None)
        if option.id == own
        else offered[option.id]
        for option in categories.list_options()
        if option.id == own or option.id in offered
    ]


def _render(form: ChangeCategoryForm, delegate: Delegate) -> Response:
    return render_page(
        form.template,
        form=form,
        steps=0,
        back=url_for("bookings.show", secret=links.booking_token(delegate)),
        back_label=gettext("Back to your booking"),
    )


def _wait_url(secret: str, number: int) -> str:
    return url_for(".wait", secret=secret, number=number)
