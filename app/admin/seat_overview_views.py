"""Seats in sessions: how full each session is, who is waiting, and which offers end soon."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts import roles
from app.accounts.guards import current_actor
from app.admin_kit import saved_views
from app.admin_kit.listing import ListFilter, Listing, ListQuery, parse_list_query, render_list
from app.registration.ballots import queries as ballots
from app.registration.desk import services as desk_services
from app.registration.session_bookings import seat_overview
from app.registration.session_bookings.seat_overview import OverviewFilter, SeatOverview
from app.releases.current_release import get_programme
from app.web import spreadsheets
from app.web.formatting import local_date, local_moment

STATES = (
    (seat_overview.FULL, _l("Full")),
    (seat_overview.WAITING, _l("People are waiting")),
    (seat_overview.ENDING, _l("Offers end within 6 hours")),
    (seat_overview.BY_BALLOT, _l("By ballot")),
)

# saved views of the list are stored under this blueprint name
bp = Blueprint("session_fill", __name__, url_prefix="/session-seats")


def _list_filters(_: Mapping[str, str]) -> Sequence[ListFilter]:
    programme = get_programme()
    days = [day.date for day in programme.days]
    rooms = {
        session.room.slug: session.room.name
        for session in programme.sessions
        if session.room is not None
    }
    undrawn = [
        (str(ballot.id), ballot.title) for ballot in ballots.list_public() if not ballot.is_drawn
    ]
    return (
        ListFilter("state", _l("Seats"), STATES),
        ListFilter("day", _l("Day"), [(day.isoformat(), local_date(day)) for day in days]),
        ListFilter("room", _l("Room"), sorted(rooms.items(), key=lambda one: one[1])),
        ListFilter("ballot", _l("Ballot"), undrawn),
    )


saved_views.declare(
    "session_fill", _l("Seats in sessions"), roles.DELEGATES, _list_filters, seat_overview.SORTS
)


@bp.get("")
def index() -> ResponseReturnValue:
    filters = _list_filters(request.args)
    query = parse_list_query(filters, seat_overview.SORTS)
    rows, total = seat_overview.list_page(_parse_filter(query), **query.window)
    return render_list("admin/session_seats/index.html", Listing(rows, total, query, filters))


@bp.post("/_export")
def export() -> Response:
    query = parse_list_query(_list_filters(request.args), seat_overview.SORTS)
    found = seat_overview.list_overview(
        _parse_filter(query), query.sort, is_reversed=query.is_reversed
    )
    desk_services.record_export("seats in sessions", len(found), "", actor=current_actor())
    head = (
        *(gettext("Session"), gettext("Starts"), gettext("Room"), gettext("Ballot")),
        *(gettext("Seats"), gettext("Booked"), gettext("Reserved"), gettext("Free")),
        *(gettext("Waiting"), gettext("On offer"), gettext("Offers that end within 6 hours")),
    )
    return spreadsheets.send_csv("seats-in-sessions", head, list(_iter_cells(found)))


def _parse_filter(query: ListQuery) -> OverviewFilter:
    chosen = {name: query.get_filter(name) for name in ("state", "ballot", "day", "room")}
    return OverviewFilter(search=query.search, **chosen)


def _iter_cells(found: Sequence[SeatOverview]) -> Iterator[list[Any]]:
    for overview in found:
        start = overview.session.starts_at
        yield [
            overview.session.title,
            local_moment(start) if start else "",
            overview.room,
            overview.ballot.title if overview.ballot else "",
            *(overview.all_seats, overview.booked, overview.seats.held_back, overview.free),
            *(overview.seats.waiting, overview.offered, overview.ending),
        ]
