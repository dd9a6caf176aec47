"""The schedule board, and the moves on it: by a form, or at once from the board itself."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from app.errors import Refused
from app.forms import checks_its_own_token
from app.organise.board import queries, said
from app.organise.board.forms import MoveForm
from app.organise.edited import who
from app.programme import clashes
from app.programme import queries as programme
from app.programme.clashes import Clash
from app.programme.editing import moves
from app.programme.editing.edits import Stale
from app.programme.editing.moves import Place
from app.programme.models import Session
from app.programme.placed import Trial
from app.web.pages import page

pages = Blueprint("board", __name__, url_prefix="/board")


@pages.get("")
def shown() -> ResponseReturnValue:
    moved = request.args.get("moved", "")
    return page(
        "organise/board/board.html",
        board=queries.board(request.args.get("day", "")),
        last_move=queries.last_move(moved) if moved else None,
        words=said.words(),
    )


@pages.route("/<slug>", methods=["GET", "POST"])
@checks_its_own_token
def move(slug: str) -> ResponseReturnValue:
    session = queries.session(slug)
    form, zone = _form(session)
    stale = None
    if form.validate_on_submit():
        try:
            _move(session, form, zone)
        except Stale as late:
            stale = late
            form.begun_again(late)
        except Refused as refusal:
            form.reject(form.start, refusal)
        else:
            return redirect(_board_with(session, form, session.slug), 303)
    return page(
        "organise/board/move.html",
        status=409 if stale else 422 if form.errors else 200,
        form=form,
        session=session,
        stale=stale,
        now=said.where_it_is(session),
        back=_board_with(session, form),
        clashes=clashes.by_session(clashes.working()).get(session.key, ()),
    )


@pages.post("/<slug>/place")
def place(slug: str) -> ResponseReturnValue:
    session = queries.session(slug)
    form, zone = _form(session, request.form)
    status, words = 422, ""
    if form.validate():
        status, words = _placed(session, form, zone)
    return _answer(status, words or said.not_saved(form.first_error), session, form)


@pages.get("/<slug>/tried")
def tried(slug: str) -> ResponseReturnValue:
    session = queries.session(slug)
    form, zone = _form(session, request.args, csrf=False)
    if not form.validate():
        return {"said": form.first_error}, 422
    found = _tried(session, form.place(zone))
    return {"said": said.clashes(found), "count": len(found)}


def _form(
    session: Session, sent: MultiDict[str, str] | None = None, *, csrf: bool = True
) -> tuple[MoveForm, ZoneInfo]:
    zone = ZoneInfo(programme.conference().time_zone)
    form = MoveForm(*([sent] if sent is not None else []), meta={"csrf": csrf})
    form.offer(queries.days(session), programme.rooms())
    if sent is None and not form.is_submitted():
        form.begin_with(session, zone)
    return form, zone


def _placed(session: Session, form: MoveForm, zone: ZoneInfo) -> tuple[int, str]:
    """Move a session from the board itself: the status of the answer, and why it failed."""
    try:
        _move(session, form, zone)
    except Stale:
        return 409, said.gone_elsewhere(session)
    except Refused as refusal:
        return 422, said.not_saved(gettext(str(refusal)))
    return 200, said.saved(session)


def _move(session: Session, form: MoveForm, zone: ZoneInfo) -> None:
    moves.move(session, form.place(zone), seen=form.seen, who=who())


def _tried(session: Session, to: Place) -> Sequence[Clash]:
    if to.starts_at is None or to.ends_at is None:
        return ()
    return clashes.tried(Trial(session.key, to.starts_at, to.ends_at, to.room))


def _answer(status: int, words: str, session: Session, form: MoveForm) -> ResponseReturnValue:
    """Answer with the whole day as it is now, whatever came of the move."""
    board = queries.board(form.day.data or "")
    if board is not None and status == 200 and session.starts_at:
        words = f"{words} {said.clashes(board.clashes_of(session))}"
    html = render_template("organise/board/day.html", board=board)
    return {"said": words, "html": html}, status


def _board_with(session: Session, form: MoveForm, moved: str | None = None) -> str:
    """Give the address of the board that shows where a session has gone."""
    anchor = f"session-{session.slug}"
    return url_for(".shown", day=form.day.data, moved=moved, _anchor=anchor)
