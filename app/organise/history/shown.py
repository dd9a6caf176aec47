"""How the history is shown: each entry with a way to the thing that it is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l

from app.accounts import guards, roles
from app.history import changes
from app.history.models import Entry
from app.organise.history import queries

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
PLACES = {  # the page of a thing: its endpoint, and its argument
    "session": ("organise.sessions.shown", "slug"),
    "speaker": ("organise.speakers.shown", "slug"),
    "room": ("organise.rooms.shown", "slug"),
    "theme": ("organise.themes.shown", "slug"),
    "release": ("organise.publishing.release", "number"),
    "booking": ("organise.delegates.shown", "reference"),
    "letter": ("organise.letters.shown", "number"),
    "person": ("organise.people.person", "number"),
}
TEXTS = frozenset({"page", "news"})  # their pages are known by kind and slug
ALONE = {  # what there is only one of, and what only a list tells
    "notice": "organise.writing.notice",
    "conference": "organise.settings.shown",
    "programme": "organise.files.shown",
    "planned release": "organise.publishing.changes",
    "delegates": "organise.delegates.listed",
    "speakers": "organise.speaking.overview",
}


@dataclass(frozen=True)
class Line:
    """An entry, and where the thing is that it is about."""

    entry: Entry
    address: str  # empty: it has no page


def kinds() -> list[tuple[str, str]]:
    """List the kinds of things that the history is about."""
    return [(kind, str(words)) for kind, words in KINDS.items()]


def lines(entries: Sequence[Entry]) -> list[Line]:
    """Give entries, each with the address of what it is about."""
    pages = queries.pages({entry.about for entry in entries})
    return [Line(entry, _address(entry.about, pages)) for entry in entries]


def _address(about: str, pages: Mapping[str, str]) -> str:
    kind, _, name = about.partition(" ")
    if about in ALONE:
        return url_for(ALONE[about])
    if kind in TEXTS and name:
        return url_for("organise.writing.text", kind=kind, slug=name)
    if about not in pages or not _is_open(kind):
        return ""
    endpoint, argument = PLACES[kind]
    values: dict[str, Any] = {argument: pages[about]}
    return url_for(endpoint, **values)


def _is_open(kind: str) -> bool:
    """Whether who reads the history may open the pages of a kind: people are for organisers."""
    return kind != "person" or guards.may_read(roles.PEOPLE)


def row(  # noqa: PLR0913 - a cell each
    happened_at: datetime, who: str, about: str, sentence: str, made: str, *, nothing: str
) -> tuple[str, ...]:
    """Give an entry as a row of a file, with what stood before and after; or that was nothing."""
    moment = happened_at.isoformat(sep=" ", timespec="seconds")
    fields = (
        f"{one.label}: {one.old or nothing} → {one.new or nothing}" for one in changes.read(made)
    )
    return moment, who, about, sentence, "\n".join(fields)
