"""The menu of the back office: what of it is open to whoever is signed in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts import roles
from app.accounts.models import Person
from app.accounts.roles import Part

ROOT = "/organise"


@dataclass(frozen=True)
class Item:
    """A page of the menu."""

    label: str
    path: str
    part: Part

    @property
    def address(self) -> str:
        """Where it is."""
        return f"{request.script_root}{self.path}"

    @property
    def is_here(self) -> bool:
        """Whether the page that is open is this one."""
        return request.path == self.path

    @property
    def is_around(self) -> bool:
        """Whether the page that is open is this one, or lies within it."""
        return self.is_here or (self.path != ROOT and request.path.startswith(f"{self.path}/"))


@dataclass(frozen=True)
class Group:
    """Pages that belong together."""

    label: str
    items: tuple[Item, ...]

    @property
    def address(self) -> str:
        """Where the first of them is."""
        return self.items[0].address

    @property
    def is_around(self) -> bool:
        """Whether the page that is open is one of them."""
        return any(item.is_around for item in self.items)


MENU = (
    Group(_l("The back office"), (Item(_l("The back office"), ROOT, roles.HOME),)),
    Group(
        _l("Programme"),
        (
            Item(_l("Sessions"), f"{ROOT}/sessions", roles.PROGRAMME),
            Item(_l("Speakers"), f"{ROOT}/speakers", roles.PROGRAMME),
            Item(_l("Changes by speakers"), f"{ROOT}/proposals", roles.PROGRAMME),
            Item(_l("Speakers’ own pages"), f"{ROOT}/speaking", roles.PROGRAMME),
            Item(_l("Rooms"), f"{ROOT}/rooms", roles.PROGRAMME),
            Item(_l("Themes"), f"{ROOT}/themes", roles.PROGRAMME),
            Item(_l("Schedule board"), f"{ROOT}/board", roles.PROGRAMME),
            Item(_l("Files"), f"{ROOT}/files", roles.PROGRAMME),
        ),
    ),
    Group(
        _l("Publishing"),
        (
            Item(_l("What will change"), f"{ROOT}/publishing", roles.PROGRAMME),
            Item(_l("Preview links"), f"{ROOT}/previews", roles.PROGRAMME),
            Item(_l("Rehearsal"), f"{ROOT}/rehearsal", roles.HOME),
        ),
    ),
    Group(
        _l("Delegates"),
        (
            Item(_l("Delegates"), f"{ROOT}/delegates", roles.DELEGATES),
            Item(_l("Letters"), f"{ROOT}/letters", roles.DELEGATES),
        ),
    ),
    Group(
        _l("Website"),
        (
            Item(_l("Pages and news"), f"{ROOT}/pages", roles.WORDS),
            Item(_l("Settings"), f"{ROOT}/settings", roles.SETTINGS),
        ),
    ),
    Group(_l("Team"), (Item(_l("Team"), f"{ROOT}/people", roles.PEOPLE),)),
    Group(_l("History"), (Item(_l("History"), f"{ROOT}/history", roles.HISTORY),)),
)


def of(person: Person) -> tuple[Group, ...]:
    """Give the menu of someone's role."""
    return tuple(_open(person))


def pages_above(
    groups: Sequence[Group], within: Sequence[tuple[str, str]] | None
) -> list[tuple[str, str]]:
    """Give the trail of the page that is open: the back office, its part, and what is within that.

    The first page of a part has none: the menu says where it is.
    """
    items = [item for group in groups for item in group.items]
    if any(item.is_here for item in items):
        return []
    home = (gettext("The back office"), url_for("organise.home"))
    part = [(str(item.label), item.address) for item in items if item.is_around]
    return [home, *part, *(within or ())]


def _open(person: Person) -> Iterator[Group]:
    for group in MENU:
        items = tuple(item for item in group.items if person.role in item.part.reads)
        if items:
            yield Group(group.label, items)
