"""Delegates: the list, one delegate, requirements, cancelling, erasing and resending emails."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts.guards import current_actor
from app.admin import activity
from app.admin.delegates import answer_columns, filters, presentation
from app.admin.delegates import listing as delegate_listing
from app.admin.delegates.delegate_filter import Condition
from app.admin.delegates.edit_views import breadcrumbs, redirect_to, render_form, save_answers
from app.admin.delegates.forms import (
    AddTagForm,
    CancelBookingForm,
    DelegateNeedsForm,
    ExportNeedsForm,
    NoteForm,
    RestoreBookingForm,
)
from app.admin.delegates.listing import build_add_tag_form
from app.admin_emails import readable_emails
from app.admin_emails.suppression_views import REASON_NAMES
from app.admin_kit import bulk_actions, draft_forms, view_options
from app.admin_kit.listing import Listing, ListQuery, get_selected, parse_list_query, render_list
from app.delegates.categories import queries as categories
from app.delegates.models import Delegate
from app.errors import RuleViolation
from app.forms.form import ConfirmForm, Form, validates_own_csrf
from app.mail import suppression
from app.registration.desk import annotations, queries, services
from app.registration.seats import CategoryFull, SoldOut
from app.web import redirects, spreadsheets
from app.web.formatting import DayFormatter, conference_zone
from app.web.rendering import render_page

bp = Blueprint("delegates", __name__, url_prefix="/delegates")

redirects.MESSAGES["admin"] |= {
    "delegate-cancelled": _l(
        "The booking has been cancelled. The place is now available to someone else."
    ),
    "delegate-restored": _l("The booking has been restored. The delegate has a place again."),
    "delegate-attending": _l("This booking has a place already."),
    "delegate-written-to": _l("We are sending the email."),
    "delegate-erased": _l("The details have been deleted."),
}

NO_PLACE_LEFT = (
    "All places are taken, so the booking cannot be restored. Cancel another booking first, or ask "
    "an organiser to increase the number of places"
)
NO_PLACE_IN_CATEGORY = (
    "All places in this category are taken, so the booking cannot be restored. Cancel another "
    "booking in it first, or ask an organiser to increase the number of places in the category"
)


@bp.get("")
def index() -> ResponseReturnValue:
    return render_index()


def render_index(error: str = "") -> ResponseReturnValue:
    """Render the list; with an error above it if no one was selected for a bulk action."""
    offered = filters.get_filters()
    list_query = parse_list_query(offered, filters.SORTS)
    conditions = filters.list_conditions(list_query)
    hidden = view_options.read_view_options().list_hidden(answer_columns.list_column_names())
    columns = answer_columns.build_columns(hidden)
    rows = queries.list_delegates(conditions, **list_query.window, answers=columns.select())
    return render_list(
        "admin/delegates/index.html",
        Listing(rows, queries.count_delegates(conditions), list_query, offered),
        error,
        actions=delegate_listing.build_actions().values(),
        undelivered=queries.get_undelivered(rows, *readable_emails.list_conditions()),
        tags=annotations.get_tags_by_reference([row.reference for row in rows]),
        country_name=cache(presentation.country_name),
        describe_day=DayFormatter().describe,
        query_args=to_query_args(list_query),
        categories={option.id: option.name for option in categories.list_options()},
        answer_columns=columns,
    )


@bp.post("/_several")
def bulk() -> ResponseReturnValue:
    """Confirm the chosen action, or run it; a file is downloaded at once."""
    references = get_selected(delegate_listing.list_references)
    action = request.form.get("action")
    chosen = queries.list_by_reference(references) if action in {"csv", "days"} else ()
    if chosen and action == "csv":
        return _export([Delegate.reference.in_(references)], len(chosen), "csv")
    if chosen:
        return draft_forms.redirect_to_selection(
            [one.reference for one in chosen], url_for("admin.delegates.days.change")
        )
    done = bulk_actions.confirm_or_run(
        delegate_listing.build_actions(), references, delegate_listing.find_selected
    )
    return render_index(gettext("Select at least one delegate")) if done is None else done


@bp.get("/<reference>")
def show(reference: str) -> ResponseReturnValue:
    return render_delegate(queries.get_delegate(reference))


def render_delegate(delegate: Delegate, form: Form | None = None) -> ResponseReturnValue:
    """Render the page of a delegate, including a rejected form for a note or a tag."""
    labels, tags = annotations.list_labels_and_own(delegate)
    unused = build_add_tag_form(labels, formdata=None)
    links = queries.find_links(delegate)
    return render_page(
        "admin/delegates/show.html",
        delegate=delegate,
        facts=presentation.list_facts(delegate, links.agenda),
        missing=answer_columns.list_missing(delegate),
        speaker=links.speaker,
        group=links.group,
        suppressed=suppression.list_reasons(delegate.email) if delegate.email else (),
        reason_names=REASON_NAMES,
        activity=activity.list_for_delegate(delegate),
        form=form,
        tags=tags,
        note_form=form if isinstance(form, NoteForm) else NoteForm(formdata=None),
        tag_form=form if isinstance(form, AddTagForm) else unused,
    )


@bp.route("/<reference>/cancel", methods=["GET", "POST"])
@validates_own_csrf
def cancel(reference: str) -> ResponseReturnValue:
    """Cancel a booking."""
    delegate = queries.get_delegate(reference)
    form = CancelBookingForm()
    if form.validate_on_submit():
        try:
            services.cancel(
                delegate,
                actor=current_actor(),
                notify=form.should_notify,
                reason=form.reason.data or "",
            )
        except RuleViolation:
            return redirect_to(delegate, "delegate-cancelled-already")
        return redirect_to(delegate, "delegate-cancelled")
    if not delegate.is_attending:
        return redirect_to(delegate, "delegate-cancelled-already")
    return _render_confirm("cancel", form, delegate)


@bp.route("/<reference>/restore", methods=["GET", "POST"])
@validates_own_csrf
def restore(reference: str) -> ResponseReturnValue:
    """Restore a cancelled booking."""
    delegate = queries.get_delegate(reference)
    form = RestoreBookingForm()
    if form.validate_on_submit():
        try:
            services.restore(delegate, actor=current_actor(), notify=form.should_notify)
        except SoldOut as refusal:
            is_whole = not isinstance(refusal, CategoryFull)
            form.form_errors.append(gettext(NO_PLACE_LEFT if is_whole else NO_PLACE_IN_CATEGORY))
        except RuleViolation as refusal:
            form.form_errors.append(gettext(str(refusal)))
        else:
            return redirect_to(delegate, "delegate-restored")
    if delegate.is_attending and not form.errors:
        return redirect_to(delegate, "delegate-attending")
    return _render_confirm("restore", form, delegate)


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
    """Confirm an operation on a booking that has not been erased, or run it."""
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
        form=form,
        delegate=delegate,
        seats=presentation.list_seats(delegate),
        breadcrumbs=breadcrumbs(delegate),
    )


@bp.post("/<reference>/needs")
def show_needs(reference: str) -> ResponseReturnValue:
    """Show a delegate's requirements for editing, and record that they were viewed."""
    delegate = queries.get_delegate(reference)
    needs = services.read_needs(delegate, actor=current_actor())
    form = DelegateNeedsForm(None, data={"expected_version": delegate.version, **needs})
    form.set_choices()
    form.explain_unreadable(needs)
    return render_form("needs", form, delegate, None)


