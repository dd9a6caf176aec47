"""The list of what speakers would like changed, and which of it somebody has ticked."""

from collections.abc import Mapping, Sequence

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.organise.lists import PAGE_SIZE, Filter, Listing, asked
from app.programme.proposals import queries
from app.programme.proposals.models import (
    AMENDED,
    APPROVED,
    OPEN,
    SENT_BACK,
    TAKEN_BACK,
    TRUSTED,
)
from app.programme.proposals.queries import KINDS, SORTS, Look, Wanted

STATES = {
    OPEN: _l("Waits for you"),
    APPROVED: _l("Approved"),
    AMENDED: _l("Approved with other words"),
    SENT_BACK: _l("Sent back"),
    TAKEN_BACK: _l("Taken back by its sender"),
    TRUSTED: _l("Went out by itself"),
}
ABOUT = {"speakers": _l("Speakers"), "sessions": _l("Sessions")}
DIGITS = 9  # of the number of a change


def filters() -> Sequence[Filter]:
    """Give the ways to narrow the list."""
    return (
        Filter("state", gettext("State"), [(state, str(said)) for state, said in STATES.items()]),
        Filter("about", gettext("About"), [(kind, str(ABOUT[kind])) for kind in KINDS]),
    )


def listing() -> Listing[Look]:
    """Give the page of the list that the address asks for."""
    ways = filters()
    wish = asked(ways, tuple(SORTS))
    wanted = Wanted(wish.search, wish.choice("state"), wish.choice("about"))
    rows = queries.found(
        wanted, wish.sort, is_reversed=wish.is_reversed, offset=wish.offset, limit=PAGE_SIZE
    )
    return Listing(rows, queries.count(wanted), wish, ways, endpoint="organise.proposals.listed")


def seen(pairs: Sequence[str]) -> Mapping[int, str]:
    """Read which changes were looked at, and as what: “12:seal” for each."""
    parted = [pair.partition(":") for pair in pairs[:PAGE_SIZE]]
    return {int(number): seal for number, _, seal in parted if _is_number(number)}


def _is_number(typed: str) -> bool:
    return typed.isascii() and typed.isdecimal() and len(typed) <= DIGITS
