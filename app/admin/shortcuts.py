"""Starting points of frequent tasks: the admin search lists all, the dashboard some."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from flask import url_for
from flask_babel import lazy_gettext as _l

from app.accounts import roles
from app.accounts.roles import Area


@dataclass(frozen=True)
class Shortcut:
    """A page on which a task starts, and the area that it needs."""

    label: Any
    endpoint: str
    area: Area
    values: Mapping[str, Any] = field(default_factory=dict)
    is_on_dashboard: bool = False


class ShortcutLink(NamedTuple):
    """A shortcut, with the URL of its page."""

    label: str
    url: str


_REQUIREMENTS = "admin.delegates.requirements.show"
_WITH_NAMES = "admin.delegates.exports.export_with_needs"

SHORTCUTS: Final[Sequence[Shortcut]] = (
    Shortcut(_l("Add a session"), "admin.sessions.add", roles.PROGRAMME, is_on_dashboard=True),
    Shortcut(_l("Add a speaker"), "admin.speakers.add", roles.PROGRAMME, is_on_dashboard=True),
    Shortcut(_l("Add a room"), "admin.rooms.add", roles.PROGRAMME, is_on_dashboard=True),
    Shortcut(_l("Add a theme"), "admin.themes.add", roles.PROGRAMME),
    Shortcut(
        _l("Add a delegate"),
        "admin.delegates.details.add",
        roles.DELEGATES,
        is_on_dashboard=True,
    ),
    Shortcut(
        _l("Access requirements, with names"), _WITH_NAMES, roles.DELEGATES, {"purpose": "access"}
    ),
    Shortcut(
        _l("Dietary requirements, with names"), _WITH_NAMES, roles.DELEGATES, {"purpose": "dietary"}
    ),
    Shortcut(
        _l("Meals, for the caterer"),
        _REQUIREMENTS,
        roles.DELEGATES,
        {"purpose": "dietary"},
        is_on_dashboard=True,
    ),
    Shortcut(
        _l("Names for the interpreter"),
        _REQUIREMENTS,
        roles.DELEGATES,
        {"purpose": "interpreter"},
        is_on_dashboard=True,
    ),
    Shortcut(
        _l("Invite speakers"),
        "admin.speaker_pages.show_invitations",
        roles.PROGRAMME,
        is_on_dashboard=True,
    ),
    Shortcut(_l("Write a group email"), "admin.mailings.add", roles.MAILINGS, is_on_dashboard=True),
    Shortcut(_l("Change what emails say"), "admin.email_kinds.index", roles.EMAIL_TEXTS),
    Shortcut(_l("Invite a team member"), "admin.team.invite", roles.TEAM),
    Shortcut(_l("Give a colleague a role"), "admin.team.invite", roles.TEAM),
    Shortcut(_l("Start a new conference"), "admin.start.new", roles.SETTINGS),
)


def list_links(role: str) -> list[ShortcutLink]:
    """Return the tasks that a role can start."""
    return [_link(shortcut) for shortcut in SHORTCUTS if role in shortcut.area.write_roles]


def list_dashboard_links(role: str) -> list[ShortcutLink]:
    """Return the shortcuts on the dashboard."""
    return [
        _link(shortcut)
        for shortcut in SHORTCUTS
        if shortcut.is_on_dashboard and role in shortcut.area.write_roles
    ]


def _link(shortcut: Shortcut) -> ShortcutLink:
    url = url_for(shortcut.endpoint, **shortcut.values)
    return ShortcutLink(str(shortcut.label), url)
