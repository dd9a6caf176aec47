"""The waiting list: who is waiting, who has an offer and until when; export it, remove people."""

from collections.abc import Mapping, Sequence

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts import roles
from app.accounts.guards import current_actor
from app.admin import waiting_list_actions, waiting_list_export
from app.admin_kit import saved_views
from app.admin_kit.bulk_actions import confirm_or_run
from app.admin_kit.listing import PAGE_SIZE, ListFilter, Listing, parse_list_query, render_list
from app.delegates.categories import queries as categories
from app.errors import NotFound, RuleViolation, require
from app.forms.form import ConfirmForm, validates_own_csrf
from app.history import queries as history
from app.registration import queries as registration
from app.registration.session_bookings import offers
from app.registration.session_seats import session_limit
from app.registration.waiting_list import export_rows, positions, queries, services
from app.registration.waiting_list.models import (
    ACCEPTED,
    IN_QUEUE,
    LAPSED,
    LEFT,
    OFFERED,
    REMOVED,
    WaitingListEntry,
)
from app.releases.current_release import get_programme
from app.web import redirects
from app.web.formatting import conference_zone
from app.web.rendering import render_page

STATES = {
    IN_QUEUE: _l("Waiting"),
    OFFERED: _l("Has an offer"),
    ACCEPTED: _l("Took the place"),
    LAPSED: _l("Offer ended"),
    LEFT: _l("Left the list"),
    REMOVED: _l("Removed"),
}

LISTS = [("", _l("Places at the conference")), (queries.ALL_SESSIONS, _l("Seats in sessions"))]
SORTS = ("position",)


def _list_filters(_: Mapping[str, str]) -> Sequence[ListFilter]:
    bookable = (session for session in get_programme().sessions if session.is_bookable)
    sessions = [(session_limit(session.key), session.title) for session in bookable]
    of_categories = [(str(option.id), option.name) for option in categories.list_options()]
    return (
        ListFilter("list", _l("Waiting for"), [*LISTS, *sessions]),
        ListFilter("category", _l("Category"), [("", _l("All")), *of_categories]),
        ListFilter("state", _l("State"), [("", _l("Open")), *STATES.items()]),
    )


saved_views.declare("waiting_list", _l("Waiting list"), roles.DELEGATES, _list_filters, SORTS)

bp = Blueprint("waiting_list", __name__, url_prefix="/waiting-list")

redirects.MESSAGES["admin"] |= {
    "waiting-removed": _l(
        "They are no longer on the waiting list. We are emailing them to say so."
    ),
}


@bp.get("")
def index() -> ResponseReturnValue:
    return _render_index()


@bp.post("/_several")
def bulk() -> ResponseReturnValue:
    query = parse_list_query(_list_filters(request.args), SORTS)
    response = confirm_or_run(
        waiting_list_actions.build_actions(),
        waiting_list_actions.list_selected(query),
        queries.list_existing,
    )
    return response or _render_index(gettext("Select at least one person"))


def _render_index(error: str = "") -> ResponseReturnValue:
    filters = _list_filters(request.args)
    query = parse_list_query(filters, SORTS)
    rows, total = queries.list_page(
        query.search,
        query.get_filter("state"),
        query.get_filter("list"),
        query.get_filter("category"),
        offset=query.offset,
        limit=PAGE_SIZE,
    )
    return render_list(
        "admin/waiting_list/index.html",
        Listing(rows, total, query, filters),
        error,
        actions=list(waiting_list_actions.build_actions().values()),
        counts=registration.get_seat_counts(),
        is_of_sessions=bool(query.get_filter("list")),
        states={state: str(words) for state, words in STATES.items()},
        categories={option.id: option.name for option in categories.list_options()},
        positions=positions.map_positions(rows),
    )


@bp.post("/_export")
def export() -> ResponseReturnValue:
    """Download the list with its filters, with positions and the deadlines of offers."""
    query = parse_list_query(_list_filters(request.args), SORTS)
    filter_values = (query.search, *map(query.get_filter, ("state", "list", "category")))
    _, total = queries.list_page(*filter_values, offset=0, limit=1)
    export_rows.record_export(total, actor=current_actor())
    file_format = "xlsx" if "xlsx" in request.form else "csv"
    rows = export_rows.iter_rows(*filter_values)
    return waiting_list_export.send(rows, STATES, conference_zone(), file_format)


@bp.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    entry = get_entry(number)
    return render_page(
        "admin/waiting_list/show.html",
        entry=entry,
        states=STATES,
        position=positions.get_queue_position(entry),
        together=positions.count_together(entry),
        entries=history.list_newest(entry.history_subject),
    )


@bp.route("/<int:number>/remove", methods=["GET", "POST"])
@validates_own_csrf
def remove(number: int) -> ResponseReturnValue:
    entry = get_entry(number)
    form = ConfirmForm()
    if form.validate_on_submit():
        try:
            remove_entry = offers.remove if entry.is_for_session else services.remove
            remove_entry(entry, actor=current_actor())
        except RuleViolation as refusal:
            form.form_errors.append(str(refusal))
        else:
            return redirects.redirect_to(url_for(".index"), "waiting-removed")
    breadcrumbs = [(entry.name, url_for(".show", number=number))]
    return render_page(
        "admin/waiting_list/remove.html", form=form, entry=entry, breadcrumbs=breadcrumbs
    )


def get_entry(number: int) -> WaitingListEntry:
    """Return the entry with this number; raise NotFound if there is none."""
    found = queries.find_by_number(number)
    return require(found, NotFound("This person is not on the waiting list"))
