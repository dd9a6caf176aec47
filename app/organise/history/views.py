"""Who did what: searched, narrowed, and taken along as a file."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.accounts import guards, roles
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
    )
    asked = lists.asked(filters, ("newest",))
    wanted = Wanted(words=asked.search, who=asked.choice("who"), kind=asked.choice("kind"))
    rows = queries.found(wanted, offset=asked.offset, limit=lists.PAGE_SIZE)
    return page(
        "organise/history/listed.html",
        listing=Listing([shown.line(row) for row in rows], queries.count(wanted), asked, filters),
        may_undo=guards.may_change(roles.PROGRAMME),
    )


@pages.get("/history.csv")
def as_csv() -> Response:
    head = [gettext("When (UTC)"), gettext("Who"), gettext("About"), gettext("What")]
    rows = (shown.row(*entry) for entry in queries.everything())
    return sheets.attachment(sheets.csv_lines(head, rows), "history.csv", sheets.CSV)
