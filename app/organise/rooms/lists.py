"""How the list of rooms can be narrowed, and what can be done with several at once."""

from collections.abc import Mapping, Sequence

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from app.organise import ordered
from app.organise.at_once import Deed
from app.organise.lists import Filter, said
from app.organise.ordered import Ordered, Way
from app.programme import queries
from app.programme.editing import rooms, uses
from app.programme.models import Room
from app.programme.shown import FEATURES, feature_name

SORTS = ("place", "name", "capacity", "sessions")
LACKS = (("capacity", _l("Capacity")), ("features", _l("Access")))


def listing() -> Ordered[Room]:
    """Give the page of the list that the address asks for."""
    every = queries.rooms()
    return ordered.listing(every, uses.counted(Room), SORTS, _ways(every))


def features(every: Sequence[Room]) -> list[tuple[str, str]]:
    """List what a room may offer: what we have words for, and what any of these has besides."""
    offered = [feature for room in every for feature in room.features.split()]
    return [(one, feature_name(one)) for one in dict.fromkeys([*FEATURES, *offered])]


def deeds(feature: str = "") -> Mapping[str, Deed[Room]]:
    """Give what can be done with several rooms, where one feature was chosen with it."""
    name, chosen = feature_name(feature), {"feature": feature}
    found = (
        Deed[Room](
            "give",
            gettext("Add to the ticked rooms"),
            lambda num: ngettext(
                "%(feature)s: add it to %(num)s room?",
                "%(feature)s: add it to %(num)s rooms?",
                num,
                feature=name,
            ),
            "rooms-changed",
            lambda room: bool(feature) and feature not in room.features.split(),
            lambda room, who: rooms.give_feature(room, feature, who=who),
            agree=gettext("Add it"),
            chosen=chosen,
        ),
        Deed[Room](
            "take",
            gettext("Take from the ticked rooms"),
            lambda num: ngettext(
                "%(feature)s: take it from %(num)s room?",
                "%(feature)s: take it from %(num)s rooms?",
                num,
                feature=name,
            ),
            "rooms-changed",
            lambda room: feature in room.features.split(),
            lambda room, who: rooms.take_feature(room, feature, who=who),
            agree=gettext("Take it away"),
            chosen=chosen,
        ),
        ordered.deletion(
            Room,
            gettext("Delete the ticked rooms"),
            lambda num: ngettext("Delete %(num)s room?", "Delete %(num)s rooms?", num),
            "rooms-deleted",
            rooms.delete,
        ),
    )
    return {deed.name: deed for deed in found}


def _ways(every: Sequence[Room]) -> Sequence[Way]:
    access = Filter("access", gettext("Access"), features(every))
    lacks = Filter("missing", gettext("Without"), said(LACKS))
    return (
        ordered.by_use(),
        Way(access, lambda row, chosen: chosen in row.thing.features.split()),
        Way(lacks, lambda row, chosen: not getattr(row.thing, chosen)),
    )
