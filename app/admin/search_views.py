"""Search across everything that a person's role may read: people, sessions, rooms, emails, pages.

Words match as in the lists, ignoring accents and order. If no delegate or speaker matches, names
with a similar spelling are shown.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, String, case, cast, func, literal, select, union_all

from app import clock
from app.accounts import guards, roles
from app.accounts.models import Person
from app.accounts.roles import Area
from app.admin import blueprint, search_actions, shortcuts, similar_names
from app.admin.search_actions import ActionLink
from app.admin_emails import readable_emails
from app.admin_kit.listing import MAX_SEARCH_LENGTH
from app.content import listing as content_listing
from app.content import queries as content
from app.content.views import get_content_folder
from app.database import db
from app.delegates.delegate_record import search_key
from app.delegates.models import Delegate
from app.mail.models import Email
from app.programme.collation import sort_key
from app.programme.models import Room, Session, Speaker
from app.registration.groups.models import RegistrationGroup
from app.text import collapse_whitespace, strip_hidden
from app.web.rendering import render_page

MAX_HITS = 8  # of each group
FoundRow = tuple[str, str, str, str, str, str]  # kind, key, label, detail, state, sort key
Names = Select[FoundRow]


class SearchHit(NamedTuple):
    """A search result, with its page."""

    label: str
    url: str
    detail: str = ""
    actions: Sequence[ActionLink] = ()
    button_value: str = ""  # of a button that acts at once, without confirmation


@dataclass(frozen=True)
class HitGroup:
    """The hits of one kind, and the list with all of them."""

    label: Any
    hits: Sequence[SearchHit]
    url: str = ""  # of the list, if there may be more
    is_similar: bool = False  # similar spelling, rather than an exact match

    @property
    def count(self) -> int:
        """Return the number of hits."""
        return len(self.hits)


class EntityKind(NamedTuple):
    """A kind of database entity: its pages, and who may read them."""

    label: Any
    endpoint: str
    argument: str
    list_endpoint: str
    area: Area


KINDS: Final[Mapping[str, EntityKind]] = {
    "delegate": EntityKind(
        *(_l("Delegates"), "admin.delegates.show", "reference", "admin.delegates.index"),
        roles.DELEGATES,
    ),
    "group": EntityKind(
        *(_l("Groups"), "admin.groups.show", "number", "admin.groups.index"), roles.DELEGATES
    ),
    "speaker": EntityKind(
        *(_l("Speakers"), "admin.speakers.show", "slug", "admin.speakers.index"), roles.PROGRAMME
    ),
    "session": EntityKind(
        *(_l("Sessions"), "admin.sessions.show", "slug", "admin.sessions.index"), roles.PROGRAMME
    ),
    "room": EntityKind(
        *(_l("Rooms"), "admin.rooms.show", "slug", "admin.rooms.index"), roles.PROGRAMME
    ),
    "email": EntityKind(
        *(_l("Emails"), "admin.emails.show", "number", "admin.emails.index"), roles.DELEGATES
    ),
}


def search() -> ResponseReturnValue:
    """Show the hits, in groups."""
    query = _read_query()
    return render_page("admin/search.html", find_words=query, groups=_list_groups(query))


def suggest() -> ResponseReturnValue:
    """Return the groups of hits only, for the script that shows them below the search box."""
    groups = _list_groups(_read_query())
    best = _find_best(groups)
    return render_template(
        "admin/_suggestions.html",
        groups=groups,
        best=best,
        said=_describe_results(groups, best),
    )


def _describe_results(groups: Sequence[HitGroup], best: SearchHit | None) -> str:
    """Return what screen readers say of the result."""
    if not groups:
        return str(gettext("Nothing was found."))
    if best is None:
        return str(
            ngettext(
                "%(num)s result. Press the down arrow to choose it.",
                "%(num)s results. Press the down arrow to choose one.",
                sum(group.count for group in groups),
            )
        )
    said = str(gettext("One result: %(name)s. Press Enter to open it.", name=best.label))
    has_similar = any(group.is_similar and best not in group.hits for group in groups)
    return f"{said} {gettext('Similar names are listed too.')}" if has_similar else said


def _read_query() -> str:
    return strip_hidden(collapse_whitespace(request.args.get("q", "")))[:MAX_SEARCH_LENGTH]


def _list_groups(query: str) -> list[HitGroup]:
    return [group for group in _find(query) if group.hits] if query else []


def _find_best(groups: Iterable[HitGroup]) -> SearchHit | None:
    """Return the only hit, not counting emails and similar names; None if there are several."""
    emails = KINDS["email"].label
    found = [group for group in groups if group.label != emails]
    exact = [hit for group in found if not group.is_similar for hit in group.hits]
    hits = exact or [hit for group in found for hit in group.hits]
    return hits[0] if len(hits) == 1 else None


def _find(query: str) -> Iterator[HitGroup]:
    person = guards.require_login_session().person
    kinds = [kind for kind, one in KINDS.items() if person.role in one.area.read_roles]
    found = _find_entities(query, kinds)
    similar = {} if _has_people(found) else _find_similar_names(query, kinds)
    yield HitGroup(_l("Actions"), [*_find_actions(query, person)])
    yield HitGroup(_l("Go to"), [*_find_admin_pages(query, person)])
    for kind in kinds:
        url = url_for(KINDS[kind].list_endpoint, q=query) if found[kind] else ""
        hits = found[kind] or similar.get(kind, [])
        yield HitGroup(KINDS[kind].label, hits, url, is_similar=not found[kind])
    yield HitGroup(_l("Pages and news"), _find_content(query))


def _find_actions(query: str, person: Person) -> Iterator[SearchHit]:
    """Yield actions by their labels, such as “cancel opening”, and invitations to the team."""
    for kind, label, words in search_actions.split_verb(query, person.role):
        for hit in _find_entities(words, [kind])[kind]:
            for action in hit.actions:
                if action.label == label:
                    yield SearchHit(f"{label}: {hit.label}", action.url, hit.detail)
    for invitation in search_actions.list_invitations(query, person.role):
        note = gettext("Sends the email now") if invitation.value else ""
        yield SearchHit(invitation.label, invitation.url, note, button_value=invitation.value)


def _has_people(found: Mapping[str, Sequence[SearchHit]]) -> bool:
    return bool(found["delegate"] or found["speaker"])


def _find_entities(query: str, kinds: Iterable[str]) -> Mapping[str, list[SearchHit]]:
    """Find all database entities that contain the words, in one query."""
    statements = _select_entities(query)
    parts = [statements[kind].limit(MAX_HITS).subquery() for kind in kinds]
    return _group_hits(db.session.execute(union_all(*map(select, parts))).tuples())


def _select_entities(query: str) -> Mapping[str, Names]:
    words = sort_key(query).split()
    name = Delegate.given_names + " " + Delegate.family_name
    email_text = Email.subject + " " + Email.recipient + " " + Email.booking_reference
    return {
        "delegate": _select("delegate", Delegate.reference, name, Delegate.email)
        .add_columns(
            _state_of(Delegate.cancelled_at.is_(None) & Delegate.erased_at.is_(None)),
            Delegate.name_sort_key,
        )
        .where(*_contains(Delegate.search_text, search_key(query).split()))
        .order_by(Delegate.name_sort_key + ""),  # not by its index, which is slower here
        "group": _select(
            "group", RegistrationGroup.id, RegistrationGroup.name, RegistrationGroup.email
        )
        .add_columns(literal(""), RegistrationGroup.search_text)
        .where(*_contains(RegistrationGroup.search_text, search_key(query).split()))
        .order_by(RegistrationGroup.search_text),
        "speaker": _select("speaker", Speaker.slug, Speaker.name, Speaker.organisation)
        .add_columns(literal(""), Speaker.name_sort_key)
        .where(*_contains(Speaker.search_text, words))
        .order_by(Speaker.name_sort_key),
        "session": _select("session", Session.slug, Session.title, func.coalesce(Room.name, ""))
        .add_columns(_state_of(Session.cancelled_at.is_(None)), Session.title_sort_key)
        .outerjoin(Session.room)
        .where(Session.withdrawn_at.is_(None))
        .where(*_contains(Session.title_sort_key + " " + Session.key, words))
        .order_by(Session.title_sort_key),
        "room": _select("room", Room.slug, Room.name, literal(""))
        .add_columns(literal(""), Room.name)
        .where(*_contains(func.lower(Room.name), query.casefold().split()))
        .order_by(Room.position),
        "email": _select("email", cast(Email.id, String), Email.subject, Email.recipient)
        .add_columns(literal(""), _newest_first(Email.id))
        .where(*_contains(func.lower(email_text), query.casefold().split()))
        .where(*readable_emails.list_conditions())
        .order_by(Email.id.desc()),
    }


def _select(kind: str, key: Any, label: Any, detail: Any) -> Any:
    return select(literal(kind).label("kind"), cast(key, String), label, detail)


def _state_of(is_on: ColumnElement[bool]) -> ColumnElement[str]:
    return case((is_on, search_actions.ON), else_=search_actions.CANCELLED)


def _newest_first(number: Any) -> ColumnElement[str]:
    """Return an expression that sorts emails newest first as text."""
    return cast(literal(10**12) - number, String)


def _contains(column: Any, words: Sequence[str]) -> list[ColumnElement[bool]]:
    return [column.contains(word, autoescape=True) for word in words]


def _group_hits(rows: Iterable[FoundRow]) -> defaultdict[str, list[SearchHit]]:
    role = guards.require_login_session().person.role
    groups: defaultdict[str, list[SearchHit]] = defaultdict(list)
    for kind, key, label, detail, state, _ in sorted(rows, key=lambda row: row[5]):
        values: dict[str, Any] = {KINDS[kind].argument: key}
        url = url_for(KINDS[kind].endpoint, **values)
        actions = search_actions.list_links(kind, state, role, values)
        groups[kind].append(SearchHit(label.strip() or gettext("Deleted"), url, detail, actions))
    return groups


def _find_similar_names(query: str, kinds: Sequence[str]) -> Mapping[str, list[SearchHit]]:
    """Find delegates and speakers with names that are spelt similarly."""
    ids = similar_names.find_ids(query, kinds, MAX_HITS)
    statements = _select_entities("")
    parts = [
        statements[kind].where(similar_names.NAMES[kind][0].in_(found)).order_by(None).subquery()
        for kind, found in ids.items()
    ]
    if not parts:
        return {}
    return _group_hits(db.session.execute(union_all(*map(select, parts))).tuples())


def _find_content(query: str) -> list[SearchHit]:
    if not guards.can_read(roles.CONTENT):
        return []
    rows = content_listing.list_rows(content.get_store(get_content_folder()), clock.now())
    found = content_listing.filter_rows(rows, query, {}, "title", is_reversed=False)
    return [
        SearchHit(row.title, url_for("admin.content.text", kind=row.kind, slug=row.slug))
        for row in found[:MAX_HITS]
    ]


def _find_admin_pages(query: str, person: Person) -> Iterator[SearchHit]:
    """Yield menu and "add" pages whose labels have words that start with those of the query."""
    items = [item for group in blueprint.menu_for(person) for item in group.items]
    pages = [(str(item.label), item.url) for item in items]
    pages += [(link.label, link.url) for link in shortcuts.list_links(person.role)]
    words = sort_key(query).split()
    for label, url in pages:
        known = sort_key(label).split()
        if all(any(label_word.startswith(word) for label_word in known) for word in words):
            yield SearchHit(label, url)
