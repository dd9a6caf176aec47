"""Delegates: the list, the page of one, and what the desk does for them."""

from functools import cache

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.forms import ButtonForm
from app.history import queries as history
from app.mail import queries as mail
from app.organise import lists
from app.organise.delegates import asked as asks
from app.organise.delegates import changing, exports, leaving, needs, told
from app.organise.lists import Listing
from app.registration import queries as registration
from app.registration.desk import queries
from app.web.pages import page
from app.web.words import plain_date

pages = Blueprint("delegates", __name__, url_prefix="/delegates")


@pages.get("")
def listed() -> ResponseReturnValue:
    filters = asks.filters()
    asked, wanted = asks.of_the_list(filters)
    rows = queries.listed(
        wanted,
        asked.sort,
        is_reversed=asked.is_reversed,
        offset=asked.offset,
        limit=lists.PAGE_SIZE,
    )
    return page(
        "organise/delegates/listed.html",
        listing=Listing(rows, queries.count(wanted), asked, filters),
        undelivered=queries.undelivered(rows),
        country_name=cache(told.country),
        day_in_words=cache(plain_date),  # many on one day, and each takes a while to word
        asked_of_list=exports.question(asked),
        form=ButtonForm(),
    )


@pages.get("/<reference>")
def shown(reference: str) -> ResponseReturnValue:
    delegate = queries.delegate(reference)
    return page(
        "organise/delegates/shown.html",
        delegate=delegate,
        facts=told.facts(delegate),
        letters=mail.letters_about(delegate.reference),
        past=history.newest_about(delegate.subject),
        places=registration.places(),
        form=ButtonForm(),
    )


for part in (changing, leaving, needs, exports):
    pages.register_blueprint(part.pages)
