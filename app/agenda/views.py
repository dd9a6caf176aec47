"""An agenda, which its browser holds by a cookie; what changes it is always a button."""

from flask import Blueprint, Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.accounts import limits
from app.agenda import elsewhere, holding, listing, services
from app.agenda.forms import StarForm, Wish
from app.agenda.models import Agenda
from app.errors import Moved, NotFound
from app.forms import ButtonForm, checks_its_own_token
from app.programme import queries as programme_queries
from app.programme import releases
from app.programme.document import Session
from app.web.pages import page

JSON = "application/json"
NONE = "This browser has no agenda yet"

pages = Blueprint("agenda", __name__, url_prefix="/agenda")
pages.register_blueprint(elsewhere.pages)


@pages.get("")
def shown() -> ResponseReturnValue:
    agenda = holding.held()
    stars = agenda.stars if agenda else []
    return page(
        "agenda/shown.html",
        listing=listing.of(stars, releases.current(), programme_queries.walking()),
        starred=" ".join(_slugs(agenda)),
        feed=elsewhere.feed_address(agenda) if agenda else "",
        added=_added(),
        is_lost=holding.is_lost(agenda),
        button_form=ButtonForm(),
        trail=[],
    )


@pages.get("/stars.json")
def starred() -> ResponseReturnValue:
    return jsonify(sessions=_slugs(holding.held()))


@pages.post("/stars")
@checks_its_own_token
def mark() -> ResponseReturnValue:
    form = StarForm()
    wish = form.wish()
    if not form.validate_on_submit():
        return page("agenda/again.html", 422, form=form, wish=wish)
    session = _session(wish.slug)
    agenda = _changed(wish, session)
    if request.accept_mimetypes.best == JSON:
        answer = jsonify(sessions=_slugs(agenda))
    else:
        answer = _see_agenda(added=session.slug if wish.is_in else None)
    return holding.remember(answer, agenda) if agenda else answer


@pages.post("/stars/<int:number>/remove")
def remove(number: int) -> ResponseReturnValue:
    agenda = holding.held()
    if agenda is None:
        raise NotFound(NONE)
    services.remove(agenda, number)
    return holding.remember(_see_agenda(), agenda)


@pages.post("/seen")
def take_note() -> ResponseReturnValue:
    agenda = holding.held()
    if agenda is None:
        raise NotFound(NONE)
    services.take_note(agenda, {one.key: one for one in releases.current().sessions})
    return holding.remember(_see_agenda(), agenda)


@pages.route("/forget", methods=["GET", "POST"])
def forget() -> ResponseReturnValue:
    form = ButtonForm()
    if form.validate_on_submit():
        agenda = holding.held()
        if agenda is not None:
            services.forget(agenda)
        return holding.let_go(_see_agenda())
    above = [(gettext("My agenda"), url_for(".shown"))]
    return page("agenda/forget.html", form=form, trail=above)


def _session(slug: str) -> Session:
    """Find a session, also by an address that it had when the page of the star was made."""
    programme = releases.current()
    try:
        return programme.session(slug)
    except Moved as moved:
        return programme.session(moved.slug)


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


def _slugs(agenda: Agenda | None) -> list[str]:
    """List the sessions that pages show with a star, as pages know them."""
    slugs = releases.current().session_slugs
    stars = agenda.stars if agenda else []
    return [slugs[star.session_key] for star in stars if star.session_key in slugs]


def _added() -> Session | None:
    """Find the session that was put in a moment ago, as the address says."""
    asked = request.args.get("added", "")
    return next((one for one in releases.current().sessions if one.slug == asked), None)
