"""The schedule board, and moving sessions with a form or directly on the board."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import IntegerField, SelectField, SubmitField
from wtforms.validators import InputRequired, NumberRange, Optional
from wtforms.widgets import TextInput

from app.accounts import guards, roles
from app.accounts.guards import current_actor
from app.admin.affected_people import find_affected
from app.admin.board import free_slots, messages, queries
from app.admin.board.queries import Board, BoardOptions
from app.admin_kit import view_options
from app.admin_kit.edit_form import EditForm
from app.errors import RuleViolation, StaleEdit
from app.forms.fields import ClockTimeField
from app.forms.form import ConfirmForm, validates_own_csrf
from app.forms.validators import one_of_choices
from app.programme import clashes
from app.programme import queries as programme
from app.programme.clashes import Clash
from app.programme.editing import sessions
from app.programme.editing.sessions import ScheduleSlot
from app.programme.models import Room, Session
from app.programme.scheduled_sessions import ProposedMove
from app.web.formatting import conference_zone, local_date
from app.web.rendering import render_page

DEFAULT_MINUTES = 60  # minutes
MAX_MINUTES = 24 * 60  # minutes
MAX_FIND_LENGTH = 200  # characters of a search
LENGTH_ERROR = _l("Enter a length between 1 minute and 24 hours")


class MoveSessionForm(EditForm):
    """Move a session, or unschedule it by leaving the start empty."""

    day = SelectField(
        _l("Day"), [one_of_choices(_l("Choose one of the days"))], validate_choice=False
    )
    start = ClockTimeField(_l("Start"), validators=[Optional()])
    minutes = IntegerField(
        _l("Length in minutes"),
        [InputRequired(LENGTH_ERROR), NumberRange(1, MAX_MINUTES, LENGTH_ERROR)],
        widget=TextInput(),
        render_kw={"inputmode": "numeric"},
        invalid_value_message=LENGTH_ERROR,  # type: ignore[call-arg]  # the type stubs are those of WTForms 3.2
    )
    off = SubmitField(_l("Remove from the schedule"))
    room = SelectField(
        _l("Room"), [one_of_choices(_l("Choose one of the rooms"))], validate_choice=False
    )

    def set_choices(self, days: Sequence[date], rooms: Sequence[Room]) -> None:
        """Set the days and rooms to choose from."""
        self.day.choices = [(day.isoformat(), local_date(day)) for day in days]
        self.room.choices = [("", _l("No room")), *((room.key, room.name) for room in rooms)]

    def set_initial_data(self, session: Session, zone: ZoneInfo) -> None:
        """Fill in the session's current time and room."""
        self.expected_version.data = session.version
        self.room.data = session.room.key if session.room else ""
        self.minutes.data = DEFAULT_MINUTES
        if session.starts_at:
            local = session.starts_at.astimezone(zone)
            self.day.data, self.start.data = local.date().isoformat(), local.time()
            if session.ends_at:
                length = session.ends_at - session.starts_at
                self.minutes.data = int(length.total_seconds()) // 60

    @property
    def first_error(self) -> str:
        """Return the first error of an invalid form."""
        return str(next(error for errors in self.errors.values() for error in errors))

    def get_slot(self, zone: ZoneInfo) -> ScheduleSlot:
        """Return the submitted time and room; without a time if the session is unscheduled."""
        room = self.room.data or ""
        if self.off.data or self.start.data is None:
            return ScheduleSlot(None, None, room)
        day = date.fromisoformat(self.day.data)
        starts_at = datetime.combine(day, self.start.data, zone).astimezone(UTC)
        return ScheduleSlot(starts_at, starts_at + timedelta(minutes=self.minutes.data or 0), room)


bp = Blueprint("board", __name__, url_prefix="/board")


@bp.get("")
def show() -> ResponseReturnValue:
    options = view_options.read_view_options()
    zoom = request.args.get("zoom", "")
    if is_chosen := zoom in view_options.ZOOM_LEVELS:
        options = replace(options, zoom=zoom)
    page = render_page(
        "admin/board/show.html",
        **_last_move_context(request.args.get("moved", "")),
        words=messages.script_messages(),
        **_day_context(_read_options(), options.zoom),
    )
    if is_chosen:
        page = make_response(page)
        view_options.remember(page, options)
    return page


def _last_move_context(slug: str) -> dict[str, Any]:
    """Return the last change of the moved session, and the people it affects."""
    found = queries.find_last_change(slug) if slug else None
    if found is None:
        return {"last_move": None}
    session, entry = found
    return {"last_move": entry, "people": find_affected(session, conference_zone(), entry)}


def _read_options(day: str = "") -> BoardOptions:
    """Return the board options in the URL; ``day`` overrides the day of the URL."""
    return BoardOptions(
        day=day or request.args.get("day", ""),
        all_hours=request.args.get("hours") == "all",
        theme=request.args.get("theme", ""),
        find=request.args.get("find", "")[:MAX_FIND_LENGTH],
    )


def _day_context(options: BoardOptions, zoom: str) -> dict[str, Any]:
    """Return the template context of a day."""
    board = queries.get_board(options)
    return {
        "board": board,
        "zoom": zoom,
        "zoom_levels": messages.ZOOM_NAMES,
        "free_slots": free_slots.list_free_slots(board) if board and _may_change() else (),
        "url_for_board": partial(_options_url, board),
    }


