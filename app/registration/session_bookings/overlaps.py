"""Which sessions overlap, and which of a person's seats conflict with others."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from app.programme.snapshot import Session
from app.registration.session_bookings.models import SessionBooking
from app.releases.current_release import get_programme


def overlaps(one: Session, other: Session) -> bool:
    """Return True if two sessions overlap."""
    if one.is_cancelled or other.is_cancelled:
        return False
    spans = [_span(one), _span(other)]
    if spans[0] is None or spans[1] is None:
        return False
    return spans[0][0] < spans[1][1] and spans[1][0] < spans[0][1]


def list_clashes(session: Session, keys: Iterable[str]) -> list[Session]:
    """List the sessions with these keys that overlap with another one."""
    others = set(keys) - {session.key}
    return [one for one in get_programme().sessions if one.key in others and overlaps(one, session)]


def map_contested(
    booked: Iterable[SessionBooking], sessions: Mapping[str, Session]
) -> dict[int, list[Session]]:
    """Map the ids of a person's seats to the sessions they conflict with.

    Of two overlapping seats the later one in ``booked`` has the conflict. Sessions that are no
    longer in the programme conflict with nothing.
    """
    stay: list[Session] = []
    found: dict[int, list[Session]] = {}
    for seat in booked:
        session = sessions.get(seat.session_key)
        if session is None:
            continue
        clashes = [one for one in stay if overlaps(one, session)]
        if clashes:
            found[seat.id] = clashes
        else:
            stay.append(session)
    return found


def _span(session: Session) -> tuple[datetime, datetime] | None:
    if session.starts_at is None:
        return None
    return session.starts_at, session.ends_at or session.starts_at
