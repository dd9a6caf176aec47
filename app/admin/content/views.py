"""Pages and news: the list, and a text with its languages and history."""

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app import clock
from app.accounts import roles
from app.accounts.guards import current_actor
from app.admin.content import edit_views, editable_text, image_views, link_views, version_views
from app.admin.content.dead_links import LinkChecker
from app.admin.content.editable_text import TEXT_KINDS_CONVERTER, EditableText
from app.admin.content.forms import NoticeForm
from app.admin_kit import draft_forms, saved_views
from app.admin_kit.draft_forms import deletes_draft
from app.admin_kit.edit_form import EditForm
from app.admin_kit.listing import ListFilter, paginate, parse_list_query, render_list
from app.content import links, queries, services
from app.content import listing as content_listing
from app.content.models import NEWS, NOTICE, PAGE
from app.content.views import get_content_folder
from app.errors import RuleViolation, StaleEdit
from app.forms.form import validates_own_csrf
from app.history import queries as history
from app.web import languages, redirects
from app.web.rendering import render_page

redirects.MESSAGES["admin"] |= {
    "notice-written": _l("The notice has been saved."),
    "notice-removed": _l("The notice has been removed."),
}


def add_url_rules(bp: Blueprint) -> None:
    """Register the routes on the content blueprint."""
    bp.add_url_rule("/notice", view_func=notice)
    bp.add_url_rule("/notice/write", view_func=write_notice, methods=["GET", "POST"])
    bp.add_url_rule("/notice/remove", view_func=remove_notice, methods=["POST"])


def notice() -> ResponseReturnValue:
    """Show the current or scheduled notice."""
    return _render_notice()


def _render_notice(stale: StaleEdit | None = None) -> ResponseReturnValue:
    text = editable_text.get_notice()
    form = EditForm(formdata=None)
    form.expected_version.data = text.latest_number
    return render_page(
        "admin/content/notice.html",
        409 if stale else None,
        text=text,
        current=services.current_notice(text.store),
        standing=text.store.find_notice(clock.now()),
        form=form,
        entries=history.list_newest(NOTICE),
        stale=stale,
    )


@validates_own_csrf
@deletes_draft
def write_notice() -> ResponseReturnValue:
    """Preview or publish a notice, which replaces any other."""
    typed = draft_forms.get_form_arguments()
    form = NoticeForm(**typed)
    if not form.is_submitted():
        if not typed:
            _set_initial_data(form, editable_text.get_notice())
        return _render_form(form)
    if not form.validate():
        return _render_form(form)
    return draft_forms.redirect_to_preview(form) or _publish_notice(form)


def _publish_notice(form: NoticeForm) -> ResponseReturnValue:
    try:
        services.publish_notice(
            get_content_folder(),
            form.to_draft(),
            expected_version=form.expected_version.data,
            actor=current_actor(),
        )
    except StaleEdit as stale:
        form.expected_version.data = stale.version
        return _render_form(form, stale)
    except RuleViolation as refusal:
        form.add_error(form.ends, refusal)
        return _render_form(form)
    return redirects.redirect_to(url_for(".notice"), "notice-written")


def _render_form(form: NoticeForm, stale: StaleEdit | None = None) -> ResponseReturnValue:
    return render_page(
        "admin/content/write_notice.html",
        409 if stale else None,
        form=form,
        stale=stale,
        has_preview=draft_forms.get_pressed_button() == draft_forms.PREVIEW,
        breadcrumbs=[(gettext("Urgent notice"), url_for(".notice"))],
    )


def remove_notice() -> ResponseReturnValue:
    """Remove the notice, unless it has been replaced meanwhile."""
    try:
        services.withdraw_notice(
            get_content_folder(),
            expected_version=EditForm().expected_version.data,
            actor=current_actor(),
        )
    except StaleEdit as stale:
        return _render_notice(stale)
    return redirects.redirect_to(url_for(".notice"), "notice-removed")


def _set_initial_data(form: NoticeForm, text: EditableText) -> None:
    """Fill in the current notice, or an old version in the query parameter ``from``."""
    now = clock.now()
    begins = editable_text.get_requested_version(text) or services.current_notice(text.store)
    form.expected_version.data = text.latest_number
    if begins is not None:
        form.words.data = begins.title
        form.appears.show(None if begins.has_appeared(now) else begins.appears_at)
        form.ends.show(None if begins.has_ended(now) else begins.ends_at)


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
SORTS = ("title", "kind", "changed")
saved_views.declare("content", _l("Pages and news"), roles.CONTENT, lambda _: FILTERS, SORTS)

bp = Blueprint("content", __name__, url_prefix="/pages")
for part in (edit_views, version_views, link_views, image_views):
    part.add_url_rules(bp)
add_url_rules(bp)


@bp.get("")
def index() -> ResponseReturnValue:
    list_query = parse_list_query(FILTERS, SORTS)
    store = queries.load_store(get_content_folder())
    all_rows = content_listing.list_rows(store, clock.now())
    found = content_listing.filter_rows(
        all_rows,
        list_query.search,
        dict(list_query.filter_values),
        list_query.sort,
        is_reversed=list_query.is_reversed,
    )
    listing = paginate(found, list_query, FILTERS)
    checker = LinkChecker(store)
    dead = {
        (row.kind, row.slug): checker.find_in_public(row.kind, row.slug) for row in listing.rows
    }
    return render_list("admin/content/index.html", listing, states=STATE_LABELS, dead_links=dead)


@bp.get(f"/<{TEXT_KINDS_CONVERTER}:kind>/<slug>")
def text(kind: str, slug: str) -> ResponseReturnValue:
    english = editable_text.get_text(kind, slug)
    each = [english.in_language(language) for language in languages.list_codes()]
    return render_page(
        "admin/content/show.html",
        text=english,
        each=each,
        states=STATE_LABELS,
        dead_links=LinkChecker(english.store).find_in_public(kind, slug),
        links=links.list_links(slug) if kind == PAGE else (),
        entries=history.list_newest(f"{kind} {slug}"),
    )
