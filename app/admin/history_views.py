"""The history of changes: search, export, links to the items, and undo."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts import guards, roles
from app.admin.history_subjects import link_entries, select_people
from app.admin_emails import readable_emails
from app.admin_kit import saved_views
from app.admin_kit.listing import PAGE_SIZE, ListFilter, Listing, parse_list_query, render_list
from app.history import queries as history
from app.history.models import load_changes
from app.history.queries import EntryFilter, ExportedEntry
from app.programme.editing import undo as undoing
from app.registration import requirement_history
from app.text import collapse_whitespace, strip_hidden
from app.web import redirects, spreadsheets

KIND_LABELS = {
    "session": _l("Sessions"),
    "speaker": _l("Speakers"),
    "room": _l("Rooms"),
    "theme": _l("Themes"),
    "programme": _l("The programme as a whole"),
    "release": _l("Releases"),
    "booking": _l("Bookings"),
    "interest": _l("Expressions of interest"),
    "application": _l("Applications"),
    "waiting list": _l("Waiting list"),
    "group": _l("Groups"),
    "category": _l("Categories"),
    "ballot": _l("Ballots"),
    "access-case": _l("Access requirements"),
    "dietary-case": _l("Dietary requirements"),
    requirement_history.SUBJECT: _l("Access and dietary requirements"),
    "invitation": _l("Invitation codes"),
    "letter": _l("Emails"),
    "mailing": _l("Group emails"),
    "email-text": _l("What emails say"),
    "preview": _l("Preview links"),
    "page": _l("Pages"),
    "news": _l("News"),
    "notice": _l("The urgent notice"),
    "menus": _l("Menus"),
    "conference": _l("Settings"),
    "look": _l("Colours"),
    "address": _l("Suppression list"),
    "person": _l("Team"),
}


def export_row(entry: ExportedEntry, empty_text: str) -> tuple[str, ...]:
    """Return an entry as a row of the CSV file; ``empty_text`` stands for empty values."""
    moment = entry.happened_at.isoformat(sep=" ", timespec="seconds")
    fields = (
        f"{change.label}: {change.old or empty_text} → {change.new or empty_text}"
        for change in load_changes(entry.changes)
    )
    return moment, entry.actor, entry.subject, entry.person, entry.summary, "\n".join(fields)


bp = Blueprint("history", __name__, url_prefix="/history")

redirects.MESSAGES["admin"] |= {
    "undone": _l("Undone. You can redo it from the history."),
}


@bp.get("")
def index() -> ResponseReturnValue:
    filters = get_filters(request.args)
    list_query = parse_list_query(filters, SORTS)
    entry_filter = EntryFilter(
        search=list_query.search,
        actor=list_query.get_filter("who"),
        kind=list_query.get_filter("kind"),
        subject=list_query.get_filter("thing"),
        hidden=readable_emails.list_hidden_entries(),
    )
    page = history.list_page(entry_filter, offset=list_query.offset, limit=PAGE_SIZE)
    return render_list(
        "admin/history/index.html",
        Listing(link_entries(page.rows), page.total, list_query, filters),
        may_undo=guards.can_change(roles.PROGRAMME),
    )


@bp.get("/history.csv")
def export_csv() -> Response:
    head = (
        gettext("When (UTC)"),
        gettext("Made by"),
        gettext("Subject"),
        gettext("Person"),
        gettext("Change"),
        gettext("Before and after"),
    )
    not_given = gettext("Not given")
    entries = history.iter_all(select_people(), readable_emails.list_hidden_entries())
    rows = (export_row(entry, not_given) for entry in entries)
    return spreadsheets.send_csv("history", head, rows)


def get_filters(args: Mapping[str, str]) -> Sequence[ListFilter]:
    """Return the filters of the list; a single subject is a filter only if the URL has one."""
    return (
        ListFilter("who", gettext("Made by"), [(who, who) for who in history.list_actors()]),
        ListFilter("kind", gettext("Subject"), _list_kinds()),
        *_subject_filter(strip_hidden(collapse_whitespace(args.get("thing", "")))),
    )


def _list_kinds() -> Sequence[tuple[str, Any]]:
    """List the types of subject, without those whose entries are all hidden."""
    hidden = () if guards.can_read(roles.REQUIREMENT_CASES) else requirement_history.KINDS
    return [(kind, label) for kind, label in KIND_LABELS.items() if kind not in hidden]


SORTS = ("newest",)
saved_views.declare("history", _l("History"), roles.HISTORY, get_filters, SORTS)


def _subject_filter(subject: str) -> list[ListFilter]:
    """Return the filter for a single subject if the URL has one."""
    return [ListFilter("thing", gettext("One item"), [(subject, subject)])] if subject else []


undo_bp = Blueprint("undo", __name__, url_prefix="/undo")

MAX_ID = 2**31 - 1  # of a PostgreSQL integer


@undo_bp.post(f"/<int(max={MAX_ID}):entry>")
def undo(entry: int) -> ResponseReturnValue:
    person = guards.current_person()
    if history.get_entry(entry).subject == "conference" and not guards.can_change(roles.SETTINGS):
        guards.deny(
            roles.SETTINGS.write_roles, "Your role does not allow you to change the settings"
        )
    undoing.undo(entry, actor=person.email if person else "")
    return redirects.redirect_to(redirects.referrer_or(url_for("admin.home")), "undone")
