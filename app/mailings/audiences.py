"""Whom a mailing can go to. A further kind of people is one declaration: an ``Audience``.

An organiser chooses an audience and filters of its list; ``find`` lists the people who match,
``load`` gives what a mailing may say about some of them. Both take a fixed number of queries,
whatever the number of people.

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

from app.errors import RuleViolation
from app.mail.placeholders import Placeholders


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


@dataclass(frozen=True)
class Audience:
    """A kind of people to whom organisers write."""

    name: str
    label: Any  # "Delegates"
    placeholders: Placeholders
    # those of some people whom a query string chose, by person, with their values
    load: Callable[[Collection[str], str], Mapping[str, Candidate]]
    find: Callable[[str], Sequence[Candidate]] | None = None  # who match a query string
    secrets: frozenset[str] = frozenset()  # placeholders with links that only they may have
    required: frozenset[str] = frozenset()  # placeholders that every text must have
    list_name: str = ""  # of the list whose filters choose them, as app.admin.saved_views has it

    @property
    def is_chosen(self) -> bool:
        """Whether organisers choose the people by filters."""
        return self.find is not None


AUDIENCES: dict[str, Audience] = {}


def declare(audience: Audience) -> None:
    """Let mailings go to an audience."""
    AUDIENCES[audience.name] = audience


def get_audience(name: str) -> Audience:
    """Return an audience by its name; raise RuleViolation if there is none any more."""
    if name not in AUDIENCES:
        raise RuleViolation("Emails can no longer be sent to these people. Write a new email")
    return AUDIENCES[name]
