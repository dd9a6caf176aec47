"""Likely duplicates among delegates: the list, two bookings side by side, merging them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2

from app.accounts.guards import current_actor
from app.admin.delegates.forms import NotifyForm, notify_field
from app.admin_kit.listing import PAGE_SIZE, ListFilter, Listing, parse_list_query, render_list
from app.delegates.delegate_field import NOT_GIVEN, DelegateField
from app.delegates.models import Delegate
from app.errors import RuleViolation
from app.forms.form import validates_own_csrf
from app.registration.bookings.operations import StaleBooking
from app.registration.desk import duplicates, merged_waits
from app.registration.desk.duplicates import SAME_EMAIL, SAME_NAME, MergeChoice
from app.text import parse_number
from app.web import redirects
from app.web.formatting import local_moment
from app.web.rendering import render_page

REASONS: Final = {SAME_EMAIL: _l("Same email address"), SAME_NAME: _l("Same name and country")}

DISTINCT: Final = "distinct"  # a value of the filter by state

bp = Blueprint("duplicates", __name__, url_prefix="/_duplicates")

redirects.MESSAGES["admin"] |= {
    "bookings-merged": _l(
        "The bookings have been merged. The other booking has been cancelled, and its place is "
        "available to someone else. The history lists the seats and waiting lists that were moved "
        "or given back."
    ),
    "bookings-distinct": _l("Marked as not a duplicate. The two bookings stay as they are."),
    "bookings-likely": _l("The two bookings are listed as likely duplicates again."),
}


class MergeForm(NotifyForm):
    """Choose what to keep of two bookings."""

    kept = RadioField(
        _l("Which booking do you want to keep?"),
        choices=[],
        description=_l(
            "It keeps its reference, email address, category, own seats in sessions, answers to "
            "your own questions, and access and dietary requirements"
        ),
    )
    versions = HiddenField()
    notify = notify_field(
        _l("Email the person?"), _l("Yes, say that one booking was cancelled and why"), _l("No")
    )

    def read_versions(self) -> Mapping[str, int]:
        """Return the versions of the bookings that the page showed."""
        pairs = (one.partition(":") for one in (self.versions.data or "").split())
        versions = {name: parse_number(number) for name, _, number in pairs}
        return {name: one for name, one in versions.items() if one is not None}


@bp.get("")
def index() -> ResponseReturnValue:
    filters = [ListFilter("state", gettext("State"), [(DISTINCT, gettext("Not a duplicate"))])]
    query = parse_list_query(filters, ("likely",), has_search=False)
    is_distinct = query.get_filter("state") == DISTINCT
    find = duplicates.list_distinct if is_distinct else duplicates.list_likely
    rows, total = find(offset=query.offset, limit=PAGE_SIZE)
    listing = Listing(rows, total, query, filters)
    reasons = {one: str(words) for one, words in REASONS.items()}
    return render_list("admin/delegates/duplicates.html", listing, reasons=reasons)


@bp.route("/<reference>/<other>", methods=["GET", "POST"])
@validates_own_csrf
def merge(reference: str, other: str) -> ResponseReturnValue:
    pair = duplicates.get_pair(reference, other)
    differing = duplicates.list_differences(*pair)
    form = _build_form(pair, differing)
    if form.validate_on_submit():
        try:
            choice = _read_choice(form, pair, differing)
            duplicates.merge(choice, actor=current_actor())
        except StaleBooking as refusal:
            form.form_errors.append(gettext(str(refusal)))
            return _render(form, duplicates.get_pair(reference, other), 409)
        except RuleViolation as refusal:
            form.form_errors.append(gettext(str(refusal)))
        else:
            url = url_for("admin.delegates.show", reference=choice.kept.reference)
            return redirects.redirect_to(url, "bookings-merged")
    return _render(form, pair)


@bp.post("/<reference>/<other>/distinct")
def mark_distinct(reference: str, other: str) -> ResponseReturnValue:
    duplicates.mark_distinct(*duplicates.get_pair(reference, other), actor=current_actor())
    return redirects.redirect_to(url_for(".index"), "bookings-distinct")


@bp.post("/<reference>/<other>/distinct/undo")
def unmark_distinct(reference: str, other: str) -> ResponseReturnValue:
    duplicates.unmark_distinct(*duplicates.get_pair(reference, other), actor=current_actor())
    return redirects.redirect_to(url_for(".index"), "bookings-likely")


def _build_form(pair: Sequence[Delegate], differing: Sequence[DelegateField]) -> MergeForm:
    """Return the form with a question for each answer that differs between the bookings."""
    question_fields = {field.name: _build_question(field, pair) for field in differing}
    fields = type(
        "MergeFieldsForm", (MergeForm,), {f"use_{k}": v for k, v in question_fields.items()}
    )
    form: MergeForm = fields(data={"kept": pair[-1].reference})
    form.kept.choices = [
        SelectChoice(
            delegate.reference,
            gettext(
                "%(reference)s, registered %(moment)s",
                reference=delegate.reference,
                moment=local_moment(delegate.registered_at),
            ),
            {"hint": delegate.full_name},
        )
        for delegate in pair
    ]
    return form


def _build_question(field: DelegateField, pair: Sequence[Delegate]) -> RadioField:
    """Return the question which answer to keep; the default is that of the newer booking."""
    choices = [
        SelectChoice(
            delegate.reference,
            str(field.format(field.get(delegate)) or NOT_GIVEN),
            {"hint": _describe(delegate)},
        )
        for delegate in pair
    ]
    newer_first = pair[::-1]
    chosen = next((one.reference for one in newer_first if field.get(one)), pair[-1].reference)
    return RadioField(field.label_for(desk=True), choices=choices, default=chosen)


def _describe(delegate: Delegate) -> str:
    text = gettext(
        "Booking %(reference)s, %(name)s", reference=delegate.reference, name=delegate.full_name
    )
    return str(text)


def _read_choice(
    form: MergeForm, pair: Sequence[Delegate], differing: Sequence[DelegateField]
) -> MergeChoice:
    by_reference = {delegate.reference: delegate for delegate in pair}
    kept = by_reference[form.kept.data]
    picked = {
        field.name: field.get(by_reference[form[f"use_{field.name}"].data]) for field in differing
    }
    return MergeChoice(
        kept=kept,
        cancelled=next(delegate for delegate in pair if delegate is not kept),
        answers={name: text for name, text in picked.items() if text != getattr(kept, name)},
        versions=form.read_versions(),
        notify=form.should_notify,
    )


def _render(
    form: MergeForm, pair: Sequence[Delegate], status: int | None = None
) -> ResponseReturnValue:
    form.versions.data = " ".join(f"{delegate.reference}:{delegate.version}" for delegate in pair)
    questions: list[Any] = [field for field in form if field.name.startswith("use_")]
    return render_page(
        "admin/delegates/merge.html",
        status,
        form=form,
        pair=pair,
        waits={
            delegate.reference: ", ".join(merged_waits.list_waits(delegate)) for delegate in pair
        },
        questions=questions,
        is_distinct=duplicates.is_distinct(*pair),
        breadcrumbs=[(gettext("Likely duplicates"), url_for(".index"))],
    )
