"""Differences between two programmes, grouped for a page, and how many delegates they affect."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from app.database import db
from app.delegates.models import Delegate
from app.delegates.queries import ATTENDING
from app.errors import RuleViolation
from app.programme.snapshot import Appearance, Room, Session, Speaker, Theme
from app.proposals import queries as proposals
from app.proposals.models import Proposal
from app.releases import comparison, comparison_cache, diff_text, queries
from app.releases.comparison import Comparison, Modified
from app.releases.diff_text import SESSION_HEADINGS, ChangeGroup, DiffRow
from app.releases.queries import ReleasePreview, ReleaseSummary
from app.text import parse_number


@dataclass(frozen=True)
class DelegatesByDay:
    """The number of delegates for each combination of days."""

    counts: Sequence[tuple[str, int]]

    def count_on(self, days: Iterable[date]) -> int:
        """Return the number of delegates who attend on any of these days."""
        iso_days = {day.isoformat() for day in days}
        return sum(count for on, count in self.counts if iso_days.intersection(on.split()))


def count_delegates_by_day() -> DelegatesByDay:
    """Count the delegates by their days, in one query."""
    counted = select(Delegate.days, func.count()).where(ATTENDING).group_by(Delegate.days)
    return DelegatesByDay([(on, count) for on, count in db.session.execute(counted)])


MAX_ITEMS = 30  # per group
# By the kind and slug of the session or speaker.
ProposalsBySubject = Mapping[tuple[str, str], Sequence[Proposal]]


@dataclass(frozen=True)
class DiffItem:
    """A session, speaker, room or theme that differs."""

    title: str
    text: str = ""
    rows: tuple[DiffRow, ...] = ()
    session: str = ""  # its slug, if it has a page
    speaker: str = ""  # its slug, likewise
    people: tuple[Appearance, ...] = ()
    delegates: int = 0
    proposals: Sequence[Proposal] = ()  # proposals that contributed to the change


# A function that builds an item, and its arguments: items that are not shown are never built.
LazyItem = tuple[Callable[[Any], DiffItem], Any]
DiffGroup = ChangeGroup[DiffItem]


@dataclass(frozen=True)
class DiffPage:
    """A comparison for a page; ``expanded_group`` is shown in full."""

    comparison: Comparison
    delegates_by_day: DelegatesByDay
    expanded_group: str = ""
    old: int = 0  # the earlier release; 0 if there is none
    new: int = 0  # the later release; 0 for the working programme
    proposals: ProposalsBySubject = field(default_factory=dict)

    @cached_property
    def groups(self) -> tuple[DiffGroup, ...]:
        """Return the groups that have items."""
        return tuple(
            self._build_group(name, heading, items)
            for name, heading, items in self._iter_groups()
            if items
        )

    @property
    def delegates(self) -> int:
        """Return the number of delegates who attend on the days of the sessions that differ."""
        return self.delegates_by_day.count_on(self.comparison.days)

    @property
    def days_text(self) -> str:
        """Return the days of the sessions that differ, as text."""
        return diff_text.describe_days(self.comparison.days)

    def expand_url(self, group: str) -> str:
        """Return the URL of this page with one group in full."""
        url_args = {**request.args, **(request.view_args or {}), "whole": group, "_anchor": group}
        return url_for(request.endpoint or "", **url_args)

    def _build_group(self, name: str, heading: Any, items: Sequence[LazyItem]) -> DiffGroup:
        most = len(items) if name == self.expanded_group else MAX_ITEMS
        shown_items = tuple(build(thing) for build, thing in items[:most])
        return ChangeGroup(name, heading, len(items), shown_items)

    def _iter_groups(self) -> Iterator[tuple[str, Any, Sequence[LazyItem]]]:
        found, sessions = self.comparison, self.comparison.sessions
        for name, build, things in (
            ("added", self._session_item, sessions.added),
            ("moved", self._changed_session_item, found.moved),
            ("renamed", self._changed_session_item, found.renamed),
            ("cancelled", self._state_changed_item, found.cancelled),
            ("back", self._state_changed_item, found.reinstated),
            ("withdrawn", self._withdrawn_session_item, sessions.withdrawn),
            ("reworded", self._changed_session_item, found.reworded),
        ):
            yield name, SESSION_HEADINGS[name], _lazy_items(build, things)
        facts = (found.conference,) if found.conference and self.old else ()
        added, edited, withdrawn = self._speaker_items()
        yield "speakers", _l("Added speakers"), added
        yield "edited-speakers", _l("Changed speakers"), edited
        yield "withdrawn-speakers", _l("Withdrawn speakers"), withdrawn
        yield "rooms", _l("Rooms"), _entity_items(found.rooms)
        yield "themes", _l("Themes"), _entity_items(found.themes)
        yield "conference", _l("Conference details"), _lazy_items(_conference_item, facts)

    def _speaker_items(self) -> tuple[Sequence[LazyItem], ...]:
        speakers = self.comparison.speakers
        return (
            _lazy_items(_added_speaker_item, speakers.added),
            _lazy_items(self._changed_speaker_item, speakers.modified),
            _lazy_items(_removed_item, speakers.withdrawn),
        )

    def _session_item(self, session: Session) -> DiffItem:
        time_and_room = diff_text.describe_time_and_room(session)
        return DiffItem(session.title, time_and_room, session=session.slug, **self._impact(session))

    def _withdrawn_session_item(self, session: Session) -> DiffItem:
        return DiffItem(
            session.title, diff_text.describe_time_and_room(session), **self._impact(session)
        )

    def _state_changed_item(self, one: Modified[Session]) -> DiffItem:
        return self._session_item(one.new)

    def _changed_session_item(self, one: Modified[Session]) -> DiffItem:
        return DiffItem(
            one.new.title,
            rows=tuple(diff_text.build_rows(one)),
            session=one.new.slug,
            proposals=self._proposals_behind("session", one),
            **self._impact(one.old, one.new),
        )

    def _changed_speaker_item(self, one: Modified[Speaker]) -> DiffItem:
        return replace(_changed_item(one), proposals=self._proposals_behind("speaker", one))

    def _proposals_behind(self, kind: str, one: Modified[Any]) -> Sequence[Proposal]:
        """Return the proposals that contributed to a change."""
        differing = {field.name for field in one.fields}
        sent = self.proposals.get((kind, one.new.slug), ())
        return [proposal for proposal in sent if differing & proposal.values.keys()]

    def _impact(self, *versions: Session) -> dict[str, Any]:
        days = comparison.list_days(self.comparison.zone, *versions)
        return {
            "people": comparison.list_participants(*versions),
            "delegates": self.delegates_by_day.count_on(days),
        }


def _lazy_items(build: Callable[[Any], DiffItem], things: Iterable[Any]) -> Sequence[LazyItem]:
    return [(build, thing) for thing in things]


def _entity_items(changes: comparison.EntityChanges[Any]) -> Sequence[LazyItem]:
    return [
        *_lazy_items(_added_item, changes.added),
        *_lazy_items(_changed_item, changes.modified),
        *_lazy_items(_removed_item, changes.withdrawn),
    ]


def _added_speaker_item(speaker: Speaker) -> DiffItem:
    return DiffItem(speaker.name, speaker.organisation, speaker=speaker.slug)


def _added_item(entity: Room | Theme) -> DiffItem:
    return DiffItem(entity.name, gettext("Added"))


def _removed_item(entity: Speaker | Room | Theme) -> DiffItem:
    if isinstance(entity, Speaker):
        return DiffItem(entity.name, entity.organisation)
    return DiffItem(entity.name, gettext("Removed"))


def _changed_item(one: Modified[Any]) -> DiffItem:
    slug = one.new.slug if isinstance(one.new, Speaker) else ""
    return DiffItem(one.new.name, rows=tuple(diff_text.build_rows(one)), speaker=slug)


def _conference_item(one: Modified[Any]) -> DiffItem:
    return DiffItem(one.new.title, rows=tuple(diff_text.build_rows(one)))


def diff_unpublished(preview: ReleasePreview, expanded_group: str = "") -> DiffPage:
    """Return what publishing now would change."""
    found = preview.comparison
    can_be_theirs = found.sessions.modified or found.speakers.modified
    authors = proposals.list_unpublished_by_entity() if can_be_theirs else {}
    return DiffPage(
        found,
        count_delegates_by_day(),
        expanded_group,
        old=preview.current_number,
        proposals=authors,
    )


def diff_releases(old: int, new: int, expanded_group: str = "") -> DiffPage:
    """Return the differences between two releases."""
    found = comparison_cache.compare_releases(old, new)
    return DiffPage(found, count_delegates_by_day(), expanded_group, old=old, new=new)


def diff_rollback(number: int) -> DiffPage:
    """Return what making a release public again would change.

    Raise RuleViolation if it is the current one.
    """
    current = queries.get_current_number()
    if number == current:
        raise RuleViolation("This release is already public")
    found = comparison_cache.compare_for_rollback(number)
    return DiffPage(found, count_delegates_by_day(), old=current, new=number)


def parse_release_pair(releases: Sequence[ReleaseSummary]) -> tuple[int, int] | None:
    """Return the two releases in the query parameters, else the last two, else None."""
    numbers = sorted(release.number for release in releases)
    chosen = [_parse_number(request.args.get(name, "")) for name in ("from", "to")]
    if all(one in numbers for one in chosen):
        return chosen[0], chosen[1]
    return (numbers[-2], numbers[-1]) if len(numbers) > 1 else None


def _parse_number(typed: str) -> int:
    return parse_number(typed) or 0
