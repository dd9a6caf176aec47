"""Who did what: searched, narrowed, and taken along as a file."""

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.accounts import guards, roles
from app.forms import one_line, without_hidden
from app.history import queries
from app.history.queries import Wanted
from app.organise import lists
from app.organise.history import shown
from app.organise.lists import Filter, Listing
from app.web import sheets
from app.web.pages import page

pages = Blueprint("history", __name__, url_prefix="/history")


@pages.get("")
def listed() -> ResponseReturnValue:
    filters = (
        Filter("who", gettext("By whom"), [(who, who) for who in queries.people()]),
        Filter("kind", gettext("About"), shown.kinds()),
        *_one_thing(without_hidden(one_line(request.args.get("thing", "")))),
    )
    asked = lists.asked(filters, ("newest",))
    wanted = Wanted(
        words=asked.search,
        who=asked.choice("who"),
        kind=asked.choice("kind"),
        about=asked.choice("thing"),
    )
    rows = queries.found(wanted, offset=asked.offset, limit=lists.PAGE_SIZE)
    return page(
        "organise/history/listed.html",
        listing=Listing(shown.lines(rows), queries.count(wanted), asked, filters),
        may_undo=guards.may_change(roles.PROGRAMME),
    )


@pages.get("/history.csv")
def as_csv() -> Response:
    head = (
        gettext("When (UTC)"),
        gettext("Who"),
        gettext("About"),
        gettext("What"),
        gettext("Before and after"),
    )
    nothing = gettext("nothing")
    rows = (shown.row(*entry, nothing=nothing) for entry in queries.everything())
    return sheets.attachment(sheets.csv_lines(head, rows), "history.csv", sheets.CSV)


def _one_thing(about: str) -> list[Filter]:
    """Let the list be of one thing, once somebody has gone on from an entry to all about it."""
    return [Filter("thing", gettext("One thing"), [(about, about)])] if about else []
