"""The programme as the public reads it, from the current release."""

from datetime import date

from flask import Blueprint, Flask
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.routing import BaseConverter, ValidationError

from app.programme import document, releases
from app.web.pages import page
from app.web.public import public

pages = Blueprint("programme", __name__)


class DayConverter(BaseConverter):
    """A day in an address: 2008-11-06."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        """Read the day; one that is in no calendar is no address."""
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValidationError from None

    def to_url(self, value: date) -> str:
        """Write the day."""
        return value.isoformat()


@pages.record_once
def _attach(state: BlueprintSetupState) -> None:
    app: Flask = state.app
    app.url_map.converters["day"] = DayConverter
    app.extensions["conference_zone"] = lambda: _facts().time_zone


@pages.app_context_processor
def _conference() -> dict[str, document.Conference]:
    return {"conference": _facts()}


def _facts() -> document.Conference:
    """Give the facts of the conference, or of none when the database has never been there."""
    try:
        return releases.current().conference
    except SQLAlchemyError:
        return releases.NOTHING.conference


@pages.get("/programme")
@public
def whole() -> ResponseReturnValue:
    return page("programme/whole.html", programme=releases.current())


@pages.get("/programme/<day:asked>")
@public
def day(asked: date) -> ResponseReturnValue:
    programme = releases.current()
    return page("programme/day.html", programme=programme, day=programme.day(asked))


@pages.get("/sessions/<slug>")
@public
def session(slug: str) -> ResponseReturnValue:
    return page("programme/session.html", session=releases.current().session(slug))


@pages.get("/speakers")
@public
def speakers() -> ResponseReturnValue:
    return page("programme/speakers.html", speakers=releases.current().speakers)


@pages.get("/speakers/<slug>")
@public
def speaker(slug: str) -> ResponseReturnValue:
    programme = releases.current()
    person = programme.speaker(slug)
    return page(
        "programme/speaker.html", speaker=person, sessions=programme.sessions_of(person)
    )


@pages.get("/themes/<slug>")
@public
def theme(slug: str) -> ResponseReturnValue:
    programme = releases.current()
    found = programme.theme(slug)
    return page("programme/theme.html", theme=found, sessions=programme.sessions_on(found))


@pages.get("/rooms/<slug>")
@public
def room(slug: str) -> ResponseReturnValue:
    programme = releases.current()
    found = programme.room(slug)
    return page("programme/room.html", room=found, sessions=programme.sessions_in(found))
