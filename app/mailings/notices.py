"""Notices of change: prepared when the public programme changes, sent only when approved.

A notice compares what people know with what is public now. Until it is approved or dropped, each
further release extends it, so that a session that moved and moved back is not mentioned. Nothing is
sent from here: ``create_mailing`` makes a draft, which an organiser sends like any other mailing.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select

from app import clock
from app.database import db, lock_table
from app.errors import RuleViolation, StaleEdit
from app.history import services as history
from app.mailings import (
    notice_changes,
    notice_details,
    notice_mailing,
    notice_models,
    notice_people,
    notice_speakers,
)
from app.mailings.models import Mailing
from app.mailings.notice_changes import NoticeChange
from app.mailings.notice_models import DROPPED, EMPTY, OPEN, ChangeNotice
from app.mailings.notice_people import NoticeSize
from app.mailings.notice_recipients import NoticeRecipient, count_by_change, list_recipients
from app.programme import public_settings, snapshot
from app.programme.models import Conference, Release, Speaker
from app.programme.snapshot import Snapshot
from app.proposals.known_changes import list_known_changes
from app.releases.comparison import compare
from app.releases.models import ReleaseActivation


class StaleNotice(StaleEdit):
    """Another release, or somebody else, has changed the notice since the page was opened."""

    message = (
        "The notice has changed since you opened the page, so nothing has been done. Check the "
        "changes and the people again"
    )


class PublicState(NamedTuple):
    """What the public sees now: the number of the release, and the venue."""

    number: int
    place: str


@dataclass(frozen=True)
class NoticeOverview:
    """An open notice with its changes and everybody whom they concern."""

    notice: ChangeNotice
    changes: tuple[NoticeChange, ...]
    excluded: frozenset[str]  # the ids of changes that an organiser has left out
    everybody: Sequence[NoticeRecipient]  # as if nothing were left out, and all of a day included
    includes_days: bool
    zone: ZoneInfo

    @cached_property
    def recipients(self) -> Sequence[NoticeRecipient]:
        """Whom the chosen changes concern."""
        chosen = (self._choose(one) for one in self.everybody)
        return [one for one in chosen if one.changes]

    def _choose(self, one: NoticeRecipient) -> NoticeRecipient:
        return one.without(self.excluded if self.includes_days else self.excluded | one.by_day)

    @property
    def size(self) -> NoticeSize:
        """How many people can be told of how many of the chosen changes."""
        found = {number for one in self.recipients for number in one.ids}
        return NoticeSize(len(self.recipients), len(found))


def find_open() -> ChangeNotice | None:
    """Return the notice that waits for approval, or None."""
    newest, _ = _load_notices()
    return newest if newest is not None and newest.is_open else None


def find_open_size() -> NoticeSize:
    """Return how many people can be told of how many changes, as last counted."""
    notice = find_open()
    return NoticeSize(notice.people, notice.changes) if notice else NoticeSize(0, 0)


def list_unreachable() -> Sequence[Speaker]:
    """List the speakers whom the newest changes concern, if nobody at all can be told of these.

    Such changes open no notice; those of an open one are listed with it.
    """
    newest, _ = _load_notices()
    content = newest.content if newest is not None and newest.state == EMPTY else ""
    return notice_speakers.list_without_access(notice_changes.load(content))


def prepare() -> None:
    """Bring the open notice up to date with what is public, or begin one.

    This is done when something is published, and by the worker for releases that are scheduled, for
    mailings that were cancelled before they went out, and for speakers who cancel their booking.
    """
    public = _get_public_state()
    if public is None or _is_current(public, *_load_notices()):
        return
    lock_table(ChangeNotice)
    newest, reopened = _load_notices()
    if not _is_current(public, newest, reopened):
        _extend(newest, reopened, public)


def get_overview(notice: ChangeNotice) -> NoticeOverview:
    """Return a notice with its changes and the people whom they concern."""
    span = _Span(notice.from_release, notice.to_release, notice.old_place, notice.new_place)
    return _get_overview(notice, span, notice.changed_at)


def _get_overview(notice: ChangeNotice, span: "_Span", public_since: datetime) -> NoticeOverview:
    old, new = _load_snapshots(span.from_release, span.to_release)
    changes = _list_changes(old, new, (span.old_place, span.new_place))
    known = list_known_changes(span.from_release, new)
    return NoticeOverview(
        notice,
        changes,
        frozenset(json.loads(notice.excluded_changes)) & {one.id for one in changes},
        list_recipients(changes, public_since, known, includes_days=True),
        notice.includes_days,
        ZoneInfo(new.conference.time_zone),
    )


def estimate(public: Snapshot, working: Snapshot) -> NoticeSize:
    """Count whom publishing would concern, together with what they have not been told yet."""
    state, (newest, _) = _get_public_state(), _load_notices()
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
    """List what delegates and speakers can be told, within one conference."""
    if old.conference.acronym != new.conference.acronym:
        return ()
    comparison, now = compare(old, new), clock.now()
    return (
        *notice_changes.list_changes(comparison, old, new, places, now),
        *notice_details.list_details(comparison, new, now),
    )


def create_mailing(
    notice: ChangeNotice,
    chosen: Collection[str],
    *,
    includes_days: bool = False,
    expected_version: int,
    actor: str,
) -> Mailing:
    """Make a draft of the emails about the chosen changes, or bring the one there is up to date.

    With ``includes_days`` they also go to everybody who comes on the day of a changed session.
    """
    _lock(notice, expected_version)
    overview = get_overview(notice)
    excluded = sorted(one.id for one in overview.changes if one.id not in chosen)
    overview = replace(overview, excluded=frozenset(excluded), includes_days=includes_days)
    if not overview.recipients:
        raise RuleViolation(
            "Select at least one change"
            if len(excluded) == len(overview.changes)
            else "Nobody follows the sessions you have selected. Select other changes, or notify "
            "everyone who attends on that day"
        )
    notice.excluded_changes, notice.includes_days = json.dumps(excluded), includes_days
    _store(notice, overview)
    notice.version += 1
    return notice_mailing.create_or_update(notice, overview.recipients, actor=actor)


def drop(notice: ChangeNotice, *, expected_version: int, actor: str) -> None:
    """Tell nobody of these changes, now or later."""
    _lock(notice, expected_version)
    notice.state, notice.decided_by = DROPPED, actor
    notice.version += 1
    notice_mailing.delete(notice)
    notice_people.delete_all()
    history.record(
        f"Nobody is notified of the changes from release {notice.from_release} to "
        f"release {notice.to_release}",
        subject=f"release {notice.to_release}",
        actor=actor,
    )


def _lock(notice: ChangeNotice, expected_version: int) -> None:
    lock_table(ChangeNotice)
    db.session.refresh(notice)
    notice_mailing.lock(notice)
    if notice.version != expected_version or not notice.is_open:
        raise StaleNotice(notice.version)


def _load_notices() -> tuple[ChangeNotice | None, Sequence[ChangeNotice]]:
    """Return the newest notice, and older ones that are open, oldest first.

    Those are open again, because their mailing was cancelled before it went out.
    """
    newest = select(func.max(ChangeNotice.id)).scalar_subquery()
    rows = db.session.scalars(
        select(ChangeNotice)
        .where(or_(ChangeNotice.id == newest, notice_models.IS_OPEN))
        .order_by(ChangeNotice.id),
        execution_options={"populate_existing": True},
    ).all()
    return (rows[-1], rows[:-1]) if rows else (None, ())


def _get_public_state() -> PublicState | None:
    conference = db.session.scalars(
        select(Conference), execution_options={"populate_existing": True}
    ).one_or_none()
    if conference is None or conference.current_release is None:
        return None
    settings = public_settings.current(conference)
    return PublicState(conference.current_release, settings.place if settings else "")


def _is_current(
    public: PublicState, newest: ChangeNotice | None, reopened: Sequence[ChangeNotice]
) -> bool:
    is_covered = newest is not None and (newest.to_release, newest.new_place) == public
    return is_covered and not reopened and not _is_stale(newest)


def _is_stale(notice: ChangeNotice | None) -> bool:
    """Return True if an open notice has a change that is over, or was never stored whole.

    Or if somebody has cancelled their booking since, and is told as a speaker alone.
    """
    if notice is None or not notice.is_open:
        return False
    is_over = notice.stale_at is not None and notice.stale_at <= clock.now()
    return is_over or not notice.content or notice_people.has_cancelled_speaker(notice)


class _Span(NamedTuple):
    """What people know, and what is public."""

    from_release: int
    to_release: int
    old_place: str
    new_place: str


def _extend(
    newest: ChangeNotice | None, reopened: Sequence[ChangeNotice], public: PublicState
) -> None:
    """Extend the open notice to what is public, or begin another."""
    for one in (newest, *reopened):
        if one is not None:
            notice_mailing.lock(one)
    known = _get_known(newest, reopened, public)
    notice = _begin(known, public) if newest is None or newest.is_decided else newest
    for older in reopened:
        older.state = EMPTY
        notice_mailing.delete(older)
    _refresh(notice, _Span(known.number, public.number, known.place, public.place))


def _get_known(
    newest: ChangeNotice | None, reopened: Sequence[ChangeNotice], public: PublicState
) -> PublicState:
    """Return what people know: as they were told last, or as it was before the last release."""
    if newest is None:
        return PublicState(_previous_release() or public.number, public.place)
    oldest_open = next((one for one in (*reopened, newest) if one.is_open), None)
    if oldest_open is not None:
        return PublicState(oldest_open.from_release, oldest_open.old_place)
    return PublicState(newest.to_release, newest.new_place)


def _refresh(notice: ChangeNotice, span: _Span) -> None:
    """Store whom an extended notice concerns, and bring the draft of its emails up to date."""
    now = clock.now()
    is_extended = (notice.to_release, notice.new_place) != (span.to_release, span.new_place)
    if is_extended or not notice.version:
        notice.changed_at = now
    overview = _get_overview(notice, span, notice.changed_at)
    notice.from_release, notice.to_release, notice.old_place, notice.new_place = span
    notice.version += 1
    notice.state = OPEN if overview.everybody else EMPTY
    _store(notice, overview)
    if overview.recipients:
        notice_mailing.update(notice, overview.recipients)
    else:
        notice_mailing.delete(notice)


def _store(notice: ChangeNotice, overview: NoticeOverview) -> None:
    """Store the changes and the people, so that pages need not compare releases.

    Listed are also the changes of speakers who get no email, so that an organiser can tell them.
    """
    told = {number for one in overview.everybody for number in one.ids}
    unreachable = {one.slug for one in notice_speakers.list_without_access(overview.changes)}
    changes = [
        one
        for one in overview.changes
        if one.id in told or not unreachable.isdisjoint(one.speaker_slugs)
    ]
    ends = [one.ends_at(overview.zone) for one in changes]
    notice.content = notice_changes.dump(changes)
    notice.stale_at = min((one for one in ends if one is not None), default=None)
    notice.people, notice.changes = overview.size
    notice_people.store(notice, overview.everybody, overview.excluded)


def _begin(known: PublicState, public: PublicState) -> ChangeNotice:
    notice = ChangeNotice(
        state=OPEN,
        from_release=known.number,
        to_release=public.number,
        old_place=known.place,
        new_place=public.place,
        excluded_changes="[]",
        version=0,
        changed_at=clock.now(),
    )
    db.session.add(notice)
    return notice


def _previous_release() -> int | None:
    newest = select(ReleaseActivation.previous_release).order_by(ReleaseActivation.id.desc())
    return db.session.scalar(newest.limit(1))


def _load_snapshots(*numbers: int) -> Sequence[Snapshot]:
    rows = db.session.execute(
        select(Release.number, Release.snapshot).where(Release.number.in_(numbers))
    )
    loaded = {number: snapshot.load(text) for number, text in rows}
    return [loaded[number] for number in numbers]


def _measure(changes: Sequence[NoticeChange], recipients: Sequence[NoticeRecipient]) -> NoticeSize:
    counts = count_by_change(recipients)
    return NoticeSize(len(recipients), sum(one.id in counts for one in changes))
