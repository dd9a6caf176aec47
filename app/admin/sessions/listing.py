"""The list of sessions: filters and rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import SelectField

from app.accounts import roles
from app.admin_kit import saved_views
from app.admin_kit.listing import MAX_SELECTED, ListFilter, Listing, ListQuery, parse_list_query
from app.errors import NotFound
from app.forms.form import Form
from app.history.models import Change
from app.programme import queries, slugs
from app.programme.editing import session_queries, versioned_edits
from app.programme.editing.session_queries import SessionFilter, SessionFilterChoices, SessionRow
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.labels import KINDS, kind_name
from app.programme.models import CANCELLED, CONFIRMED, DRAFT, WITHDRAWN, Room, Session, Theme
from app.registration.session_bookings import queries as session_bookings
from app.registration.session_bookings.queries import SessionSeats
from app.web.formatting import (
    conference_zone,
    day_and_month,
    format_count,
    format_time,
    local_date,
    plain_date,
    weekday_and_day,
)

MAX_DAYS: Final = 40  # offered as filter
STATE_LABELS: Final = {
    DRAFT: _l("Draft"),
    CONFIRMED: _l("Confirmed"),
    CANCELLED: _l("Cancelled"),
    WITHDRAWN: _l("Withdrawn"),
}
MISSING_LABELS: Final = {
    "room": _l("Room"),
    "time": _l("Time"),
    "abstract": _l("Abstract"),
    "speakers": _l("Speakers"),
    "word": _l("Slides and papers to approve"),
    "place": _l("A speaker with a place"),
}
BOOKING_LABELS: Final = {
    "bookable": _l("People book a seat"),
    "free": _l("Seats left"),
    "full": _l("Full"),
}


@dataclass(frozen=True)
class SessionListRow:
    """A row of the list, as text."""

    session: SessionRow
    kind: str
    state_label: str  # "" for a confirmed session
    starts: str
    day: str
    short_day: str  # for dense rows
    starts_iso: str  # ISO 8601
    changed_on: str
    seats: str  # booked and total; "" if seats are not booked


def get_listing() -> Listing[SessionListRow]:
    """Return the page of the list that the request asks for."""
    filters = get_filters()
    list_query = parse_list_query(filters, SORTS)
    found = session_queries.list_page(build_session_filter(list_query), **list_query.window)
    return Listing(_build_rows(found.rows), found.total, list_query, filters)


def list_slugs() -> Sequence[str]:
    """List the slugs of all sessions that match the request, on any page, up to the limit."""
    list_query = parse_list_query(get_filters(), SORTS)
    window = list_query.first_window(MAX_SELECTED)
    found = session_queries.list_page(build_session_filter(list_query), **window)
    return [row.slug for row in found.rows]


def list_days() -> Sequence[date]:
    """Return the days of the conference, or none without a conference."""
    try:
        conference = queries.get_conference()
    except NotFound:
        return ()
    many = min((conference.ends_on - conference.starts_on).days + 1, MAX_DAYS)
    return [conference.starts_on + timedelta(days=number) for number in range(many)]


def kind_options(choices: SessionFilterChoices) -> list[tuple[str, str]]:
    """Return the types that are in use and their names."""
    return [(kind, kind_name(kind)) for kind, _ in choices.kind]


def kind_choices(choices: SessionFilterChoices) -> list[tuple[str, str]]:
    """Return the types that are in use or common, with their names."""
    used = dict.fromkeys(kind for kind, _ in choices.kind)
    return [(kind, kind_name(kind)) for kind in {**used, **KINDS}]


def _build_rows(rows: Sequence[SessionRow]) -> list[SessionListRow]:
    """Return the rows as text; values that many rows share are formatted once."""
    say = RowFormatter(
        cache(day_and_month),
        cache(weekday_and_day),
        cache(plain_date),
        cache(kind_name),
        cache(_state_label),
        conference_zone(),
    )
    seats = session_bookings.map_seats([row.key for row in rows])
    return [_build_row(row, say, seats.get(row.key)) for row in rows]


@dataclass(frozen=True)
class RowFormatter:
    """Cached functions that format dates, types and states, and the time zone."""

    day: Callable[[date], str]
    short_day: Callable[[date], str]
    changed_on: Callable[[date], str]
    kind: Callable[[str], str]
    state_label: Callable[[str], str]
    zone: ZoneInfo


def _build_row(
    row: SessionRow, formatter: RowFormatter, seats: SessionSeats | None
) -> SessionListRow:
    starts = row.starts_at.astimezone(formatter.zone) if row.starts_at else None
    ends = row.ends_at.astimezone(formatter.zone) if row.ends_at else None
    return SessionListRow(
        session=row,
        kind=formatter.kind(row.kind),
        state_label=formatter.state_label(row.state),
        starts=_describe_times(starts, ends) if starts else "",
        day=formatter.day(starts.date()) if starts else "",
        short_day=formatter.short_day(starts.date()) if starts else "",
        starts_iso=starts.isoformat() if starts else "",
        changed_on=formatter.changed_on(row.changed_at.astimezone(formatter.zone).date())
        if row.changed_at
        else "",
        seats=_describe_seats(seats) if seats else "",
    )


def _describe_times(starts: datetime, ends: datetime | None) -> str:
    if ends is None:
        return format_time(starts)
    return f"{format_time(starts)} {gettext('to')} {format_time(ends)}"


def _describe_seats(seats: SessionSeats) -> str:
    taken, all_seats = format_count(seats.taken), format_count(seats.seats)
    return str(gettext("%(taken)s of %(seats)s", taken=taken, seats=all_seats))


def _state_label(state: str) -> str:
    """Return the label of a state, or "" for a confirmed session."""
    return "" if state == CONFIRMED else str(STATE_LABELS[state])


def get_filters() -> Sequence[ListFilter]:
    """Return the filters of the list."""
    choices = session_queries.list_filter_choices()
    days = [(day.isoformat(), local_date(day)) for day in list_days()]
    return (
        ListFilter("day", gettext("Day"), days),
        ListFilter("theme", gettext("Theme"), choices.theme, partial(slugs.find_moved, Theme)),
        ListFilter("room", gettext("Room"), choices.room, partial(slugs.find_moved, Room)),
        ListFilter("kind", gettext("Type"), kind_options(choices)),
        ListFilter("state", _l("State"), tuple(STATE_LABELS.items())),
        ListFilter("missing", _l("Missing"), tuple(MISSING_LABELS.items())),
        ListFilter("booking", _l("Seats"), tuple(BOOKING_LABELS.items())),
    )


def build_session_filter(list_query: ListQuery) -> SessionFilter:
    """Return the filter for the sessions of a list query, such as that of a saved view."""
    day = list_query.get_filter("day")
    return SessionFilter(
        search=list_query.search,
        day=(date.fromisoformat(day), conference_zone()) if day else None,
        theme=list_query.get_filter("theme"),
        room=list_query.get_filter("room"),
        kind=list_query.get_filter("kind"),
        state=list_query.get_filter("state"),
        missing=list_query.get_filter("missing"),
        booking=list_query.get_filter("booking"),
    )


SORTS = tuple(session_queries.SORTS)
saved_views.declare("sessions", _l("Sessions"), roles.PROGRAMME, lambda _: get_filters(), SORTS)

UNCHANGED, CLEAR = "", "none:"  # never a slug, key, type or state
BULK_FIELDS = ("theme", "room", "kind", "state")


class BulkEditForm(Form):
    """Choose new values for several sessions."""

    theme = SelectField(_l("Theme"), default=UNCHANGED)
    room = SelectField(_l("Room"), default=UNCHANGED)
    kind = SelectField(_l("Type"), default=UNCHANGED)
    state = SelectField(_l("State"), default=UNCHANGED)

    def set_choices(self, choices: SessionFilterChoices) -> None:
        """Set the values to choose from."""
        stays = (UNCHANGED, str(_l("Do not change")))
        states = [(state, str(STATE_LABELS[state])) for state in (DRAFT, CONFIRMED, CANCELLED)]
        self.theme.choices = [stays, (CLEAR, str(_l("No theme"))), *choices.theme]
        self.room.choices = [stays, (CLEAR, str(_l("No room"))), *choices.room]
        self.kind.choices = [stays, *kind_choices(choices)]
        self.state.choices = [stays, *states]

    @property
    def is_complete(self) -> bool:
        """Whether everything that was chosen is still available."""
        return all(self[field].validate(self) for field in BULK_FIELDS)

    @property
    def is_cancellation(self) -> bool:
        """Whether the edit cancels sessions and changes nothing else."""
        return self.values() == {"state": CANCELLED}

    def values(self) -> dict[str, Any]:
        """Return the fields to change and their new values."""
        chosen = {field: self[field].data for field in BULK_FIELDS if self[field].data}
        return {field: None if value == CLEAR else value for field, value in chosen.items()}


@dataclass(frozen=True)
class BulkEditPreview:
    """What a bulk edit would change in one session."""

    session: Session
    changes: Sequence[Change]
    refusal: str  # why it cannot be changed, or ""

    @property
    def is_possible(self) -> bool:
        """Return True if the session would change."""
        return bool(self.changes) and not self.refusal


def preview_bulk_edit(
    sessions: Sequence[Session], values: Mapping[str, Any]
) -> list[BulkEditPreview]:
    """Return what the new values would change in each session, without saving."""
    found = [
        (session, versioned_edits.diff(SESSION_FIELDS, session, values)) for session in sessions
    ]
    return [
        BulkEditPreview(
            session,
            made,
            versioned_edits.dry_run_error(SESSION_FIELDS, session, made) if made else "",
        )
        for session, made in found
    ]
