"""The differences between two programmes, in groups and words, for a page."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.organise.publishing.queries import Coming
from app.programme.document import Part, Room, Session, Speaker, Theme
from app.programme.proposals.models import Proposal
from app.programme.publishing import comparison, told
from app.programme.publishing.comparison import Altered, Comparison
from app.programme.publishing.told import Row

MOST = 100  # of one group on a page
Authors = Mapping[tuple[str, str], Sequence[Proposal]]  # by the kind and address of a thing


@dataclass(frozen=True)
class Item:
    """One thing that differs."""

    title: str
    said: str = ""
    rows: tuple[Row, ...] = ()
    session: str = ""  # its slug, where there is a page for it
    speaker: str = ""  # likewise
    people: tuple[Part, ...] = ()
    delegates: int = 0
    authors: Sequence[Proposal] = ()  # what speakers sent, of which something went in


@dataclass(frozen=True)
class Group:
    """Things that differ in the same way."""

    name: str
    heading: Any
    count: int
    items: tuple[Item, ...]  # the first of them where there are many

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.items)


@dataclass(frozen=True)
class Shown:
    """A comparison for a page; ``whole`` names the group that is shown to its end."""

    compared: Comparison
    coming: Coming
    whole: str = ""
    old: int = 0  # the number of the release before; 0 when there was none
    new: int = 0  # of the other; 0 for the working programme
    authors: Authors = field(default_factory=dict)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The groups in which something differs."""
        found = (self._group(name, heading, items) for name, heading, items in self._all())
        return tuple(group for group in found if group.count)

    @property
    def delegates(self) -> int:
        """How many delegates come on the days of the sessions that differ."""
        return self.coming.on(self.compared.days)

    @property
    def days(self) -> str:
        """The days of the sessions that differ, in words."""
        return told.days(self.compared.days)

    def address(self, group: str) -> str:
        """Give the address of this page with one group shown to its end."""
        asked = {**request.args, **(request.view_args or {}), "whole": group, "_anchor": group}
        return url_for(request.endpoint or "", **asked)

    def _group(self, name: str, heading: Any, items: tuple[Callable[[], Item], ...]) -> Group:
        most = len(items) if name == self.whole else MOST
        return Group(name, heading, len(items), tuple(make() for make in items[:most]))

    def _all(self) -> Iterator[tuple[str, Any, tuple[Callable[[], Item], ...]]]:
        """List every group, with what makes its items; most are never made."""
        found, sessions = self.compared, self.compared.sessions
        yield "added", _l("Added sessions"), later(self._session, sessions.added)
        yield "moved", _l("Moved sessions"), later(self._altered, found.moved)
        yield "renamed", _l("Renamed sessions"), later(self._altered, found.renamed)
        yield "cancelled", _l("Cancelled sessions"), later(self._turned, found.cancelled)
        yield (
            "back",
            _l("Sessions that take place after all"),
            later(self._turned, found.brought_back),
        )
        yield "withdrawn", _l("Withdrawn sessions"), later(self._gone, sessions.withdrawn)
        yield "reworded", _l("Other changes of sessions"), later(self._altered, found.reworded)
        yield from self._of_others()

    def _of_others(self) -> Iterator[tuple[str, Any, tuple[Callable[[], Item], ...]]]:
        found = self.compared
        yield "speakers", _l("Added speakers"), later(_named, found.speakers.added)
        edited = later(self._edited, found.speakers.altered)
        yield "edited-speakers", _l("Changed speakers"), edited
        yield "withdrawn-speakers", _l("Withdrawn speakers"), later(_gone, found.speakers.withdrawn)
        yield "rooms", _l("Rooms"), _of(found.rooms)
        yield "themes", _l("Themes"), _of(found.themes)
        facts = (found.conference,) if found.conference and self.old else ()
        yield "conference", _l("Facts of the conference"), later(_facts, facts)

    def _session(self, session: Session) -> Item:
        where = told.where_and_when(session)
        return Item(session.title, where, session=session.slug, **self._touch(session))

    def _gone(self, session: Session) -> Item:
        return Item(session.title, told.where_and_when(session), **self._touch(session))

    def _turned(self, one: Altered[Session]) -> Item:
        return self._session(one.new)

    def _altered(self, one: Altered[Session]) -> Item:
        return Item(
            one.new.title,
            rows=tuple(told.rows(one)),
            session=one.new.slug,
            authors=self._authors("session", one),
            **self._touch(one.old, one.new),
        )

    def _edited(self, one: Altered[Speaker]) -> Item:
        return replace(_altered(one), authors=self._authors("speaker", one))

    def _authors(self, kind: str, one: Altered[Any]) -> Sequence[Proposal]:
        """Tell which edits of speakers went into what differs here."""
        differing = {field.name for field in one.fields}
        sent = self.authors.get((kind, one.new.slug), ())
        return [proposal for proposal in sent if differing & proposal.values.keys()]

    def _touch(self, *versions: Session) -> dict[str, Any]:
        days = comparison.days(self.compared.zone, *versions)
        return {"people": comparison.people(*versions), "delegates": self.coming.on(days)}


def later(make: Callable[[Any], Item], things: Iterable[Any]) -> tuple[Callable[[], Item], ...]:
    """Say how to make an item of each thing, when it is shown."""
    return tuple((lambda thing=thing: make(thing)) for thing in things)


def _of(things: comparison.Things[Any]) -> tuple[Callable[[], Item], ...]:
    return (
        *later(_new, things.added),
        *later(_altered, things.altered),
        *later(_gone, things.withdrawn),
    )


def _named(thing: Speaker | Room | Theme) -> Item:
    slug = thing.slug if isinstance(thing, Speaker) else ""
    return Item(thing.name, getattr(thing, "organisation", ""), speaker=slug)


def _new(thing: Room | Theme) -> Item:
    return Item(thing.name, gettext("Added"))


def _gone(thing: Speaker | Room | Theme) -> Item:
    if isinstance(thing, Speaker):
        return Item(thing.name, thing.organisation)
    return Item(thing.name, gettext("Removed"))


def _altered(one: Altered[Any]) -> Item:
    slug = one.new.slug if isinstance(one.new, Speaker) else ""
    return Item(one.new.name, rows=tuple(told.rows(one)), speaker=slug)


def _facts(one: Altered[Any]) -> Item:
    return Item(one.new.title, rows=tuple(told.rows(one)))
