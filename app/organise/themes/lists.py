"""How the list of themes can be narrowed, and what can be done with several at once."""

from collections.abc import Mapping

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from app.organise import ordered
from app.organise.at_once import Deed
from app.organise.lists import Filter, said
from app.organise.ordered import Ordered, Way
from app.programme import queries
from app.programme.editing import themes, uses
from app.programme.models import Theme

SORTS = ("place", "name", "sessions")
LACKS = (("summary", _l("Summary")),)


def listing() -> Ordered[Theme]:
    """Give the page of the list that the address asks for."""
    lacks = Filter("missing", gettext("Without"), said(LACKS))
    ways = (ordered.by_use(), Way(lacks, lambda row, chosen: not getattr(row.thing, chosen)))
    return ordered.listing(queries.themes(), uses.counted(Theme), SORTS, ways)


def deeds() -> Mapping[str, Deed[Theme]]:
    """Give what can be done with several themes."""
    deletion = ordered.deletion(
        Theme,
        gettext("Delete the ticked themes"),
        lambda num: ngettext("Delete %(num)s theme?", "Delete %(num)s themes?", num),
        "themes-deleted",
        themes.delete,
    )
    return {deletion.name: deletion}
