"""The parent blueprint of the admin area, with the guard that all its parts inherit.

Each part is registered with ``add``, which also checks the roles that may read and change it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from typing import Any, NamedTuple

from flask import Blueprint, g, has_request_context, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts import guards, roles
from app.accounts.models import Person
from app.accounts.roles import Area
from app.admin_kit import draft_forms, listing, saved_views, view_options
from app.delegates.categories import queries as categories
from app.delegates.categories.models import BY_INTEREST
from app.releases import current_release
from app.web import languages, redirects

ROOT = "/organise"
SEATS = f"{ROOT}/session-seats"
APPLICATIONS, INTEREST = f"{ROOT}/applications", f"{ROOT}/interest"


@dataclass(frozen=True)
class MenuItem:
    """A page in the menu."""

    label: str
    path: str
    area: Area
    other_path: str = ""  # of pages that belong to it, but are not below it
    is_listed: bool = True  # False: reached from another page, but known to search and breadcrumbs

    @property
    def url(self) -> str:
        """Return the URL of the page."""
        return f"{request.script_root}{self.path}"

    def contains(self, path: str) -> bool:
        """Return True if a path is that of this page or of one below it."""
        return path == self.path or path.startswith(self._below)

    @cached_property
    def _below(self) -> tuple[str, ...]:
        paths = (self.path, self.other_path)
        return tuple(f"{path}/" for path in paths if path not in {"", ROOT})


@dataclass(frozen=True)
class MenuGroup:
    """Pages of the menu that belong together."""

    label: str
    items: tuple[MenuItem, ...]


class MenuLink(NamedTuple):
    """A page as the menu lists it; ``current`` is its ``aria-current``: "page", "true" or ""."""

    label: str
    url: str
    current: str


@dataclass(frozen=True)
class MenuSection:
    """A group of the menu as it is listed."""

    label: str  # "" for a page on its own
    items: Sequence[MenuLink]


MENU = (
    MenuGroup(_l("Dashboard"), (MenuItem(_l("Dashboard"), ROOT, roles.HOME),)),
    MenuGroup(
        _l("Programme"),
        (
            MenuItem(_l("Sessions"), f"{ROOT}/sessions", roles.PROGRAMME),
            MenuItem(_l("Seats in sessions"), SEATS, roles.DELEGATES, is_listed=False),
            MenuItem(_l("Ballots"), f"{ROOT}/ballots", roles.SETTINGS, is_listed=False),
            MenuItem(_l("Speakers"), f"{ROOT}/speakers", roles.PROGRAMME),
            MenuItem(_l("Changes by speakers"), f"{ROOT}/proposals", roles.PROGRAMME),
            MenuItem(_l("Speaker pages"), f"{ROOT}/speaking", roles.PROGRAMME),
            MenuItem(_l("Rooms"), f"{ROOT}/rooms", roles.PROGRAMME),
            MenuItem(_l("Themes"), f"{ROOT}/themes", roles.PROGRAMME),
            MenuItem(_l("Schedule board"), f"{ROOT}/board", roles.PROGRAMME),
            MenuItem(_l("Import and export"), f"{ROOT}/files", roles.PROGRAMME),
        ),
    ),
    MenuGroup(
        _l("Publishing"),
        (
            MenuItem(_l("Unpublished changes"), f"{ROOT}/publishing", roles.PROGRAMME),
            MenuItem(_l("Preview links"), f"{ROOT}/previews", roles.PROGRAMME),
            MenuItem(_l("Rehearsal"), f"{ROOT}/rehearsal", roles.HOME),
        ),
    ),
    MenuGroup(
        _l("Delegates"),
        (
            MenuItem(_l("Delegates"), f"{ROOT}/delegates", roles.DELEGATES),
            MenuItem(_l("Groups"), f"{ROOT}/groups", roles.DELEGATES),
            MenuItem(_l("Applications"), APPLICATIONS, roles.DELEGATES),
            MenuItem(_l("Expressions of interest"), INTEREST, roles.DELEGATES),
            MenuItem(_l("Waiting list"), f"{ROOT}/waiting-list", roles.DELEGATES),
            MenuItem(_l("Access requirements"), f"{ROOT}/access", roles.REQUIREMENT_CASES),
            MenuItem(_l("Dietary requirements"), f"{ROOT}/dietary", roles.REQUIREMENT_CASES),
            MenuItem(_l("Categories"), f"{ROOT}/categories", roles.SETTINGS),
            MenuItem(_l("Questions"), f"{ROOT}/questions", roles.QUESTIONS),
            MenuItem(_l("Invitation codes"), f"{ROOT}/invitations", roles.INVITATIONS),
            MenuItem(_l("Emails"), f"{ROOT}/letters", roles.DELEGATES),
            MenuItem(_l("Group emails"), f"{ROOT}/mailings", roles.MAILINGS),
            MenuItem(_l("Notices of change"), f"{ROOT}/notices", roles.MAILINGS),
        ),
    ),
    MenuGroup(
        _l("Website"),
        (
            MenuItem(_l("Pages and news"), f"{ROOT}/pages", roles.CONTENT),
            MenuItem(_l("Menus"), f"{ROOT}/menus", roles.CONTENT),
            MenuItem(_l("Settings"), f"{ROOT}/settings", roles.SETTINGS),
            MenuItem(_l("Logo and colours"), f"{ROOT}/look", roles.LOOK),
        ),
    ),
    MenuGroup(_l("Team"), (MenuItem(_l("Team"), f"{ROOT}/people", roles.TEAM),)),
    MenuGroup(_l("History"), (MenuItem(_l("History"), f"{ROOT}/history", roles.HISTORY),)),
)


def menu_for(person: Person) -> tuple[MenuGroup, ...]:
    """Return the pages of a person's role, including those that the menu does not list."""
    return _translate_menu(person.role, languages.current().code)


