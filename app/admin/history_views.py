"""The history of changes: search, export, links to the items, and undo."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, String, cast, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from app.accounts import guards, roles
from app.accounts.models import ROLES, Person
from app.admin_emails.kinds.registry import EMAIL_KINDS
from app.admin_kit import saved_views
from app.admin_kit.listing import PAGE_SIZE, ListFilter, Listing, parse_list_query, render_list
from app.database import db
from app.delegates.categories.models import RegistrationCategory
from app.delegates.models import Delegate
from app.delegates.requirement_models import RequirementCase
from app.history import queries as history
from app.history.models import HistoryEntry, load_changes
from app.history.queries import EntryFilter
from app.mail.models import Email
from app.programme.editing import undo as undoing
from app.programme.models import Release, Room, Session, Speaker, Theme
from app.registration.ballots.models import Ballot
from app.registration.invitations.models import InvitationCode
from app.text import collapse_whitespace, parse_numbers, strip_hidden
from app.web import redirects, spreadsheets

SUBJECT_COLUMNS: Final[
    Mapping[str, tuple[InstrumentedAttribute[Any], InstrumentedAttribute[Any]]]
] = {
    "session": (Session.key, Session.slug),  # the key in the history, the key in the URL
    "speaker": (Speaker.key, Speaker.slug),
    "room": (Room.key, Room.slug),
    "theme": (Theme.key, Theme.slug),
    "release": (Release.number, Release.number),
    "booking": (Delegate.reference, Delegate.reference),
    "letter": (Email.id, Email.id),
    "person": (Person.email, Person.id),
    "category": (RegistrationCategory.id, RegistrationCategory.id),
    "ballot": (Ballot.id, Ballot.id),
    "access-case": (RequirementCase.key, RequirementCase.key),
    "dietary-case": (RequirementCase.key, RequirementCase.key),
    "invitation": (InvitationCode.id, InvitationCode.id),
}


def find_page_keys(subjects: Iterable[str]) -> Mapping[str, str]:
    """Return the URL key of each subject, in one query; deleted items are left out."""
    named: dict[str, set[str]] = {}
    for kind, _, name in (about.partition(" ") for about in subjects):
        named.setdefault(kind, set()).add(name)
    asked = [_subject_query(kind, sorted(named[kind])) for kind in SUBJECT_COLUMNS if kind in named]
    rows = db.session.execute(union_all(*asked)) if asked else ()
    return {f"{kind} {name}": page for kind, name, page in rows}


def _subject_query(kind: str, names: Sequence[str]) -> Select[tuple[str, str, str]]:
    name, page = SUBJECT_COLUMNS[kind]
    values = names if isinstance(name.type, String) else parse_numbers(names)
    such = select(literal(kind), cast(name, String), cast(page, String)).where(name.in_(values))
    return such.where(Person.role.in_(ROLES)) if kind == "person" else such


KIND_LABELS = {
    "session": _l("Sessions"),
    "speaker": _l("Speakers"),
    "room": _l("Rooms"),
    "theme": _l("Themes"),
    "programme": _l("The programme as a whole"),
    "release": _l("Releases"),
    "booking": _l("Bookings"),
    "category": _l("Categories"),
    "ballot": _l("Ballots"),
    "access-case": _l("Access requirements"),
    "dietary-case": _l("Dietary requirements"),
    "invitation": _l("Invitation codes"),
    "letter": _l("Emails"),
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
ENDPOINTS = {  # of an item's page: endpoint and URL argument
    "session": ("admin.sessions.show", "slug"),
    "speaker": ("admin.speakers.show", "slug"),
    "room": ("admin.rooms.show", "slug"),
    "theme": ("admin.themes.show", "slug"),
    "release": ("admin.publishing.release", "number"),
    "booking": ("admin.delegates.show", "reference"),
    "letter": ("admin.emails.show", "number"),
    "person": ("admin.team.person", "number"),
    "category": ("admin.categories.show", "number"),
    "ballot": ("admin.ballots.show", "number"),
    "access-case": ("admin.access_cases.show", "key"),
    "dietary-case": ("admin.dietary_cases.show", "key"),
    "invitation": ("admin.invitations.show", "number"),
}
EMAIL_TEXT: Final = "email-text"  # of emails that organisers wrote themselves
CONTENT_KINDS = frozenset({"page", "news"})  # their URLs contain kind and slug
SINGLE_PAGE_ENDPOINTS = {  # subjects without a page of their own
    "notice": "admin.content.notice",
    "menus": "admin.menus.index",
    "conference": "admin.settings.show",
    "programme": "admin.import_export.show",
    "planned release": "admin.publishing.changes",
    "delegates": "admin.delegates.index",
    "access requirements": "admin.access_cases.index",
    "dietary requirements": "admin.dietary_cases.index",
    "invitations": "admin.invitations.index",
    "suppression list": "admin.suppression.index",
    "speakers": "admin.speaker_pages.overview",
}

AREAS: Final[Mapping[str, roles.Area]] = {  # pages that not all who read the history may open
    "person": roles.TEAM,
    "invitation": roles.INVITATIONS,
    "invitations": roles.INVITATIONS,
    "access-case": roles.REQUIREMENT_CASES,
    "dietary-case": roles.REQUIREMENT_CASES,
    "access": roles.REQUIREMENT_CASES,  # of their list
    "dietary": roles.REQUIREMENT_CASES,
}


@dataclass(frozen=True)
class LinkedEntry:
    """A history entry with the URL of its subject."""

    entry: HistoryEntry
    url: str  # "" if it has no page that the current user may open


def link_entries(entries: Sequence[HistoryEntry]) -> list[LinkedEntry]:
    """Return the entries with the URLs of their subjects."""
    pages = find_page_keys({entry.subject for entry in entries})
    return [
        LinkedEntry(entry, _subject_url(entry.subject, pages) if _can_open(entry.subject) else "")
        for entry in entries
    ]


def _subject_url(subject: str, page_keys: Mapping[str, str]) -> str:
    kind, _, name = subject.partition(" ")
    if kind == "address":  # its name is a hash, by which nobody can search
        return url_for("admin.suppression.index")
    if subject in SINGLE_PAGE_ENDPOINTS:
        return url_for(SINGLE_PAGE_ENDPOINTS[subject])
    if kind == EMAIL_TEXT and name in EMAIL_KINDS:
        return url_for("admin.email_kinds.preview", template=name)
    if kind in CONTENT_KINDS and name:
        return url_for("admin.content.text", kind=kind, slug=name)
    if subject not in page_keys:
        return ""
    endpoint, argument = ENDPOINTS[kind]
    values: dict[str, Any] = {argument: page_keys[subject]}
    return url_for(endpoint, **values)


def _can_open(subject: str) -> bool:
    """Return True if the current user may open the page of a subject, if it has one."""
    area = AREAS.get(subject.partition(" ")[0])
    return area is None or guards.can_read(area)


def export_row(  # noqa: PLR0913 - one per cell
    happened_at: datetime,
    actor: str,
    subject: str,
    summary: str,
    changes_json: str,
    *,
    empty_text: str,
) -> tuple[str, ...]:
    """Return an entry as a row of the CSV file; ``empty_text`` stands for empty values."""
    moment = happened_at.isoformat(sep=" ", timespec="seconds")
    fields = (
        f"{one.label}: {one.old or empty_text} → {one.new or empty_text}"
        for one in load_changes(changes_json)
    )
    return moment, actor, subject, summary, "\n".join(fields)


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
        gettext("Change"),
        gettext("Before and after"),
    )
    nothing = gettext("nothing")
    rows = (export_row(*entry, empty_text=nothing) for entry in history.iter_all())
    return spreadsheets.send_csv("history", head, rows)


def get_filters(args: Mapping[str, str]) -> Sequence[ListFilter]:
    """Return the filters of the list; one subject is a filter only where the query names it."""
    return (
        ListFilter("who", gettext("Made by"), [(who, who) for who in history.list_actors()]),
        ListFilter("kind", gettext("Subject"), tuple(KIND_LABELS.items())),
        *_subject_filter(strip_hidden(collapse_whitespace(args.get("thing", "")))),
    )


SORTS = ("newest",)
saved_views.declare("history", _l("History"), roles.HISTORY, get_filters, SORTS)


def _subject_filter(subject: str) -> list[ListFilter]:
    """Return the filter for one subject if the URL has one, else nothing."""
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
