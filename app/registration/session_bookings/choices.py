"""The sessions in which a person who is registering wants a seat.

They are asked if seats can be booked on the chosen days. An answer contains session keys; those
that can no longer be booked are left out when it is read.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations, groupby

from app import cache_version
from app.delegates.answer_json import Answers
from app.delegates.categories import queries as categories
from app.delegates.categories.queries import INVITATION, TRANSFER
from app.delegates.fields import DAYS
from app.programme.listing import day_of
from app.programme.snapshot import Session
from app.registration import queries as registration
from app.registration.applications import queries as applications
from app.registration.session_bookings import labels
from app.registration.session_bookings.overlaps import overlaps
from app.registration.session_bookings.queries import has_started
from app.registration.session_seats import FULL
from app.releases.current_release import get_programme

SESSIONS = "sessions"  # the step, and the name of its answer


@dataclass(frozen=True)
class SessionOption:
    """A session that someone can choose, unless it is full."""

    session: Session
    field_id: str  # of the box to tick
    is_full: bool
    is_chosen: bool
    overlapping_titles: str  # of other options with another start that overlap


@dataclass(frozen=True)
class StartOptions:
    """The sessions that start at one time."""

    starts_at: datetime | None
    options: tuple[SessionOption, ...]


@dataclass(frozen=True)
class DayOptions:
    """The sessions of a day; without a date, those that have no time yet."""

    date: date | None
    starts: tuple[StartOptions, ...]
    chosen: int

    @property
    def count(self) -> int:
        """The number of sessions."""
        return sum(len(start.options) for start in self.starts)


def is_asked(answers: Answers) -> bool:
    """Return True if a person with these answers is asked for sessions.

    People who join the waiting list or apply have no place yet, so they book seats once they have
    one. Those who take over a colleague's place choose on their booking page.
    """
    if not _list_bookable() or TRANSFER in answers or applications.needs_approval(answers):
        return False
    has_to_wait = registration.get_registration_status().state == "waiting"
    if (has_to_wait or categories.is_chosen_full(answers)) and INVITATION not in answers:
        return False
    return bool(list_offered(answers))


def list_offered(answers: Answers) -> Sequence[Session]:
    """List the sessions that can be booked on the days of these answers, or on any day."""
    days = answers[DAYS].split() if DAYS in answers else None
    zone = get_programme().zone

    def is_on_days(session: Session) -> bool:
        day = day_of(session, zone)
        return days is None or day is None or day.isoformat() in days

    return [
        session for session in _list_bookable() if is_on_days(session) and not has_started(session)
    ]


def list_chosen(answers: Answers) -> Sequence[Session]:
    """List the chosen sessions that are still on offer."""
    keys = read_keys(answers)
    return [session for session in list_offered(answers) if session.key in keys] if keys else ()


def read_keys(answers: Answers, name: str = SESSIONS) -> Collection[str]:
    """Return the keys of sessions in an answer."""
    keys: list[str] = json.loads(answers.get(name) or "[]")
    return keys


def dump_keys(keys: Iterable[str]) -> str:
    """Return the keys of sessions as an answer."""
    return json.dumps(sorted(set(keys)), ensure_ascii=False)


def find_clash(sessions: Iterable[Session]) -> tuple[Session, Session] | None:
    """Return two of these sessions that overlap, or None."""
    return next((pair for pair in combinations(sessions, 2) if overlaps(*pair)), None)


def is_full(session: Session) -> bool:
    """Return True if a session has no seat left, according to the cache."""
    return labels.get_state(session) == FULL


def list_by_day(answers: Answers, chosen: Collection[str]) -> Sequence[DayOptions]:
    """List the options by day and time; ``chosen`` are the keys of the selected ones."""
    offered = list_offered(answers)
    overlapping = _map_overlapping(offered)
    zone = get_programme().zone

    field_ids = _choose_field_ids(offered)

    def make(session: Session) -> SessionOption:
        titles = "; ".join(one.title for one in overlapping.get(session.key, ()))
        return SessionOption(
            session=session,
            field_id=field_ids[session.key],
            is_full=is_full(session),
            is_chosen=session.key in chosen,
            overlapping_titles=titles,
        )

    return [
        DayOptions(
            day,
            tuple(
                StartOptions(start, tuple(map(make, some)))
                for start, some in groupby(sessions, lambda session: session.starts_at)
            ),
            sum(one.key in chosen for one in sessions),
        )
        for day, sessions in (
            (day, list(some)) for day, some in groupby(offered, lambda one: day_of(one, zone))
        )
    ]


def _choose_field_ids(offered: Sequence[Session]) -> Mapping[str, str]:
    """Return the id of the box of each session.

    An error leads to the first that can be ticked: one that is disabled takes no focus.
    """
    field_ids = {one.key: f"s{number}" for number, one in enumerate(offered, 1)}
    first = next((one.key for one in offered if not is_full(one)), None)
    return {key: SESSIONS if key == first else field_id for key, field_id in field_ids.items()}


def list_rows(answers: Answers, full_note: str, none_text: str) -> Iterator[str]:
    """Yield the titles of the chosen sessions for the check page."""
    chosen = list_chosen(answers)
    if not chosen:
        yield none_text
    for session in chosen:
        yield f"{session.title} ({full_note})" if is_full(session) else session.title


def _map_overlapping(offered: Sequence[Session]) -> Mapping[str, list[Session]]:
    """Map sessions to overlapping ones with another start."""
    found: dict[str, list[Session]] = {}
    timed = [session for session in offered if session.starts_at is not None]
    for position, one in enumerate(timed):
        for other in timed[position + 1 :]:
            if one.ends_at is None or other.starts_at is None or other.starts_at >= one.ends_at:
                break  # they are sorted by time
            if other.starts_at != one.starts_at and overlaps(one, other):
                found.setdefault(one.key, []).append(other)
                found.setdefault(other.key, []).append(one)
    return found


def _list_bookable() -> Sequence[Session]:
    """List the bookable sessions, except those whose seats are drawn."""
    return cache_version.cached(
        "bookable sessions",
        lambda: [
            session
            for session in get_programme().sessions
            if session.is_bookable and not labels.is_by_ballot(session)
        ],
    )