@cache
def _translate_menu(role: str, language: str) -> tuple[MenuGroup, ...]:
    """Return the pages of a role with translated labels: the same for every request."""
    with languages.use_language(language):
        return tuple(_visible_groups(role))


def list_sections(groups: Sequence[MenuGroup]) -> list[MenuSection]:
    """List the sections that the menu shows of these groups."""
    path, root = request.path, request.script_root
    return [
        MenuSection(
            group.label if len(group.items) > 1 else "",
            [_link(item, path, root) for item in _list_shown(group, path)],
        )
        for group in groups
    ]


def _link(item: MenuItem, path: str, root: str) -> MenuLink:
    current = "page" if item.path == path else "true" if item.contains(path) else ""
    return MenuLink(item.label, f"{root}{item.path}", current)


def _list_shown(group: MenuGroup, path: str) -> list[MenuItem]:
    return [item for item in group.items if _is_shown(item, path)]


def _is_shown(item: MenuItem, path: str) -> bool:
    """Return True if the menu shows a page: one that it lists, or the current one."""
    return _is_listed(item) or item.contains(path)


def _is_listed(item: MenuItem) -> bool:
    """Return True if the menu always lists a page; requests are listed only if enabled."""
    if item.path == APPLICATIONS:
        return any(option.approvals_needed for option in categories.list_options())
    if item.path == INTEREST:
        return any(option.access == BY_INTEREST for option in categories.list_options())
    return item.is_listed


def build_breadcrumbs(
    groups: Sequence[MenuGroup], below: Sequence[tuple[str, str]] | None
) -> list[tuple[str, str]]:
    """Return the breadcrumbs of the current page: home, the menu item, then those below it.

    A page in the menu has none.
    """
    items = [item for group in groups for item in group.items]
    if any(item.path == request.path for item in items):
        return []
    home = (gettext("Dashboard"), url_for("admin.home"))
    part = [(item.label, item.url) for item in items if item.contains(request.path)]
    return [home, *part, *(one for one in below or () if one not in part)]


