"""The subjects of history entries: their names, and the page of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from flask import url_for
from sqlalchemy import ColumnElement, Select, String, cast, func, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from app.accounts import guards, roles
from app.accounts.models import ROLES, Person
from app.admin_emails.kinds.registry import EMAIL_KINDS
from app.database import db
from app.delegates.categories.models import RegistrationCategory
from app.delegates.models import Delegate
from app.delegates.requirement_models import RequirementCase
from app.history.models import HistoryEntry
from app.mail.models import Email
from app.mailings.models import Mailing
from app.programme.models import Release, Room, Session, Speaker, Theme
from app.registration import requirement_history
from app.registration.applications.models import RegistrationApplication
from app.registration.ballots.models import Ballot
from app.registration.groups.models import RegistrationGroup
from app.registration.interest.models import ExpressionOfInterest
from app.registration.invitations.models import InvitationCode
from app.registration.waiting_list.models import WaitingListEntry
from app.registration.waiting_list.queries import SUBJECT_PREFIX
from app.text import parse_numbers

Key = InstrumentedAttribute[Any]
SUBJECT_COLUMNS: Final[Mapping[str, tuple[Key, Key]]] = {
    "session": (Session.key, Session.slug),  # the key in the history, the key in the URL
    "speaker": (Speaker.key, Speaker.slug),
    "room": (Room.key, Room.slug),
    "theme": (Theme.key, Theme.slug),
    "release": (Release.number, Release.number),
    "booking": (Delegate.reference, Delegate.reference),
    "interest": (ExpressionOfInterest.id, ExpressionOfInterest.id),
    "application": (RegistrationApplication.id, RegistrationApplication.id),
    "waiting list": (WaitingListEntry.id, WaitingListEntry.id),
    "group": (RegistrationGroup.id, RegistrationGroup.id),
    "letter": (Email.id, Email.id),
    "mailing": (Mailing.id, Mailing.id),
    "person": (Person.email, Person.id),
    "category": (RegistrationCategory.id, RegistrationCategory.id),
    "ballot": (Ballot.id, Ballot.id),
    "access-case": (RequirementCase.key, RequirementCase.key),
    "dietary-case": (RequirementCase.key, RequirementCase.key),
    requirement_history.SUBJECT: (Delegate.reference, Delegate.reference),
    "invitation": (InvitationCode.id, InvitationCode.id),
}
DELEGATE_NAME: Final = func.trim(Delegate.given_names + " " + Delegate.family_name)
_DELEGATE_OF_CASE: Final = (
    select(DELEGATE_NAME).where(Delegate.id == RequirementCase.delegate_id).scalar_subquery()
)
# The current names of subjects: entries contain no names, so that details can be deleted.
PEOPLE: Final[Mapping[str, ColumnElement[Any]]] = {
    "booking": DELEGATE_NAME,
    "interest": cast(ExpressionOfInterest.name, String),
    "application": cast(RegistrationApplication.name, String),
    "waiting list": cast(WaitingListEntry.name, String),
    "group": cast(RegistrationGroup.name, String),
    "letter": cast(Email.recipient, String),
    "access-case": _DELEGATE_OF_CASE,
    "dietary-case": _DELEGATE_OF_CASE,
    requirement_history.SUBJECT: DELEGATE_NAME,
}


class Subject(NamedTuple):
    """The stored data of an entry's subject."""

    page_key: str  # in the URL of its page
    person: str  # its name; "" if there is none, or it was deleted


def find_subjects(subjects: Iterable[str]) -> Mapping[str, Subject]:
    """Return the stored data of each subject, in one query; deleted items are left out."""
    named: dict[str, set[str]] = {}
    for kind, name in map(_split, subjects):
        named.setdefault(kind, set()).add(name)
    asked = [_subject_query(kind, sorted(named[kind])) for kind in SUBJECT_COLUMNS if kind in named]
    rows = db.session.execute(union_all(*asked)) if asked else ()
    return {f"{kind} {name}": Subject(page, who or "") for kind, name, page, who in rows}


def _split(subject: str) -> tuple[str, str]:
    """Split a subject into kind and name; one kind consists of two words."""
    if subject.startswith(SUBJECT_PREFIX):
        return SUBJECT_PREFIX.strip(), subject.removeprefix(SUBJECT_PREFIX)
    kind, _, name = subject.partition(" ")
    return kind, name


