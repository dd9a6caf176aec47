"""What the home page and the header of every page show, by the state of the conference."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from app import clock
from app.programme.snapshot import Session, Speaker
from app.registration import queries as registration
from app.registration.queries import RegistrationStatus
from app.releases.published_programme import PublishedProgramme
from app.site.now_next import get_conference_span

Phase = Literal["ahead", "soon", "on", "over"]
MainAction = Literal[
    "register", "dates", "waiting", "full", "booking", "now", "slides", "recordings", ""
]

SOON = timedelta(days=7)  # before the first day
FEW_PLACES = 10  # per cent of all places; below this, the page shows how many are left
MAX_DAYS = 10
MAX_SESSIONS = 4  # of each day
MAX_SPEAKERS = 8
KEYNOTE_KINDS = frozenset({"keynote", "plenary"})
ACTIONS: dict[str, MainAction] = {  # until the conference begins
    "open": "register",
    "before": "dates",
    "waiting": "waiting",
    "full": "full",
    "closed": "booking",
}


@dataclass(frozen=True)
class ConferenceState:
    """The actions available to a visitor, and when that may change."""

    phase: Phase
    registration: RegistrationStatus
    sessions_with_materials: Sequence[Session]  # or recordings; only once the conference is over
    has_recordings: bool
    changes: Sequence[datetime | None]

    @property
    def main_action(self) -> MainAction:
        """The main button of the header."""
        if self.phase == "on":
            return "now"
        if self.phase == "over":
            if self.has_recordings:
                return "recordings"
            return "slides" if self.sessions_with_materials else ""
        return ACTIONS[self.registration.state]


@dataclass(frozen=True)
class DayHighlights:
    """A day and the sessions selected from it for the home page."""

    date: date
    sessions: Sequence[Session]
    more_count: int


@dataclass(frozen=True)
class KeynoteSpeaker:
    """A speaker of a keynote or plenary session, and the first of these sessions."""

    profile: Speaker
    session: Session


def get_conference_state(programme: PublishedProgramme) -> ConferenceState:
    """Return what a visitor can do now."""
    now = clock.now()
    status = registration.get_registration_status()
    begins, ends = get_conference_span(programme)
    phase = _find_phase(programme, now)
    changes = [begins - SOON, begins, ends, status.opens_at, status.closes_at]
    if phase != "over":
        return ConferenceState(phase, status, (), has_recordings=False, changes=changes)
    found = [
        session
        for session in programme.sessions
        if session.has_recording(now) or session.get_open_materials(now)
    ]
    has_recordings = any(session.has_recording(now) for session in found)
    changes += [file.opens_at for session in programme.sessions for file in session.materials]
    return ConferenceState(phase, status, found, has_recordings, changes)


def find_places_left(status: RegistrationStatus) -> int | None:
    """Return the number of places left if there are few, otherwise None."""
    if not status.is_open:
        return None
    counts = registration.read_seat_counts()
    return counts.remaining if counts.remaining * 100 <= counts.limit * FEW_PLACES else None


def list_highlights(programme: PublishedProgramme) -> Sequence[DayHighlights]:
    """Return some sessions of each day: keynotes and plenaries, or else the first ones."""
    days = []
    for day in programme.days[:MAX_DAYS]:
        sessions = [line.session for line in day.lines if not line.session.is_break]
        keynotes = [session for session in sessions if _is_keynote(session)]
        chosen = (keynotes or sessions)[:MAX_SESSIONS]
        days.append(DayHighlights(day.date, chosen, len(sessions) - len(chosen)))
    return days


def list_keynote_speakers(programme: PublishedProgramme) -> Sequence[KeynoteSpeaker]:
    """List the speakers of keynotes and plenaries, in the order of these sessions."""
    profiles = {speaker.slug: speaker for speaker in programme.speakers}
    first_sessions: dict[str, Session] = {}
    for session in _list_keynotes(programme):
        for part in session.parts:
            if part.slug in profiles:
                first_sessions.setdefault(part.slug, session)
    found = [KeynoteSpeaker(profiles[slug], session) for slug, session in first_sessions.items()]
    return found[:MAX_SPEAKERS]


def _list_keynotes(programme: PublishedProgramme) -> Iterator[Session]:
    return (
        session
        for session in programme.sessions
        if _is_keynote(session) and not session.is_cancelled
    )


def _is_keynote(session: Session) -> bool:
    return session.kind.lower() in KEYNOTE_KINDS


def _find_phase(programme: PublishedProgramme, now: datetime) -> Phase:
    begins, ends = get_conference_span(programme)
    if not programme.is_published or now < begins - SOON:
        return "ahead"
    if now < begins:
        return "soon"
    return "on" if now < ends else "over"
