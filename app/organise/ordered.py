"""Lists of things that organisers put in order: rooms and themes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from flask import url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from app.organise.at_once import Deed
from app.organise.lists import PAGE_SIZE, Asked, Filter, Listing, asked, said
from app.programme.editing import order, uses
from app.programme.models import Room, Theme
from app.programme.names import folded

Thing = TypeVar("Thing", Room, Theme)
PLACE = "place"


@dataclass(frozen=True)
class Row(Generic[Thing]):
    """A line of the list: the thing, where it stands, and how many sessions use it."""

    thing: Thing
    place: int  # from 1
    sessions: int


@dataclass(frozen=True)
class Ordered(Listing[Row[Thing]]):
    """One page of such a list."""

    @property
    def is_in_order(self) -> bool:
        """Whether it shows the chosen order with nothing left out, so that it can be changed."""
        return self.direction(PLACE) == "ascending" and not self.is_narrowed


@dataclass(frozen=True)
class Way:
    """A way to narrow such a list: what can be chosen, and which rows that leaves."""

    filter: Filter
    leaves: Callable[[Row[Any], str], bool]


SORTS: Mapping[str, Callable[[Row[Any]], Any]] = {
    PLACE: lambda row: row.place,
    "name": lambda row: folded(row.thing.name),
    "capacity": lambda row: row.thing.capacity or 0,
    "sessions": lambda row: row.sessions,
}
USES = (("yes", _l("With sessions")), ("no", _l("Without sessions")))


def by_use() -> Way:
    """Give the way that tells what sessions use from what none does."""
    uses = Filter("used", gettext("Use"), said(USES))
    return Way(uses, lambda row, chosen: bool(row.sessions) is (chosen == "yes"))


def listing(
    things: Sequence[Thing],
    sessions: Mapping[int, int],
    sorts: Sequence[str],
    ways: Sequence[Way],
) -> Ordered[Thing]:
    """Give what the address asks for; it is in the chosen order unless it asks for another."""
    filters = [way.filter for way in ways]
    wish = asked(filters, sorts)
    rows = [
        Row(thing, place, sessions.get(thing.id, 0)) for place, thing in enumerate(things, start=1)
    ]
    found = [row for row in rows if _is_wanted(row, wish, ways)]
    found.sort(key=SORTS[wish.sort], reverse=wish.is_reversed)
    return Ordered(found[wish.offset :][:PAGE_SIZE], len(found), wish, filters)


def address_of(thing: Room | Theme) -> str:
    """Give the address of a thing in the list: its line on the page where it stands."""
    number = (order.place(thing).number - 1) // PAGE_SIZE + 1
    return url_for(".listed", page=number if number > 1 else None, _anchor=thing.slug)


def deletion(
    kind: type[Room | Theme],
    button: str,
    ask: Callable[[int], str],
    done: str,
    do: Callable[..., None],
) -> Deed[Any]:
    """Give the deed that deletes those of several things that no session uses."""
    counted = cache(lambda: uses.counted(kind))
    return Deed(
        "delete",
        button,
        ask,
        done,
        lambda thing: thing.id not in counted(),
        do,
        agree=gettext("Delete"),
        left=_are_used,
        warning=gettext(
            "All that you have typed about them goes, and cannot be brought back. What readers "
            "see changes once you publish."
        ),
    )


def _are_used(count: int) -> str:
    told = ngettext(
        "Sessions use %(num)s of those you ticked, so it stays.",
        "Sessions use %(num)s of those you ticked, so they stay.",
        count,
    )
    return str(told)


def _is_wanted(row: Row[Any], wish: Asked, ways: Sequence[Way]) -> bool:
    name = folded(row.thing.name)
    return all(word in name for word in folded(wish.search).split()) and all(
        way.leaves(row, wish.choice(way.filter.name))
        for way in ways
        if wish.choice(way.filter.name)
    )
