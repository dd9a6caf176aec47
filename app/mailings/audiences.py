"""The audiences of mailings. To add one, declare an ``Audience``.

An organiser chooses an audience and filters of its list; ``find`` returns the matching people as
the parts of a statement, which the database counts, pages and stores
(``app.mailings.recipient_selection``); ``load`` returns the placeholder values of some of them. The
number of queries does not depend on the number of people.

The emails of another module, such as notices of what a release changes, are mailings as well. Such
a module declares an audience without ``find``, and prepares the values of each recipient:

    audiences.declare(Audience("notices", _l("…"), placeholders=…, load=load_people))
    mailing = services.prepare(
        "notices",
        Draft(subject="…", body="…{changes}…", is_essential=True),
        [PreparedRecipient(person, {"changes": "…"}, calendar), …],
        actor=…,
    )

The rest is the same for all: an organiser reviews, edits, and sends or deletes the mailing.
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
    """A person who may get a mailing."""

    person: str  # their identity in all mailings: "delegate 12"
    name: str
    address: str
    language: str = "en"
    booking_reference: str = ""
    exclusion: str = ""  # why they never get one: "has cancelled"
    values: Mapping[str, str] = field(default_factory=dict)  # of placeholders; only from ``load``
    # the same person in another role, in which they still get essential emails
    other_role: "Candidate | None" = None

    def for_email(self, *, is_essential: bool) -> "Candidate":
        """Return the person in the role for an email, which may be essential to them."""
        return self.other_role if self.exclusion and is_essential and self.other_role else self


@dataclass(frozen=True)
class PeopleQuery:
    """The people that a query string selects, as the parts of a statement."""

    person: SQLColumnExpression[str]  # as in ``Candidate``, like the next five
    name: SQLColumnExpression[str]
    address: SQLColumnExpression[str]
    language: SQLColumnExpression[str]
    booking_reference: SQLColumnExpression[str]
    exclusion: SQLColumnExpression[str]
    conditions: Sequence[ColumnElement[bool]]
    order: Sequence[SQLColumnExpression[Any]]
    search: Callable[[str], Sequence[ColumnElement[bool]]]  # of typed search words
    has_valid_addresses: bool = False  # nothing else is stored
    key: SQLColumnExpression[str] | None = None  # the normalised address, if indexed
    # placeholders that are empty for some people, or for all; any other may be empty as well
    gaps: Mapping[str, ColumnElement[bool] | bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Audience:
    """A kind of recipients that organisers can choose."""

    name: str
    label: Any  # "Delegates"
    placeholders: Placeholders
    # loads people by their ids for a query string, with their values
    load: Callable[[Collection[str], str], Mapping[str, Candidate]]
    find: Callable[[str], PeopleQuery] | None = None  # selects the people of a query string
    secrets: frozenset[str] = frozenset()  # placeholders with links that must stay private
    required: frozenset[str] = frozenset()  # placeholders that every text must use
    # filters that select people by their consent; these can always unsubscribe
    consent_filters: frozenset[str] = frozenset()
    # updates the prepared values of some recipients, just before their emails are written
    refresh: Callable[[Mailing, Sequence[MailingRecipient]], None] | None = None
    list_name: str = ""  # of the list whose filters select them, as in app.admin_kit.saved_views

    @property
    def is_chosen(self) -> bool:
        """Whether organisers select the people by filters."""
        return self.find is not None

    def needs_consent(self, query: str) -> bool:
        """Return True if a query string selects people by their consent to such emails."""
        return not self.consent_filters.isdisjoint(dict(parse_qsl(query)))


AUDIENCES: dict[str, Audience] = {}


def declare(audience: Audience) -> None:
    """Register an audience."""
    AUDIENCES[audience.name] = audience


def get_audience(name: str) -> Audience:
    """Return an audience by its name; raise RuleViolation if it does not exist any more."""
    if name not in AUDIENCES:
        raise RuleViolation("Emails can no longer be sent to these people. Write a new email")
    return AUDIENCES[name]
