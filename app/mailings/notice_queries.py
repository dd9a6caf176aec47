"""Read-only queries about notices of change: which wait for approval, and whom they concern."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select

from app import clock
from app.database import db
from app.mailings import notice_changes, notice_details, notice_models, notice_speakers
from app.mailings.notice_changes import NoticeChange
from app.mailings.notice_models import EMPTY, ChangeNotice
from app.mailings.notice_people import NoticeSize
from app.mailings.notice_recipients import NoticeRecipient, count_by_change, list_recipients
from app.programme import public_settings, snapshot
from app.programme.models import Conference, Release, Speaker
from app.programme.snapshot import Snapshot
from app.proposals.known_changes import list_known_changes
from app.releases.comparison import compare


class PublicState(NamedTuple):
    """What the public sees now: the number of the release, and the venue."""

    number: int
    place: str


class NoticeSpan(NamedTuple):
    """What people know, and what is public."""

    from_release: int
    to_release: int
    old_place: str
    new_place: str


@dataclass(frozen=True)
class NoticeOverview:
    """An open notice with its changes and everyone they concern."""

    notice: ChangeNotice
    changes: tuple[NoticeChange, ...]
    excluded: frozenset[str]  # the ids of changes that an organiser excluded
    everybody: Sequence[NoticeRecipient]  # with all changes, and everyone on a day, included
    includes_days: bool
    zone: ZoneInfo

    @cached_property
    def recipients(self) -> Sequence[NoticeRecipient]:
        """The people that the selected changes concern."""
        chosen = (self._choose(one) for one in self.everybody)
        return [one for one in chosen if one.changes]

    def _choose(self, one: NoticeRecipient) -> NoticeRecipient:
        return one.without(self.excluded if self.includes_days else self.excluded | one.by_day)

    @property
    def size(self) -> NoticeSize:
        """The number of people and of selected changes."""
        found = {number for recipient in self.recipients for number in recipient.ids}
        return NoticeSize(len(self.recipients), len(found))


def find_open() -> ChangeNotice | None:
    """Return the notice that waits for approval, or None."""
    newest, _ = load_notices()
    return newest if newest is not None and newest.is_open else None


def find_open_size() -> NoticeSize:
    """Return the number of people and changes of the open notice, as last counted."""
    notice = find_open()
    return NoticeSize(notice.people, notice.changes) if notice else NoticeSize(0, 0)


def list_unreachable() -> Sequence[Speaker]:
    """List the speakers of the newest changes if none of the people these concern can be notified.

    Such changes open no notice; those of an open one are listed with it.
    """
    newest, _ = load_notices()
    content = newest.content if newest is not None and newest.state == EMPTY else ""
    return notice_speakers.list_without_access(notice_changes.load(content))


def load_notices() -> tuple[ChangeNotice | None, Sequence[ChangeNotice]]:
    """Return the newest notice, and older open ones, oldest first.

    An older one is open again if its mailing was cancelled before it was sent.
    """
    newest = select(func.max(ChangeNotice.id)).scalar_subquery()
    rows = db.session.scalars(
        select(ChangeNotice)
        .where(or_(ChangeNotice.id == newest, notice_models.IS_OPEN))
        .order_by(ChangeNotice.id),
        execution_options={"populate_existing": True},
    ).all()
    return (rows[-1], rows[:-1]) if rows else (None, ())


def find_public_state() -> PublicState | None:
    """Return the current public state, or None before the first release."""
    conference = db.session.scalars(
        select(Conference), execution_options={"populate_existing": True}
    ).one_or_none()
    if conference is None or conference.current_release is None:
        return None
    settings = public_settings.current(conference)
    return PublicState(conference.current_release, settings.place if settings else "")


def get_overview(notice: ChangeNotice) -> NoticeOverview:
    """Return a notice with its changes and the people they concern."""
    span = NoticeSpan(notice.from_release, notice.to_release, notice.old_place, notice.new_place)
    return build_overview(notice, span, notice.changed_at)


def build_overview(
    notice: ChangeNotice, span: NoticeSpan, public_since: datetime
) -> NoticeOverview:
    """Compare the two ends of a span, and find the people the changes concern."""
    old, new = _load_snapshots(span.from_release, span.to_release)
    changes = _list_changes(old, new, (span.old_place, span.new_place))
    known = list_known_changes(span.from_release, new)
    return NoticeOverview(
        notice,
        changes,
        frozenset(json.loads(notice.excluded_changes)) & {change.id for change in changes},
        list_recipients(changes, public_since, known, includes_days=True),
        notice.includes_days,
        ZoneInfo(new.conference.time_zone),
    )


def estimate(public: Snapshot, working: Snapshot) -> NoticeSize:
    """Count the people that publishing would concern, including changes not yet notified."""
    state, (newest, _) = find_public_state(), load_notices()
    if state is None:
        return NoticeSize(0, 0)
    old, number, place = public, state.number, newest.new_place if newest else state.place
    if newest is not None and newest.is_open:
        number, place = newest.from_release, newest.old_place
        old = _load_snapshots(number)[0]
    changes = _list_changes(old, working, (place, state.place))
    known = list_known_changes(number, working)
    return _measure(changes, list_recipients(changes, clock.now(), known))


def _list_changes(
    old: Snapshot, new: Snapshot, places: tuple[str, str]
) -> tuple[NoticeChange, ...]:
    """List the changes for delegates and speakers, within one conference."""
    if old.conference.acronym != new.conference.acronym:
        return ()
    comparison, now = compare(old, new), clock.now()
    return (
        *notice_changes.list_changes(comparison, old, new, places, now),
        *notice_details.list_details(comparison, new, now),
    )


def _load_snapshots(*numbers: int) -> Sequence[Snapshot]:
    rows = db.session.execute(
        select(Release.number, Release.snapshot).where(Release.number.in_(numbers))
    )
    loaded = {number: snapshot.load(text) for number, text in rows}
    return [loaded[number] for number in numbers]


def _measure(changes: Sequence[NoticeChange], recipients: Sequence[NoticeRecipient]) -> NoticeSize:
    counts = count_by_change(recipients)
    return NoticeSize(len(recipients), sum(change.id in counts for change in changes))
