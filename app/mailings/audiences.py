"""Whom a mailing can go to. A further kind of people is one declaration: an ``Audience``.

An organiser chooses an audience and filters of its list; ``find`` gives the people who match as
the parts of a statement, which the database counts, pages and stores
(``app.mailings.recipient_selection``), ``load`` gives what a mailing may say about some of them.
Neither takes more queries where there are more people.

The emails of another module, such as notices of what a release changes, are mailings as well. Such
a module declares an audience without ``find``, and gives each recipient what only they are told:

    audiences.declare(Audience("notices", _l("…"), placeholders=…, load=load_people))
    mailing = services.prepare(
        "notices",
        Draft(subject="…", body="…{changes}…", is_essential=True),
        [PreparedRecipient(person, {"changes": "…"}, calendar), …],
        actor=…,
    )

The rest is the same for all: an organiser sees who gets what, edits, and sends or deletes it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy import ColumnElement, SQLColumnExpression

from app.errors import RuleViolation
from app.mail.placeholders import Placeholders
from app.mailings.models import Mailing, MailingRecipient


@dataclass(frozen=True)
class Candidate:
    """Somebody who may get a mailing."""

    person: str  # who it is in all mailings: "delegate 12"
    name: str
    address: str
    language: str = "en"
    booking_reference: str = ""
    exclusion: str = ""  # why they get none whatever it says: "has cancelled"
    values: Mapping[str, str] = field(default_factory=dict)  # of placeholders; only from ``load``
    # the same person in another role, in which they get what is essential to them all the same
    other_role: "Candidate | None" = None

    def for_email(self, *, is_essential: bool) -> "Candidate":
        """Return them in the role in which they get an email, which may be essential to them."""
        return self.other_role if self.exclusion and is_essential and self.other_role else self


@dataclass(frozen=True)
class PeopleQuery:
    """The people whom a query string finds, as the parts of a statement."""

    person: SQLColumnExpression[str]  # as in ``Candidate``, like the next five
    name: SQLColumnExpression[str]
    address: SQLColumnExpression[str]
    language: SQLColumnExpression[str]
    booking_reference: SQLColumnExpression[str]
    exclusion: SQLColumnExpression[str]
    conditions: Sequence[ColumnElement[bool]]
    order: Sequence[SQLColumnExpression[Any]]
    search: Callable[[str], Sequence[ColumnElement[bool]]]  # of words that somebody types
    has_valid_addresses: bool = False  # nothing else can be stored
    key: SQLColumnExpression[str] | None = None  # an address as it is compared, if indexed
    # placeholders that are empty for some people, or for all; one that is not here may be as well
    gaps: Mapping[str, ColumnElement[bool] | bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Audience:
    """A kind of people to whom organisers write."""

    name: str
    label: Any  # "Delegates"
    placeholders: Placeholders
    # those of some people whom a query string chose, by person, with their values
    load: Callable[[Collection[str], str], Mapping[str, Candidate]]
    find: Callable[[str], PeopleQuery] | None = None  # who match a query string
    secrets: frozenset[str] = frozenset()  # placeholders with links that only they may have
    required: frozenset[str] = frozenset()  # placeholders that every text must have
    # filters by which people are chosen who agreed to it: they can always unsubscribe
    consent_filters: frozenset[str] = frozenset()
    # brings what some recipients are told up to date, just before their emails are written
    refresh: Callable[[Mailing, Sequence[MailingRecipient]], None] | None = None
    list_name: str = ""  # of the list whose filters choose them, as in app.admin_kit.saved_views

    @property
    def is_chosen(self) -> bool:
        """Whether organisers choose the people by filters."""
        return self.find is not None

    def needs_consent(self, query: str) -> bool:
        """Return True if a query string finds people who agreed to such emails."""
        return not self.consent_filters.isdisjoint(dict(parse_qsl(query)))


AUDIENCES: dict[str, Audience] = {}


def declare(audience: Audience) -> None:
    """Let mailings go to an audience."""
    AUDIENCES[audience.name] = audience


def get_audience(name: str) -> Audience:
    """Return an audience by its name; raise RuleViolation if there is none any more."""
    if name not in AUDIENCES:
        raise RuleViolation("Emails can no longer be sent to these people. Write a new email")
    return AUDIENCES[name]
