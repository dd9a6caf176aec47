"""Pages and news: the list, and each text with its languages and history."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app import clock
from app.admin.content import edit_views, editable_text, link_views, notice_views, version_views
from app.admin.content.editable_text import TEXT_KINDS_CONVERTER
from app.admin.listing import ListFilter, paginate, parse_list_query, render_list
from app.content import links, queries
from app.content import listing as content_listing
from app.content.models import NEWS, PAGE
from app.content.views import get_content_folder
from app.history import queries as history
from app.web import languages
from app.web.rendering import render_page

STATE_LABELS = {
    content_listing.SHIPPED: _l("Original"),
    content_listing.CHANGED: _l("Changed"),
    content_listing.ADDED: _l("Added"),
    content_listing.WAITING: _l("Scheduled"),
    content_listing.REMOVED: _l("Deleted"),
}
FILTERS = (
    ListFilter("kind", _l("Show"), ((PAGE, _l("Pages")), (NEWS, _l("News")))),
    ListFilter("state", _l("State"), tuple(STATE_LABELS.items())),
)

bp = Blueprint("content", __name__, url_prefix="/pages")
for part in (edit_views, version_views, link_views, notice_views):
    part.add_url_rules(bp)


@bp.get("")
def index() -> ResponseReturnValue:
    list_query = parse_list_query(FILTERS, ("title", "kind", "changed"))
    every = content_listing.list_rows(queries.load_store(get_content_folder()), clock.now())
    found = content_listing.filter_rows(
        every,
        list_query.search,
        dict(list_query.filter_values),
        list_query.sort,
        is_reversed=list_query.is_reversed,
    )
    listing = paginate(found, list_query, FILTERS)
    return render_list("admin/content/index.html", listing, states=STATE_LABELS)


@bp.get(f"/<{TEXT_KINDS_CONVERTER}:kind>/<slug>")
def text(kind: str, slug: str) -> ResponseReturnValue:
    each = [editable_text.get_text(kind, slug, language) for language in languages.list_codes()]
    return render_page(
        "admin/content/show.html",
        text=each[0],
        each=each,
        states=STATE_LABELS,
        links=links.list_links(slug) if kind == PAGE else (),
        entries=history.list_newest(f"{kind} {slug}"),
    )
