"""An agenda, which its browser holds by a cookie; what changes it is always a button."""

from flask import Blueprint, Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import limits
from app.agenda import holding, listing, services
from app.agenda.forms import StarForm, Wish
from app.agenda.models import Agenda
from app.errors import NotFound
from app.forms import ButtonForm, checks_its_own_token
from app.programme import queries as programme_queries
from app.programme import releases
from app.programme.document import Session
from app.web.pages import page

JSON = "application/json"

pages = Blueprint("agenda", __name__, url_prefix="/agenda")


@pages.get("")
def shown() -> ResponseReturnValue:
    agenda = holding.held()
    programme = releases.current()
    stars = agenda.stars if agenda else []
    return page(
        "agenda/shown.html",
        agenda=agenda,
        listing=listing.of(stars, programme, programme_queries.walking()),
        added=_added(),
        is_lost=holding.is_lost(agenda),
        button_form=ButtonForm(),
        trail=[],
    )


@pages.get("/stars.json")
def starred() -> ResponseReturnValue:
    return _told(holding.held())


@pages.post("/stars")
@checks_its_own_token
def mark() -> ResponseReturnValue:
    form = StarForm()
    wish = form.wish()
    if not form.validate_on_submit():
        return page("agenda/again.html", 422, form=form, wish=wish)
    session = releases.current().session(wish.slug)
    agenda = _changed(wish, session)
    if request.accept_mimetypes.best == JSON:
        answer = _told(agenda)
    else:
        answer = _see_agenda(added=session.slug if wish.is_in else None)
    return holding.remember(answer, agenda) if agenda else answer


@pages.post("/stars/<int:number>/remove")
def remove(number: int) -> ResponseReturnValue:
    agenda = holding.held()
    if agenda is None or not services.remove(agenda, number):
        raise NotFound("That session is not in your agenda")
    return holding.remember(_see_agenda(), agenda)


def _changed(wish: Wish, session: Session) -> Agenda | None:
    """Do what was wished; the first star makes an agenda."""
    agenda = holding.held()
    if wish.is_in:
        agenda = agenda or services.begin(limits.network(request.remote_addr))
        services.star(agenda, session)
    elif agenda is not None:
        services.unstar(agenda, session.key)
    return agenda


def _see_agenda(added: str | None = None) -> Response:
    return Response(status=303, headers={"Location": url_for(".shown", added=added)})


def _told(agenda: Agenda | None) -> Response:
    """Tell the page of a browser which sessions it shows with a star."""
    by_key = {one.key: one.slug for one in releases.current().sessions}
    starred = [
        by_key[one.session_key]
        for one in (agenda.stars if agenda else ())
        if one.session_key in by_key
    ]
    return jsonify(sessions=starred)


def _added() -> Session | None:
    """Find the session that was put in a moment ago, as the address says."""
    asked = request.args.get("added", "")
    return next((one for one in releases.current().sessions if one.slug == asked), None)