def _subject_query(kind: str, names: Sequence[str]) -> Select[tuple[str, str, str, str]]:
    name, page = SUBJECT_COLUMNS[kind]
    values = names if isinstance(name.type, String) else parse_numbers(names)
    who = PEOPLE.get(kind, literal(""))
    such = select(literal(kind), cast(name, String), cast(page, String), who)
    such = such.where(name.in_(values))
    return such.where(Person.role.in_(ROLES)) if kind == "person" else such


def select_people() -> Select[tuple[str, str]]:
    """Select each subject and whose it is, as far as the person signed in may know."""
    known = {kind: who for kind, who in PEOPLE.items() if _can_open(kind)}
    each = (
        select((literal(f"{kind} ") + cast(SUBJECT_COLUMNS[kind][0], String)).label("subject"), who)
        for kind, who in known.items()
    )
    people = union_all(*each).subquery()
    return select(*people.c)


ENDPOINTS = {  # of an item's page: endpoint and URL argument
    "session": ("admin.sessions.show", "slug"),
    "speaker": ("admin.speakers.show", "slug"),
    "room": ("admin.rooms.show", "slug"),
    "theme": ("admin.themes.show", "slug"),
    "release": ("admin.publishing.release", "number"),
    "booking": ("admin.delegates.show", "reference"),
    "interest": ("admin.interest.show", "number"),
    "application": ("admin.applications.show", "number"),
    "waiting list": ("admin.waiting_list.show", "number"),
    "group": ("admin.groups.show", "number"),
    "letter": ("admin.emails.show", "number"),
    "mailing": ("admin.mailings.show", "number"),
    "person": ("admin.team.person", "number"),
    "category": ("admin.categories.show", "number"),
    "ballot": ("admin.ballots.show", "number"),
    "access-case": ("admin.access_cases.show", "key"),
    "dietary-case": ("admin.dietary_cases.show", "key"),
    requirement_history.SUBJECT: ("admin.delegates.show", "reference"),
    "invitation": ("admin.invitations.show", "number"),
}
EMAIL_TEXT: Final = "email-text"  # of emails that organisers have edited
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
    "expressions of interest": "admin.interest.index",
    "applications": "admin.applications.index",
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
    requirement_history.SUBJECT: roles.REQUIREMENT_CASES,
}


@dataclass(frozen=True)
class LinkedEntry:
    """A history entry with the name of its subject, and the URL of the subject's page."""

    entry: HistoryEntry
    person: str  # "" if there is none, or the current user may not know it
    url: str  # "" if there is no page that the current user may open
    is_undone: bool  # by another of these entries


def link_entries(entries: Sequence[HistoryEntry]) -> list[LinkedEntry]:
    """Return the entries with the names and the URLs of their subjects."""
    found = find_subjects({entry.subject for entry in entries})
    undone = {entry.undoes_id for entry in entries}
    return [
        LinkedEntry(entry, *_link(entry.subject, found.get(entry.subject)), entry.id in undone)
        for entry in entries
    ]


def _link(subject: str, found: Subject | None) -> tuple[str, str]:
    """Return whose a subject is, and its URL."""
    if not _can_open(subject):
        return "", ""
    return found.person if found else "", _subject_url(subject, found)


def _subject_url(subject: str, found: Subject | None) -> str:
    kind, name = _split(subject)
    if kind == "address":  # its name is a hash, which cannot be searched
        return url_for("admin.suppression.index")
    if subject in SINGLE_PAGE_ENDPOINTS:
        return url_for(SINGLE_PAGE_ENDPOINTS[subject])
    if kind == EMAIL_TEXT and name in EMAIL_KINDS:
        return url_for("admin.email_kinds.preview", template=name)
    if kind in CONTENT_KINDS and name:
        return url_for("admin.content.text", kind=kind, slug=name)
    if found is None:
        return ""
    endpoint, argument = ENDPOINTS[kind]
    values: dict[str, Any] = {argument: found.page_key}
    return url_for(endpoint, **values)


def _can_open(subject: str) -> bool:
    """Return True if the current user may open the page of a subject, if it has one."""
    area = AREAS.get(_split(subject)[0])
    return area is None or guards.can_read(area)
