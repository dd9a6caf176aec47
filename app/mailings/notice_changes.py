"""The changes between two releases that people are notified of.

Only the net difference counts: a change that was reverted is no change. Most changes concern those
who follow the session, and its speakers. Some concern everyone who attends on a day: a new venue, a
new start of the day, and a plenary that is added, moved or cancelled. Changes that concern only
speakers are listed by ``notice_details``; ``notice_text`` describes each in words.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from pydantic import TypeAdapter

from app.programme.snapshot import PLENARY_KIND, Session, Snapshot
from app.releases import diff_text
from app.releases.comparison import Comparison, Modified, list_days

VENUE, START, ADDED, MOVED, ROOM = "venue", "start", "added", "moved", "room"
CANCELLED, WITHDRAWN, REINSTATED = "cancelled", "withdrawn", "back"
RENAMED, SPEAKERS = "renamed", "speakers"
DETAILS, PROFILE, REMOVED = "details", "profile", "removed"  # only for speakers
LABELS: Final[Mapping[str, Any]] = {
    VENUE: _l("New venue"),
    START: _l("New start of the day"),
    ADDED: _l("Added"),
    MOVED: _l("Moved"),
    ROOM: _l("New room"),
    CANCELLED: _l("Cancelled"),
    WITHDRAWN: _l("No longer in the programme"),
    REINSTATED: _l("Takes place after all"),
    RENAMED: _l("New title"),
    SPEAKERS: _l("Change of speakers"),
    DETAILS: _l("Details"),
    PROFILE: _l("Profile"),
    REMOVED: _l("No longer in the programme"),
}
FOR_SPEAKERS: Final = frozenset({DETAILS, PROFILE, REMOVED})
NOT_OF_A_SESSION: Final = frozenset({START, VENUE, PROFILE, REMOVED})
PLENARY_CHANGES: Final = frozenset({ADDED, MOVED, ROOM, CANCELLED, WITHDRAWN, REINSTATED})
LATEST: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class NoticeChange:
    """A change of a session, of the start of a day, or of the venue."""

    kind: str
    key: str  # of the session; a date; "" for the venue
    old: Session | None = None
    new: Session | None = None
    old_text: str = ""  # the venue, or the speakers who left
    new_text: str = ""
    days: frozenset[date] = frozenset()  # dates; it concerns everyone who attends on one of them
    # the days of the session; an organiser may notify everyone who attends on one of them
    session_days: frozenset[date] = frozenset()
    field: str = ""  # the changed field of a session or profile
    speaker: str = ""  # the slug of the speaker whose profile it is
    name: str = ""  # of that speaker

    @cached_property
    def id(self) -> str:
        """Identify the change and its old and new values."""
        values = (*map(_facts, (self.old, self.new)), self.old_text, self.new_text)
        values += (self.field,) if self.field else ()
        return sha256(repr((self.kind, self.key, values)).encode()).hexdigest()[:16]

    @property
    def label(self) -> str:
        """What happened, as a heading."""
        labels, name = (diff_text.LABELS, self.field) if self.field else (LABELS, self.kind)
        return str(labels.get(name, name))

    @property
    def session(self) -> Session | None:
        """The session as it is now, or as it was."""
        return self.new or self.old

    @property
    def is_of_session(self) -> bool:
        """Whether it changes a session, which people may follow."""
        return self.kind not in NOT_OF_A_SESSION

    @cached_property
    def speaker_slugs(self) -> frozenset[str]:
        """The speakers it concerns."""
        if not self.is_of_session:
            return frozenset({self.speaker} - {""})
        return frozenset(
            part.slug for version in (self.old, self.new) if version for part in version.parts
        )

    def ends_at(self, zone: ZoneInfo) -> datetime | None:
        """Return when it is over, or the last day it concerns; None if it has no time."""
        if self.kind in {PROFILE, REMOVED}:
            return None
        if self.kind in {START, VENUE}:
            return datetime.combine(min(self.days) + timedelta(days=1), time(), zone)
        moments = [
            version.ends_at or version.starts_at for version in (self.old, self.new) if version
        ]
        known = [moment for moment in moments if moment is not None]
        return max(known) if len(known) == len(moments) else None


_adapter: TypeAdapter[tuple[NoticeChange, ...]] = TypeAdapter(tuple[NoticeChange, ...])


def dump(changes: Sequence[NoticeChange]) -> str:
    """Return changes as JSON."""
    return _adapter.dump_json(tuple(changes), by_alias=True).decode()


def load(text: str) -> tuple[NoticeChange, ...]:
    """Load changes from JSON."""
    return _adapter.validate_json(text) if text else ()


def _facts(one: Session | None) -> tuple[Any, ...]:
    if one is None:
        return ()
    return (
        one.title,
        one.starts_at,
        one.ends_at,
        one.room.name if one.room else "",
        one.is_cancelled,
    )


def list_changes(
    comparison: Comparison,
    old: Snapshot,
    new: Snapshot,
    places: tuple[str, str],
    now: datetime,
) -> tuple[NoticeChange, ...]:
    """List the changes to notify people of, in the order of the programme, without past ones.

    ``places`` are the venue as people know it and as it is now.
    """
    zone = comparison.zone
    sessions = [one for one in _session_changes(comparison, old, new) if is_ahead(one, now)]
    today = now.astimezone(zone).date()
    starts = _start_changes(old, new, zone, {session.key for session in sessions if session.days})
    return (
        *_venue_changes(new, places, today),
        *(start for start in starts if start.key >= today.isoformat()),
        *sorted(sessions, key=sort_key),
    )


def sort_key(change: NoticeChange) -> tuple[datetime, str, int]:
    """Return a key that sorts changes of sessions in the order of the programme."""
    session = change.session
    starts_at = (session.starts_at if session else None) or LATEST
    return starts_at, change.key, list(LABELS).index(change.kind)


def is_ahead(change: NoticeChange, now: datetime) -> bool:
    """Return True if a session is not over, before or after the change."""
    moments = [
        (version.ends_at or version.starts_at) for version in (change.old, change.new) if version
    ]
    return any(moment is None or moment > now for moment in moments)


def _session_changes(
    comparison: Comparison, old: Snapshot, new: Snapshot
) -> Iterator[NoticeChange]:
    zone, keys = comparison.zone, (_speaker_keys(old), _speaker_keys(new))
    for one in comparison.sessions.modified:
        for kind in _kinds(one):
            yield _build(kind, zone, one.old, one.new)
        yield from _speaker_changes(zone, one, *keys)
    for session in comparison.sessions.withdrawn:
        yield from () if session.is_cancelled else [_build(WITHDRAWN, zone, session, None)]
    plenaries = filter(_is_plenary, comparison.sessions.added)
    yield from (
        _build(ADDED, zone, None, plenary) for plenary in plenaries if not plenary.is_cancelled
    )


def _kinds(one: Modified[Session]) -> Iterator[str]:
    """Yield what changed about a session besides its speakers."""
    if one.old.is_cancelled != one.new.is_cancelled:
        yield CANCELLED if one.new.is_cancelled else REINSTATED
    if one.old.is_cancelled or one.new.is_cancelled:
        return
    names = {field.name for field in one.fields}
    if names & {"starts_at", "ends_at"}:
        yield MOVED
    elif "room" in names:
        yield ROOM
    if "title" in names:
        yield RENAMED


def _build(kind: str, zone: ZoneInfo, old: Session | None, new: Session | None) -> NoticeChange:
    versions = [one for one in (old, new) if one is not None]
    days = frozenset(list_days(zone, *versions))
    is_for_all = kind in PLENARY_CHANGES and any(map(_is_plenary, versions))
    return NoticeChange(
        kind,
        versions[0].key,
        old,
        new,
        days=days if is_for_all else frozenset(),
        session_days=days,
    )


def _is_plenary(session: Session) -> bool:
    return session.kind.lower() == PLENARY_KIND


def _speaker_keys(content: Snapshot) -> Mapping[str, str]:
    return {speaker.slug: speaker.key or speaker.slug for speaker in content.speakers}


def _speaker_changes(
    zone: ZoneInfo, one: Modified[Session], old_keys: Mapping[str, str], new_keys: Mapping[str, str]
) -> Iterator[NoticeChange]:
    if one.old.is_cancelled or one.new.is_cancelled:
        return
    before = {old_keys.get(part.slug, part.slug): part.name for part in one.old.parts}
    after = {new_keys.get(part.slug, part.slug): part.name for part in one.new.parts}
    left_names, joined_names = _list_other_names(before, after), _list_other_names(after, before)
    if left_names or joined_names:
        built = _build(SPEAKERS, zone, one.old, one.new)
        yield replace(built, old_text=left_names, new_text=joined_names)


def _list_other_names(names: Mapping[str, str], others: Mapping[str, str]) -> str:
    return ", ".join(name for key, name in names.items() if key not in others)


def _venue_changes(new: Snapshot, places: tuple[str, str], today: date) -> Iterator[NoticeChange]:
    first, last = new.conference.starts_on, new.conference.ends_on
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    ahead = frozenset(day for day in days if day >= today)
    if places[0] != places[1] and places[1] and ahead:
        yield NoticeChange(VENUE, "", old_text=places[0], new_text=places[1], days=ahead)


def _start_changes(
    old: Snapshot, new: Snapshot, zone: ZoneInfo, reported: set[str]
) -> Iterator[NoticeChange]:
    """Yield the days with a new start, unless a change of a plenary covers it."""
    before, after = _first_sessions(old.sessions, zone), _first_sessions(new.sessions, zone)
    for day in sorted(before.keys() & after.keys()):
        was, now = before[day], after[day]
        if was.starts_at != now.starts_at and not reported & {was.key, now.key}:
            yield NoticeChange(START, day.isoformat(), was, now, days=frozenset({day}))


def _first_sessions(sessions: Iterable[Session], zone: ZoneInfo) -> Mapping[date, Session]:
    found: dict[date, Session] = {}
    timed = [
        session
        for session in sessions
        if session.starts_at and not (session.is_cancelled or session.is_break)
    ]
    for one in sorted(timed, key=lambda one: (one.starts_at or LATEST, one.key), reverse=True):
        found[list_days(zone, one)[0]] = one
    return found
