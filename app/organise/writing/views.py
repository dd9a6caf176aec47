"""Pages and news: the list, and each with its languages and its history."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app import clock
from app.content import links, queries, shelf
from app.content.models import NEWS, PAGE
from app.content.views import folder
from app.history import queries as history
from app.organise.lists import PAGE_SIZE, Filter, Listing, asked
from app.organise.writing import editing, notice, opened, past
from app.organise.writing import links as link_pages
from app.organise.writing.opened import KINDS
from app.web import languages
from app.web.pages import page

STATES = {
    shelf.SHIPPED: _l("As shipped"),
    shelf.CHANGED: _l("Changed"),
    shelf.ADDED: _l("Added"),
    shelf.WAITING: _l("Waiting to appear"),
    shelf.REMOVED: _l("Taken away"),
}
FILTERS = (
    Filter("kind", _l("Show"), ((PAGE, _l("Pages")), (NEWS, _l("News")))),
    Filter("state", _l("State"), tuple(STATES.items())),
)

pages = Blueprint("writing", __name__, url_prefix="/pages")
for part in (editing, past, link_pages, notice):
    part.attach(pages)


@pages.get("")
def listed() -> ResponseReturnValue:
    wanted = asked(FILTERS, ("title", "kind", "changed"))
    every = shelf.rows(queries.written(folder()), clock.now())
    found = shelf.found(
        every, wanted.search, dict(wanted.chosen), wanted.sort, is_reversed=wanted.is_reversed
    )
    rows = found[wanted.offset : wanted.offset + PAGE_SIZE]
    listing = Listing(rows, len(found), wanted, FILTERS)
    return page("organise/writing/listed.html", listing=listing, states=STATES)


@pages.get(f"/<{KINDS}:kind>/<slug>")
def text(kind: str, slug: str) -> ResponseReturnValue:
    each = [opened.text(kind, slug, language) for language in languages.offered()]
    return page(
        "organise/writing/text.html",
        text=each[0],
        each=each,
        states=STATES,
        links=links.links(slug) if kind == PAGE else (),
        entries=history.newest_about(f"{kind} {slug}"),
    )
