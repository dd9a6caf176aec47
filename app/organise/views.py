"""The organisers' home page."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.accounts import guards
from app.forms import ButtonForm
from app.organise import queries
from app.registration import countries
from app.web.pages import page

pages = Blueprint("organise", __name__, url_prefix="/organise")


@pages.get("")
def home() -> ResponseReturnValue:
    return page(
        "organise/home.html",
        form=ButtonForm(),
        overview=queries.overview(),
        person=guards.current_person(),
        country_name=countries.named,
    )
