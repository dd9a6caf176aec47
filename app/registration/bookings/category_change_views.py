"""A delegate changes their category: to one that is open to everybody and has places."""

from collections.abc import Sequence
from dataclasses import replace

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.errors import RuleViolation
from app.forms.form import validates_own_csrf
from app.registration import links
from app.registration.bookings import access, answer_views, services
from app.registration.bookings.forms import VersionedForm
from app.registration.bookings.operations import StaleBooking
from app.registration.categories import queries as categories
from app.registration.categories.forms import CategoryForm
from app.registration.categories.queries import CATEGORY, CategoryOption
from app.registration.models import Delegate
from app.web.rendering import render_page
from app.web.security_headers import no_referrer

bp = Blueprint("category", __name__)
no_referrer(bp)


class ChangeCategoryForm(VersionedForm, CategoryForm):
    """The question how somebody will attend, asked again."""

    @property
    def has_invitations(self) -> bool:
        """No code is asked for: a code is for whoever registers."""
        return False


def can_change(delegate: Delegate) -> bool:
    """Return True if there is another category to choose, until registration closes."""
    others = [one for one in _list_offered() if one.id != delegate.category_id]
    return answer_views.can_change(delegate) and any(one.is_open for one in others)


def _list_offered() -> Sequence[CategoryOption]:
    """List the categories in which everybody gets a place; speakers take theirs elsewhere."""
    return [one for one in categories.list_public_without_approval() if not one.is_for_speakers]


@bp.route("/<secret>/category", methods=["GET", "POST"])
@validates_own_csrf
def edit(secret: str) -> ResponseReturnValue:
    delegate = access.get_editable_booking(secret)
    form = ChangeCategoryForm(
        data={"expected_version": delegate.version, CATEGORY: str(delegate.category_id or "")}
    )
    form.set_options(_list_options(delegate))
    if not can_change(delegate) and not form.is_submitted():
        return _redirect(delegate, None)
    if form.validate_on_submit():
        try:
            has_changed = services.update(delegate, form.get_answers(), form.expected_version.data)
        except RuleViolation as refusal:
            _reject(form, refusal, delegate)
        else:
            return _redirect(delegate, "changed" if has_changed else None)
    return _render(form, delegate)


def _reject(form: ChangeCategoryForm, refusal: RuleViolation, delegate: Delegate) -> None:
    if isinstance(refusal, StaleBooking):
        form.reject_and_rebase(refusal, delegate.version)
    else:
        form.add_error(form.category, refusal)


def _list_options(delegate: Delegate) -> Sequence[CategoryOption]:
    """List what is open to everybody, and what the delegate has already, which they may keep."""
    own = delegate.category_id
    return [
        replace(one, is_full=False, opens_at=None, closes_at=None) if one.id == own else one
        for one in categories.list_options()
        if one.id == own or one in _list_offered()
    ]


def _render(form: ChangeCategoryForm, delegate: Delegate) -> Response:
    return render_page(
        form.template,
        422 if form.errors else 200,
        form=form,
        steps=0,
        back=url_for("bookings.show", secret=links.booking_token(delegate)),
        back_label=gettext("Back to your booking"),
    )


def _redirect(delegate: Delegate, flash_name: str | None) -> Response:
    url = url_for("bookings.show", secret=links.booking_token(delegate), news=flash_name)
    return Response(status=303, headers={"Location": url})