def _visible_groups(role: str) -> Iterator[MenuGroup]:
    for group in MENU:
        visible = [item for item in group.items if role in item.area.read_roles]
        if visible:
            items = tuple(replace(item, label=str(item.label)) for item in visible)
            yield MenuGroup(str(group.label), items)


bp = Blueprint("admin", __name__, url_prefix="/organise")

redirects.MESSAGES["admin"] |= {
    "as-it-was": _l("There were no changes to save."),
}


def add(part: Blueprint, area: roles.Area) -> None:
    """Register a part of the admin area for the roles that may read and change it."""
    part.before_request(guards.require_role_for(area))
    if area is roles.PROGRAMME:
        part.before_request(_use_working_zone)
    part.context_processor(partial(_permission_context, area))
    bp.register_blueprint(part)


def _use_working_zone() -> None:
    """Show times in the time zone of the working programme, which may not be published yet."""
    g.conference_zone = _get_working_zone


def _get_working_zone() -> str:
    return current_release.get_programme().working_zone


def _permission_context(area: roles.Area) -> dict[str, bool]:
    return {"may_change": guards.can_change(area)}


def _menu_context() -> dict[str, Any]:
    person = guards.current_person()
    return {
        "menu": menu_for(person) if person else (),
        "list_sections": list_sections,
        "build_breadcrumbs": build_breadcrumbs,
        "signed_in_email": person.email if person else "",
        "list_view": view_options.read_view_options(),
        "get_list_views": saved_views.get_list_views,
        "view_params": listing.view_params,
        "may_email_many": person is not None and person.role in roles.MAILINGS.write_roles,
    }


@dataclass(frozen=True)
class RoleRefusal:
    """What the error page tells a person whose role is not enough."""

    role: str
    allowed_roles: Sequence[str]
    can_change: bool  # whether the role may change these pages
    pages: Sequence[MenuItem]


def _refusal_context() -> dict[str, RoleRefusal | None]:
    person, allowed = guards.current_person(), g.get("allowed_roles")
    if person is None or allowed is None:
        return {"role_refusal": None}
    pages = [item for group in menu_for(person) for item in _list_shown(group, request.path)]
    pages = [item for item in pages if item.area is not roles.HOME]
    own = [item for item in pages if person.role in item.area.write_roles]
    names = [str(name) for role, name in roles.ROLE_NAMES.items() if role in allowed]
    mine = str(roles.ROLE_NAMES[person.role])
    return {"role_refusal": RoleRefusal(mine, names, can_change=bool(own), pages=own or pages)}


def _render_admin_error() -> None:
    """Show errors within the admin area to those who work in it, with a way back."""
    g.error_template = "admin/error.html"


def _render_admin_not_found() -> None:
    """Show the error page of the admin area to team members at an unknown URL below it.

    No blueprint handles such a request, so this runs for the whole application.
    """
    if request.url_rule is not None or not request.path.startswith(f"{ROOT}/"):
        return
    person = guards.current_person()
    if person is not None and person.is_team_member:
        _render_admin_error()


def _unknown_page_context() -> dict[str, Any]:
    if not has_request_context():  # an email is being rendered
        return {}
    if request.url_rule is not None or "error_template" not in g:
        return {}
    own = (_menu_context, _refusal_context, draft_forms.draft_context)
    found = {name: value for context in own for name, value in context().items()}
    return {**found, **guards.session_expiry_context(), "flash_message": ""}


bp.before_app_request(_render_admin_not_found)
bp.app_context_processor(_unknown_page_context)
bp.before_request(guards.require_team_member)
bp.before_request(_render_admin_error)
bp.before_request(saved_views.open_start_view)
bp.context_processor(_menu_context)
bp.context_processor(_refusal_context)
bp.context_processor(redirects.flash_context)
bp.context_processor(draft_forms.draft_context)
bp.context_processor(guards.session_expiry_context)