@bp.post("/<reference>/needs/change")
@validates_own_csrf
def edit_needs(reference: str) -> ResponseReturnValue:
    """Change a delegate's requirements."""
    return save_answers("needs", DelegateNeedsForm(), queries.get_delegate(reference))


exports_bp = Blueprint("exports", __name__)
EXPORT_PURPOSES = {
    "access": _l("To arrange access"),
    "dietary": _l("To arrange meals"),
}


@exports_bp.post("/_export")
def export_delegates() -> ResponseReturnValue:
    """Export delegates without their requirements."""
    conditions = filters.list_conditions(filters.parse_request())
    number = queries.count_delegates(conditions)
    return _export(conditions, number, "xlsx" if "xlsx" in request.form else "csv")


def _export(conditions: Sequence[Condition], number: int, file_format: str) -> Response:
    services.record_export("the booking details", number, "", actor=current_actor())
    return _send_file(conditions, (), file_format)


@exports_bp.route("/_export/needs", methods=["GET", "POST"], defaults={"purpose": ""})
@exports_bp.route("/_export/needs/<any(access, dietary):purpose>", methods=["GET", "POST"])
@validates_own_csrf
def export_with_needs(purpose: str) -> ResponseReturnValue:
    """Export delegates with the selected requirements, with a reason.

    The page of a purpose has its requirements selected and its reason filled in.
    """
    list_query = filters.parse_request()
    conditions = filters.list_conditions(list_query)
    reason = str(EXPORT_PURPOSES.get(purpose, ""))
    form = ExportNeedsForm(data={"needs": [purpose], "reason": reason})
    number = queries.count_delegates(conditions)
    if form.validate_on_submit():
        needs = form.needs.data or ()
        contents = " and ".join(["the booking details", *(f"{need} needs" for need in needs)])
        services.record_export(contents, number, str(form.reason.data), actor=current_actor())
        return _send_file(conditions, needs, form.kind.data)
    return render_page(
        "admin/delegates/export_needs.html",
        form=form,
        number=number,
        is_narrowed=bool(to_query_args(list_query)),
    )


def to_query_args(list_query: ListQuery) -> Mapping[str, str]:
    """Return the query parameters that find the same delegates."""
    return (
        {"q": list_query.search, **list_query.filter_values}
        if list_query.search
        else dict(list_query.filter_values)
    )


def _send_file(conditions: Sequence[Condition], needs: Sequence[str], file_format: str) -> Response:
    columns = presentation.list_columns(needs)
    head = [column.label for column in columns]
    rows = presentation.iter_rows(conditions, columns, conference_zone())
    stem, title = spreadsheets.dated_name("delegates"), gettext("Delegates")
    return spreadsheets.send_table(stem, file_format, title, head, rows)