def _may_change() -> bool:
    return guards.can_change(roles.PROGRAMME)


def _options_url(board: Board | None, **changes: str | None) -> str:
    """Return the URL of the same day and filters, with some options changed."""
    options = board.options if board else BoardOptions()
    values: dict[str, Any] = {
        "day": board.date.isoformat() if board else None,
        "hours": "all" if options.all_hours else None,
        "theme": options.theme or None,
        "find": options.find or None,
    }
    return url_for(".show", **(values | changes))


@bp.get("/_free")
def show_free_slot() -> ResponseReturnValue:
    args = request.args
    slot = free_slots.get_chosen_slot(
        args.get("day", ""), args.get("start", ""), args.get("room", "")
    )
    words = args.get("find", "")[:MAX_FIND_LENGTH]
    found = queries.list_unscheduled(words)
    listed = found[: free_slots.MAX_LISTED]
    return render_page(
        "admin/board/free_slot.html",
        slot=slot,
        words=words,
        sessions=listed,
        left_out=len(found) - len(listed),
        clashes=free_slots.find_clashes(slot, listed),
        form=ConfirmForm(),
        back=url_for(".show", day=slot.day.isoformat()),
    )


@bp.route("/<slug>", methods=["GET", "POST"])
@validates_own_csrf
def move(slug: str) -> ResponseReturnValue:
    session = queries.get_session(slug)
    form, zone = _build_form(session)
    stale = None
    if form.validate_on_submit():
        try:
            _move(session, form, zone)
        except StaleEdit as late:
            stale = late
            form.rebase_on(late)
        except RuleViolation as refusal:
            form.add_error(form.start, refusal)
        else:
            return redirect(_board_url(session, form, session.slug), 303)
    return render_page(
        "admin/board/move.html",
        status=409 if stale else None,
        form=form,
        session=session,
        stale=stale,
        now=messages.describe_current_slot(session),
        back=_board_url(session, form),
        clashes=clashes.group_by_session(clashes.list_clashes()).get(session.key, ()),
    )


@bp.post("/<slug>/place")
def move_json(slug: str) -> ResponseReturnValue:
    session = queries.get_session(slug)
    form, zone = _build_form(session, request.form)
    status, message = 422, ""
    if form.validate():
        status, message = _save_move(session, form, zone)
    return _board_json(
        status, message or messages.not_saved_message(form.first_error), session, form
    )


@bp.get("/<slug>/tried")
def preview_move(slug: str) -> ResponseReturnValue:
    session = queries.get_session(slug)
    form, zone = _build_form(session, request.args, csrf=False)
    if not form.validate():
        return {"said": form.first_error}, 422
    found = _preview_clashes(session, form.get_slot(zone))
    return {
        "said": messages.describe_clashes(found),
        "count": len(found),
        "others": sorted({clash.other_session for clash in found} - {""}),
    }


def _build_form(
    session: Session, sent: MultiDict[str, str] | None = None, *, csrf: bool = True
) -> tuple[MoveSessionForm, ZoneInfo]:
    zone = ZoneInfo(programme.get_conference().time_zone)
    form = MoveSessionForm(*([sent] if sent is not None else []), meta={"csrf": csrf})
    form.set_choices(queries.list_days(session), programme.list_rooms())
    if sent is None and not form.is_submitted():
        form.set_initial_data(session, zone)
    return form, zone


def _save_move(session: Session, form: MoveSessionForm, zone: ZoneInfo) -> tuple[int, str]:
    """Move a session from the board; return the status and the message of the response."""
    try:
        _move(session, form, zone)
    except StaleEdit:
        return 409, messages.conflict_message(session)
    except RuleViolation as refusal:
        return 422, messages.not_saved_message(gettext(str(refusal)))
    return 200, messages.saved_message(session)


def _move(session: Session, form: MoveSessionForm, zone: ZoneInfo) -> None:
    sessions.move(
        session,
        form.get_slot(zone),
        expected_version=form.expected_version.data,
        actor=current_actor(),
    )


def _preview_clashes(session: Session, to: ScheduleSlot) -> Sequence[Clash]:
    if to.starts_at is None or to.ends_at is None:
        return ()
    return clashes.find_for_move(ProposedMove(session.key, to.starts_at, to.ends_at, to.room))


def _board_json(
    status: int, message: str, session: Session, form: MoveSessionForm
) -> ResponseReturnValue:
    """Return the whole current day as HTML with the message, whether the move succeeded or not."""
    context = _day_context(
        _read_options(form.day.data or ""), view_options.read_view_options().zoom
    )
    board = context["board"]
    if board is not None and status == 200 and session.starts_at:
        clashes_text = messages.describe_clashes(board.clashes_of(session))
        affected = find_affected(session, conference_zone()).describe()
        message = f"{message} {clashes_text} {affected}".strip()
    html = render_template("admin/board/_day.html", **context)
    return {"said": message, "html": html}, status


def _board_url(session: Session, form: MoveSessionForm, moved: str | None = None) -> str:
    """Return the URL of the board, scrolled to the session."""
    anchor = f"session-{session.slug}"
    return url_for(".show", day=form.day.data, moved=moved, _anchor=anchor)
