"""How the history is shown: each entry with a way to the thing that it is about."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l

from app.history import changes
from app.history.models import Entry

KINDS = {
    "session": _l("Sessions"),
    "speaker": _l("Speakers"),
    "room": _l("Rooms"),
    "theme": _l("Themes"),
    "programme": _l("The programme as a whole"),
    "release": _l("Releases"),
    "booking": _l("Bookings"),
    "letter": _l("Letters"),
    "preview": _l("Preview links"),
    "page": _l("Pages"),
    "news": _l("News"),
    "notice": _l("The urgent notice"),
    "conference": _l("Settings"),
    "person": _l("People with a part"),
}
PLACES: dict[str, tuple[str, str]] = {  # the page of a thing: its endpoint, and its argument
    "session": ("organise.sessions.known", "key"),
    "theme": ("organise.themes.shown", "slug"),
    "release": ("organise.publishing.release", "number"),
    "booking": ("organise.delegates.shown", "reference"),
    "letter": ("organise.letters.shown", "number"),
}
TEXTS = frozenset({"page", "news"})  # their pages are known by kind and slug
ALONE = {  # what there is only one of
    "notice": "organise.writing.notice",
    "conference": "organise.settings.shown",
}


@dataclass(frozen=True)
class Line:
    """An entry, and where the thing is that it is about."""

    entry: Entry
    address: str  # empty: it has no page


def kinds() -> list[tuple[str, str]]:
    """List the kinds of things that the history is about."""
    return [(kind, str(words)) for kind, words in KINDS.items()]


def line(entry: Entry) -> Line:
    """Give an entry with the address of what it is about."""
    kind, _, name = entry.about.partition(" ")
    if kind in ALONE:
        return Line(entry, url_for(ALONE[kind]))
    if kind in TEXTS and name:
        return Line(entry, url_for("organise.writing.text", kind=kind, slug=name))
    if kind not in PLACES or not name:
        return Line(entry, "")
    endpoint, argument = PLACES[kind]
    values: dict[str, Any] = {argument: name}
    return Line(entry, url_for(endpoint, **values))


def row(  # noqa: PLR0913 - a cell each
    happened_at: datetime, who: str, about: str, sentence: str, made: str, *, nothing: str
) -> tuple[str, ...]:
    """Give an entry as a row of a file, with what stood before and after; or that was nothing."""
    moment = happened_at.isoformat(sep=" ", timespec="seconds")
    fields = (
        f"{one.label}: {one.old or nothing} → {one.new or nothing}" for one in changes.read(made)
    )
    return moment, who, about, sentence, "\n".join(fields)
