"""The programme as the public reads it, from the current release."""

from datetime import date
from typing import cast

from flask import Blueprint, Flask, Response, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.exc import SQLAlchemyError

from app.database import log_if_unavailable
from app.errors import NotFound
from app.programme import document, page_of, queries, releases, shown, zones
from app.programme.addresses import DayConverter
from app.programme.feeds import texts
from app.programme.materials.views import pages as materials
from app.web import variants
from app.web.answers import is_problem_page
from app.web.lenses import shown_inside
from app.web.pages import page
from app.web.public import not_to_be_kept, or_as_text, public, true_until
from app.web.variants import answers, one_of
from app.web.words import local_date

Trail = list[tuple[str, str]]

GRID = one_of("grid")
FOR_GOOD = "public, max-age=31536000, immutable"  # another picture has another address
MEDIA_TYPES = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"}

pages = Blueprint("programme", __name__)
pages.register_blueprint(materials)


@pages.record_once
def _attach(state: BlueprintSetupState) -> None:
    app = cast(Flask, state.app)
    app.url_map.converters["day"] = DayConverter
    app.extensions["conference_zone"] = lambda: _facts().time_zone
    shown.attach(app)
    app.add_template_global(zones.offered, "zones_offered")
    app.add_template_global(zones.in_words, "zone_in_words")


@pages.app_context_processor
def _conference() -> dict[str, document.Conference]:
    return {"conference": _facts()}


def _facts() -> document.Conference:
    """Give the facts of the conference, or of none when they cannot be read.

    A page that says what went wrong needs them too, whether the database has never been there
    or holds a release that is broken.
    """
    try:
        return releases.current().conference
    except (SQLAlchemyError, ValueError) as fault:
        if not (_is_survived(fault) or is_problem_page()):
            raise
        not_to_be_kept()
        return releases.NOTHING.conference


def _is_survived(fault: Exception) -> bool:
    return isinstance(fault, ValueError) or log_if_unavailable(fault, "conference")


@pages.get("/programme")
@public
@answers(view=GRID, zone=zones.read)
@or_as_text(texts.whole)
def whole() -> ResponseReturnValue:
    programme = releases.current()
    clocks = zones.clocks(programme.conference)
    grids = programme.grids if variants.asked("view") else ()
    return page(
        "programme/whole.html",
        clocks.status,
        programme=programme,
        clocks=clocks,
        grids=grids,
    )


@pages.get("/programme/<day:asked>")
@public
@answers(view=GRID, zone=zones.read)
@or_as_text(texts.day)
def day(asked: date) -> ResponseReturnValue:
    programme = releases.current()
    clocks = zones.clocks(programme.conference)
    found = programme.day(asked)
    drawn = [programme.grid(found)] if variants.asked("view") else []
    return page(
        "programme/day.html",
        clocks.status,
        programme=programme,
        day=found,
        grid=next(iter(drawn), None),
        clocks=clocks,
        trail=_beneath_programme(),
    )


@pages.get("/sessions")
@public
def titles() -> ResponseReturnValue:
    programme = releases.current()
    return page("programme/titles.html", programme=programme, trail=_beneath_programme())


@pages.get("/sessions/<slug>")
@public
@answers(zone=zones.read)
@or_as_text(texts.session)
def session(slug: str) -> ResponseReturnValue:
    programme = releases.current()
    clocks = zones.clocks(programme.conference)
    found = programme.session(slug)
    made_from = page_of.session(programme, found, clocks)
    true_until(*(one.opens_at for one in found.materials))
    return page(
        "programme/session.html",
        clocks.status,
        **made_from,
        trail=_beneath_programme(made_from["around"].day),
    )


@pages.get("/speakers")
@public
def speakers() -> ResponseReturnValue:
    return page("programme/speakers.html", programme=releases.current())


@pages.get("/speakers/<slug>")
@public
def speaker(slug: str) -> ResponseReturnValue:
    programme = releases.current()
    return page(
        "programme/speaker.html",
        **page_of.speaker(programme, programme.speaker(slug)),
        trail=[(gettext("Speakers"), url_for(".speakers"))],
    )


@pages.get("/photos/<key>.jpg")
@shown_inside
def photo(key: str) -> ResponseReturnValue:
    _see_that_it_is_shown(key)
    return _for_good(queries.picture(key), "image/jpeg")


@pages.get("/photos/<key>/<int(max=999):side>.<kind>")
@shown_inside
def rendition(key: str, side: int, kind: str) -> ResponseReturnValue:
    _see_that_it_is_shown(key)
    return _for_good(queries.rendition(key, kind, side), MEDIA_TYPES[kind])


def _see_that_it_is_shown(photo: str) -> None:
    if not releases.current().shows(photo):
        raise NotFound("There is no photo at that address")


def _for_good(body: bytes, kind: str) -> Response:
    answer = Response(body, mimetype=kind)
    answer.headers["Cache-Control"] = FOR_GOOD
    return answer


@pages.get("/themes/<slug>")
@public
def theme(slug: str) -> ResponseReturnValue:
    programme = releases.current()
    found = programme.theme(slug)
    return page(
        "programme/theme.html",
        theme=found,
        listing=programme.sessions_on(found),
        trail=_beneath_programme(),
    )


@pages.get("/rooms/<slug>")
@public
def room(slug: str) -> ResponseReturnValue:
    programme = releases.current()
    found = programme.room(slug)
    return page(
        "programme/room.html",
        room=found,
        listing=programme.sessions_in(found),
        trail=_beneath_programme(),
    )


def _beneath_programme(day: date | None = None) -> Trail:
    """Say that a page stands beneath the programme, and beneath which day of it."""
    trail = [(gettext("Programme"), url_for(".whole"))]
    if day is not None:
        trail.append((local_date(day), url_for(".day", asked=day)))
    return trail
