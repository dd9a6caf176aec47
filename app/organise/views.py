"""The home page of the back office: what needs doing, and how the conference stands."""

from functools import partial

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.accounts import guards, roles
from app.forms import ButtonForm
from app.organise import queries
from app.programme import queries as programme
from app.registration import countries
from app.web import languages, words
from app.web.pages import page

pages = Blueprint("organise", __name__, url_prefix="/organise")


@pages.get("")
def home() -> ResponseReturnValue:
    spoken = queries.Words(
        country=partial(_country, language=languages.current().code),
        day=words.local_date,
        other_countries=gettext("Other countries"),
    )
    overview = queries.overview(spoken)
    return page(
        "organise/home.html",
        form=ButtonForm(),
        overview=overview,
        has_conference=overview.programme.is_published or programme.has_conference(),
        person=guards.current_person(),
        sees_delegates=guards.may_read(roles.DELEGATES),
        sets_the_limit=guards.may_change(roles.SETTINGS),
    )


def _country(code: str, language: str) -> str:
    return countries.named(code, language) or gettext("No country given")
