"""What a release changed, in groups and words, for a page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import render_template, url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from app.programme.following import differences, queries
from app.programme.following.differences import Differences, Place, Thing
from app.programme.following.queries import Shown
from app.programme.published import Programme
from app.programme.publishing import told
from app.web import atom, languages
from app.web.pages import absolute_url

MOST_IN_A_LIST = 5  # things of one group, where many releases stand on a page
HEADINGS: Mapping[str, Any] = {
    "added": _l("Added sessions"),
    "moved": _l("Moved sessions"),
    "renamed": _l("Renamed sessions"),
    "cancelled": _l("Cancelled sessions"),
    "back": _l("Sessions that take place after all"),
    "withdrawn": _l("Withdrawn sessions"),
    "reworded": _l("Other changes of sessions"),
    "speakers-added": _l("Added speakers"),
    "speakers-altered": _l("Changed speakers"),
    "speakers-withdrawn": _l("Withdrawn speakers"),
    "rooms-added": _l("Added rooms"),
    "rooms-altered": _l("Changed rooms"),
    "rooms-withdrawn": _l("Removed rooms"),
    "themes-added": _l("Added themes"),
    "themes-altered": _l("Changed themes"),
    "themes-withdrawn": _l("Removed themes"),
    differences.FACTS: _l("Facts of the conference"),
}
NOT_TOLD = frozenset({"shape", "palette", "colour", "letter"})  # seen, not read


@dataclass(frozen=True)
class Item:
    """One thing, what is said of it, and what stood and stands there."""

    name: str
    language: str
    address: str  # of its page; nothing where there is none
    said: str = ""
    old: str = ""
    new: str = ""

    @property
    def new_language(self) -> str:
        """In which language is what stands there now: its title is in its own."""
        return self.language if self.new == self.name else ""


@dataclass(frozen=True)
class Group:
    """Things that changed in the same way; the first of them where they are many."""

    name: str
    heading: Any
    count: int
    items: tuple[Item, ...]

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.items)


@dataclass(frozen=True)
class Change:
    """What readers saw change when they were shown a release."""

    showing: Shown
    told: Differences
    present: Programme
    most: int | None = None  # things of one group

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """What changed, by how it changed."""
        return tuple(self._groups())

    @property
    def heading(self) -> str:
        """Name what readers were shown."""
        if self.showing.is_again:
            return str(gettext("Release %(number)s again", number=self.showing.number))
        return str(gettext("Release %(number)s", number=self.showing.number))

    @property
    def address(self) -> str:
        """Tell where all of it stands."""
        return url_for(
            "programme.following.change", number=self.showing.number, _anchor=self.place or None
        )

    @property
    def place(self) -> str:
        """Name its place on the page of its release; nothing where that begins with it."""
        return f"again-{self.showing.turn}" if self.showing.is_again else ""

    def place_of(self, group: Group) -> str:
        """Name the place of a group on the page of its release."""
        return "-".join(filter(None, (self.place, group.name)))

    def address_of(self, group: Group) -> str:
        """Tell where all of a group stands."""
        number, place = self.showing.number, self.place_of(group)
        return url_for("programme.following.change", number=number, _anchor=place)

    @property
    def note(self) -> str:
        """What whoever published it said of it; it was said once."""
        return "" if self.showing.is_again else self.showing.note

    @property
    def counts(self) -> str:
        """Tell shortly what changed: Moved sessions: 2. Cancelled sessions: 1."""
        if self.told.begins:
            return self.beginning
        counted = (f"{group.heading}: {group.count}." for group in self.groups)
        return " ".join(counted) or str(gettext("Nothing that has a page of its own."))

    @property
    def beginning(self) -> str:
        """Tell how much a programme held that did not take the place of another."""
        sessions = ngettext("%(num)s session", "%(num)s sessions", self.told.sessions)
        speakers = ngettext("%(num)s speaker", "%(num)s speakers", self.told.speakers)
        return str(
            gettext(
                "The programme of %(title)s was published, with %(sessions)s and %(speakers)s.",
                title=self.told.title,
                sessions=sessions,
                speakers=speakers,
            )
        )

    def _groups(self) -> Iterator[Group]:
        for name, heading in HEADINGS.items():
            things = [one for one in self.told.things if one.group == name]
            if things:
                shown = tuple(self._item(thing) for thing in things[: self.most])
                yield Group(name, heading, len(things), shown)

    def _item(self, thing: Thing) -> Item:
        said, old, new = _said(thing)
        return Item(thing.name, thing.language, self._address(thing), said, old, new)

    def _address(self, thing: Thing) -> str:
        """Give the page of a thing as it is now; of a session that has gone, as it was."""
        if thing.group.startswith("speakers"):
            slug = self.present.speaker_slugs.get(thing.key, "")
            return url_for("programme.speaker", slug=slug) if slug else ""
        if thing.group not in OF_SESSIONS:
            return ""
        slug = self.present.session_slugs.get(thing.key, "")
        if slug:
            return url_for("programme.session", slug=slug)
        is_gone = thing.group == "withdrawn"
        number = self.showing.instead_of if is_gone else self.showing.number
        return url_for("programme.following.earlier_session", number=number, slug=thing.slug)


OF_SESSIONS = frozenset({"added", "moved", "renamed", "cancelled", "back", "withdrawn", "reworded"})


def change(showing: Shown, present: Programme, most: int | None = None) -> Change:
    """Show what a release changed."""
    return Change(showing, queries.changed(showing), present, most)


def entry(change: Change) -> atom.Entry:
    """Tell of a release in a feed."""
    showing = change.showing
    values = {"number": showing.number, "_anchor": change.place or None}
    return atom.Entry(
        identity=f"changes/{showing.number}/{showing.turn}",
        title=change.heading,
        address=absolute_url("programme.following.change", **values),
        published=showing.began_at,
        updated=showing.began_at,
        summary=change.note or change.counts,
        content=atom.whole(render_template("programme/change_told.html", change=change)),
        language=languages.current().code,
    )


def _said(thing: Thing) -> tuple[str, str, str]:
    """Tell what is to be said of a thing, and what stood and stands there."""
    if thing.was_at:
        return "", _where(thing.was_at), _where(thing.place)
    if thing.was_called:
        return _also(thing.others), thing.was_called, thing.name
    if thing.group in {"added", "cancelled", "back", "withdrawn"}:
        return _where(thing.place), "", ""
    return ". ".join(filter(None, _of_people(thing))), "", ""


def _where(place: Place | None) -> str:
    if place is None:
        return ""
    return ", ".join(filter(None, (told.when(place), place.room)))


def _of_people(thing: Thing) -> Iterator[str]:
    """Tell who joined and who left, and what else is different."""
    if thing.joined:
        yield gettext("Now with %(names)s", names=", ".join(thing.joined))
    if thing.left:
        yield gettext("No longer with %(names)s", names=", ".join(thing.left))
    yield _also(thing.others)


def _also(names: tuple[str, ...]) -> str:
    """Name what says something else now: Abstract, Language."""
    labels = dict.fromkeys(str(told.LABELS.get(one, one)) for one in names if one not in NOT_TOLD)
    return ", ".join(labels)
