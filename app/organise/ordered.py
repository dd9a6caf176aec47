"""Lists of things that organisers put in order: rooms and themes, all on one page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from app.organise.lists import Listing, asked
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


SORTS: Mapping[str, Callable[[Row[Any]], Any]] = {
    PLACE: lambda row: row.place,
    "name": lambda row: folded(row.thing.name),
    "capacity": lambda row: row.thing.capacity or 0,
    "sessions": lambda row: row.sessions,
}


def listing(
    things: Sequence[Thing], sessions: Mapping[int, int], sorts: Sequence[str]
) -> Listing[Row[Thing]]:
    """Give what the address asks for; it is in the chosen order unless it asks for another."""
    wish = asked((), sorts)
    rows = [
        Row(thing, place, sessions.get(thing.id, 0)) for place, thing in enumerate(things, start=1)
    ]
    wanted = folded(wish.search).split()
    found = [row for row in rows if all(word in folded(row.thing.name) for word in wanted)]
    found.sort(key=SORTS[wish.sort], reverse=wish.is_reversed)
    return Listing(found, len(found), wish)
