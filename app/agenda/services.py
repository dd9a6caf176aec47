"""What people do with their agendas: star sessions, take them out, join two agendas, forget one.

An agenda is locked while it is changed, so that a star set twice at once is one star.
"""

import secrets
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import func, select

from app import clock
from app.accounts import limits
from app.agenda import queries
from app.agenda.models import Agenda, Star
from app.database import db
from app.errors import Refused
from app.programme.document import Session

MOST_STARS = 300  # in one agenda
MOST_AGENDAS = 100_000
MOST_FROM_A_NETWORK = 1000  # new ones in an hour: a whole conference may share one address
AN_HOUR = timedelta(hours=1)
FULL = "Your agenda is full: it holds %(most)s sessions. Take one out before you add another"
NO_ROOM = "This site cannot hold more agendas just now"


def begin(network: str) -> Agenda:
    """Make an agenda for somebody who has none."""
    limits.allow("agenda", network, times=MOST_FROM_A_NETWORK, within=AN_HOUR)
    if (db.session.scalar(select(func.count()).select_from(Agenda)) or 0) >= MOST_AGENDAS:
        raise Refused(NO_ROOM)
    agenda = Agenda(key=_new_key(), feed_key=_new_key(), changed_at=clock.now())
    db.session.add(agenda)
    return agenda


def hold(key: str) -> Agenda | None:
    """Find an agenda and let nobody else change it until the transaction ends."""
    locked = select(Agenda.id).where(Agenda.key == key).with_for_update()
    if db.session.scalar(locked) is None:
        return None
    agenda = queries.agenda(key)
    if agenda is not None:
        agenda.changed_at = clock.now()
    return agenda


def star(agenda: Agenda, session: Session) -> None:
    """Put a session into an agenda; once it is there, nothing more is done."""
    if session.key not in _starred(agenda):
        _add(agenda, Star(session_key=session.key, **_told(session)))


def unstar(agenda: Agenda, session_key: str) -> None:
    """Take a session out of an agenda, if it is there."""
    agenda.stars = [one for one in agenda.stars if one.session_key != session_key]


def remove(agenda: Agenda, number: int) -> str:
    """Take a star out by its number; give the title that it had, or nothing if it is gone."""
    title = next((one.title for one in agenda.stars if one.id == number), "")
    agenda.stars = [one for one in agenda.stars if one.id != number]
    return title


def take_note(agenda: Agenda, sessions: Mapping[str, Session]) -> None:
    """Bring what an agenda knows to what is so now; what is no longer on leaves it."""
    agenda.stars = [one for one in agenda.stars if one.session_key in sessions]
    for one in agenda.stars:
        for name, value in _told(sessions[one.session_key]).items():
            setattr(one, name, value)


def join(agenda: Agenda, other: Agenda) -> None:
    """Put all that is in another agenda into one, and forget the other."""
    known = _starred(agenda)
    for one in other.stars:
        if one.session_key not in known:
            about = {name: getattr(one, name) for name in SEEN}
            _add(agenda, Star(session_key=one.session_key, **about))
    forget(other)


def change_feed_address(agenda: Agenda) -> None:
    """Let calendars find an agenda at another address; the one before ends."""
    agenda.feed_key = _new_key()


def forget(agenda: Agenda) -> None:
    """Forget an agenda with all its stars."""
    db.session.delete(agenda)


SEEN = ("title", "starts_at", "ends_at", "room")


def _told(session: Session) -> dict[str, object]:
    return {
        "title": session.title,
        "starts_at": session.starts_at,
        "ends_at": session.ends_at,
        "room": session.room.name if session.room else "",
    }


def _starred(agenda: Agenda) -> frozenset[str]:
    return frozenset(one.session_key for one in agenda.stars)


def _add(agenda: Agenda, new: Star) -> None:
    if len(agenda.stars) >= MOST_STARS:
        raise Refused(FULL % {"most": MOST_STARS})
    agenda.stars.append(new)


def _new_key() -> str:
    return secrets.token_urlsafe(16)
