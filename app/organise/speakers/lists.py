"""How the list of speakers can be narrowed, and what can be done with several at once."""

from collections.abc import Mapping, Sequence
from typing import Final

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from app.organise.at_once import Deed
from app.organise.lists import PAGE_SIZE, Asked, Filter, Listing, asked, said
from app.programme.editing import speakers, speakers_listed
from app.programme.editing.speakers_listed import Row, Wanted
from app.programme.models import Speaker
from app.programme.shown import ROLES

STANDINGS = (
    ("yes", _l("Confirmed")),
    ("no", _l("Not confirmed")),
    ("withdrawn", _l("Withdrawn")),
)
LACKS = (
    ("biography", _l("Biography")),
    ("photo", _l("Photo")),
    ("contact-address", _l("Contact address")),
    ("sessions", _l("Sessions")),
)


DEEDS: Final[Mapping[str, Deed[Speaker]]] = {
    deed.name: deed
    for deed in (
        Deed[Speaker](
            "confirm",
            _l("Mark as confirmed"),
            lambda num: ngettext(
                "Mark %(num)s speaker as confirmed?", "Mark %(num)s speakers as confirmed?", num
            ),
            "speakers-confirmed",
            lambda speaker: speaker.confirmed_at is None,
            speakers.confirm,
        ),
        Deed[Speaker](
            "unconfirm",
            _l("Mark as not confirmed"),
            lambda num: ngettext(
                "Mark %(num)s speaker as not confirmed?",
                "Mark %(num)s speakers as not confirmed?",
                num,
            ),
            "speakers-not-confirmed",
            lambda speaker: speaker.confirmed_at is not None,
            speakers.unconfirm,
        ),
        Deed[Speaker](
            "withdraw",
            _l("Withdraw"),
            lambda num: ngettext("Withdraw %(num)s speaker?", "Withdraw %(num)s speakers?", num),
            "speakers-withdrawn",
            lambda speaker: speaker.withdrawn_at is None,
            speakers.withdraw,
            warning=_l(
                "Readers will no longer find them once you publish. Their sessions go on without "
                "them. You can bring each of them back at any time."
            ),
        ),
    )
}


def filters() -> Sequence[Filter]:
    """Give the ways to narrow the list."""
    countries = [(country, country) for country in speakers_listed.countries()]
    roles = [(role, str(name)) for role, name in ROLES.items()]
    ways = (
        Filter("confirmed", gettext("State"), said(STANDINGS)),
        Filter("missing", gettext("Without"), said(LACKS)),
        Filter("country", gettext("Country"), countries),
        Filter("role", gettext("In sessions as"), roles),
    )
    return [way for way in ways if way.options]


def listing() -> Listing[Row]:
    """Give the page of the list that the address asks for."""
    ways = filters()
    wish = asked(ways, tuple(speakers_listed.SORTS))
    found = speakers_listed.found(
        _wanted(wish), wish.sort, is_reversed=wish.is_reversed, offset=wish.offset, limit=PAGE_SIZE
    )
    return Listing(found.rows, found.total, wish, ways)


def _wanted(wish: Asked) -> Wanted:
    return Wanted(
        search=wish.search,
        standing=wish.choice("confirmed"),
        lacks=wish.choice("missing"),
        country=wish.choice("country"),
        role=wish.choice("role"),
    )
