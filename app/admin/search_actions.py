"""Actions in the admin search: on something it found, or on the query itself.

“cancel opening” offers to cancel the sessions that contain “opening”; an email address of no team
member offers to invite its owner. Most colleagues have the same domain, so “dora@” is enough.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts import queries as accounts
from app.accounts import roles, services
from app.accounts.models import DESK, EDITOR, ORGANISER, VIEWER
from app.accounts.roles import Area
from app.errors import RuleViolation
from app.programme.collation import sort_key

ON, CANCELLED = "on", "cancelled"  # whether a delegate attends, or a session takes place
LEAST_ACCESS_FIRST: Final = (VIEWER, DESK, EDITOR, ORGANISER)
MIN_VERB_LENGTH = 3  # letters


class Action(NamedTuple):
    """Something that can be done with a search result, on a page of its own."""

    label: Any
    endpoint: str
    area: Area
    needs_on: bool = False  # not for cancelled items


class ActionLink(NamedTuple):
    """An action, with the URL of its page for one item."""

    label: str
    url: str


ENTITY_ACTIONS: Final[Mapping[str, Sequence[Action]]] = {
    "delegate": (
        Action(
            _l("Correct email address"),
            "admin.delegates.details.edit_email",
            roles.DELEGATES,
            needs_on=True,
        ),
        Action(
            _l("Change booking"),
            "admin.delegates.details.edit",
            roles.DELEGATES,
            needs_on=True,
        ),
    ),
    "speaker": (Action(_l("Change speaker"), "admin.speakers.edit", roles.PROGRAMME),),
    "session": (
        Action(_l("Change session"), "admin.sessions.edit", roles.PROGRAMME),
        Action(_l("Move session"), "admin.board.move", roles.PROGRAMME),
        Action(
            _l("Cancel session"),
            "admin.sessions.cancel",
            roles.PROGRAMME,
            needs_on=True,
        ),
    ),
    "room": (Action(_l("Change room"), "admin.rooms.edit", roles.PROGRAMME),),
}


def list_links(kind: str, state: str, role: str, values: Mapping[str, Any]) -> list[ActionLink]:
    """Return what a role can do with an item; ``values`` are the URL arguments of its page."""
    return [
        ActionLink(str(action.label), url_for(action.endpoint, **values))
        for action in ENTITY_ACTIONS.get(kind, ())
        if role in action.area.write_roles and not (action.needs_on and state == CANCELLED)
    ]


def split_verb(query: str, role: str) -> Iterator[tuple[str, str, str]]:
    """Yield the kind, label and remaining words for each action that the query starts with.

    “cancel opening” and “cancel session opening” both start with “Cancel session”.
    """
    words = query.split()
    for kind, actions in ENTITY_ACTIONS.items():
        for action in actions:
            rest = _words_after(words, sort_key(str(action.label)).split())
            if rest and role in action.area.write_roles:
                yield kind, str(action.label), " ".join(rest)


def _words_after(words: Sequence[str], label: Sequence[str]) -> Sequence[str]:
    """Return the words after those of a label; none if the query does not start with the label."""
    count = 0
    for typed, known in zip(words, label, strict=False):
        if sort_key(typed) != known:
            break
        count += 1
    return words[count:] if count and len(words[0]) >= MIN_VERB_LENGTH else ()


class Invitation(NamedTuple):
    """An invitation to the team for the owner of the typed email address."""

    label: str
    url: str
    value: str = ""  # of the button that sends it; empty where the page asks for confirmation


def list_invitations(query: str, role: str) -> list[Invitation]:
    """Return invitations for the owner of the typed email address, least access first.

    A button sends them at once, except for the role that can do everything, which needs
    confirmation.
    """
    if role not in roles.TEAM.write_roles or "@" not in query:
        return []
    email = _normalise(query) or _normalise(_complete_domain(query))
    if not email or accounts.find_team_member(email) is not None:
        return []
    return [
        Invitation(
            gettext("Invite %(email)s as %(role)s", email=email, role=roles.ROLE_NAMES[one]),
            url_for("admin.team.invite", email=email, role=one)
            if one == ORGANISER
            else url_for("admin.team.invite"),
            "" if one == ORGANISER else f"{one} {email}",
        )
        for one in LEAST_ACCESS_FIRST
    ]


def _normalise(email: str) -> str:
    """Return an email address as it is stored; "" if it is invalid."""
    try:
        return services.normalise_email(email)
    except RuleViolation:
        return ""


def _complete_domain(query: str) -> str:
    """Complete an address with the most common domain of the team that starts as typed."""
    name, _, begun = query.rpartition("@")
    domains = Counter(member.email.rpartition("@")[2] for member in accounts.list_team())
    likely = (one for one, _ in domains.most_common() if one.startswith(begun.lower()))
    return f"{name}@{next(likely, '')}"
