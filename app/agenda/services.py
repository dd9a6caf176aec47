"""Agendas: find them, star and unstar sessions, merge two, delete one, purge old ones.

An agenda is locked while it is changed, so that concurrent requests cannot add a star twice.
"""

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import joinedload

from app import cache_version, clock
from app.accounts import rate_limits
from app.agenda.models import Agenda, Star
from app.database import db
from app.errors import RuleViolation
from app.programme.snapshot import Session
from app.releases import current_release


def find_agenda(key: str) -> Agenda | None:
    """Return an agenda with its stars by the key in its cookie, or None."""
    return (
        db.session.scalars(
            select(Agenda).where(Agenda.key == key).options(joinedload(Agenda.stars))
        )
        .unique()
        .one_or_none()
    )


def find_agenda_by_feed_key(feed_key: str) -> Agenda | None:
    """Return an agenda with its stars by the key in its calendar URL, or None."""
    return (
        db.session.scalars(
            select(Agenda).where(Agenda.feed_key == feed_key).options(joinedload(Agenda.stars))
        )
        .unique()
        .one_or_none()
    )


MAX_STARS = 300  # stars in one agenda
MAX_AGENDAS = 100_000
AGENDA_FULL = (
    "Your agenda is full. It can have up to %(most)s sessions. Remove one before you add another"
)
TOO_MANY_AGENDAS = "We cannot create more agendas at the moment. Try again later"


def create(ip_address: str | None) -> Agenda:
    """Create an empty agenda; raise RateLimitExceeded if the network has created too many."""
    rate_limits.hit_network(rate_limits.NEW_AGENDA, ip_address)
    if (db.session.scalar(select(func.count()).select_from(Agenda)) or 0) >= MAX_AGENDAS:
        raise RuleViolation(TOO_MANY_AGENDAS)
    agenda = Agenda(key=_new_key(), feed_key=_new_key(), changed_at=clock.now())
    db.session.add(agenda)
    return agenda


def lock_in_order(keys: Collection[str]) -> None:
    """Lock several agendas until the transaction ends, always in the same order."""
    statement = select(Agenda.id).where(Agenda.key.in_(keys)).order_by(Agenda.id)
    db.session.execute(statement.with_for_update()).all()


def get_for_update(key: str) -> Agenda | None:
    """Return an agenda and lock it until the transaction ends, or None."""
    locked = select(Agenda.id).where(Agenda.key == key).with_for_update()
    if db.session.scalar(locked) is None:
        return None
    agenda = find_agenda(key)
    if agenda is not None:
        agenda.changed_at = clock.now()
    return agenda


def star(agenda: Agenda, session: Session) -> None:
    """Add a session to an agenda; if it is there already, change nothing."""
    if session.key not in _starred_keys(agenda):
        _add(agenda, Star(session_key=session.key, **_current_details(session)))


def unstar(agenda: Agenda, session_key: str) -> None:
    """Remove a session from an agenda, if it is there."""
    agenda.stars = [one for one in agenda.stars if one.session_key != session_key]


def remove(agenda: Agenda, star_id: int) -> str:
    """Remove a star by its id; return its title, or "" if it is already gone."""
    title = next((one.title for one in agenda.stars if one.id == star_id), "")
    agenda.stars = [one for one in agenda.stars if one.id != star_id]
    return title


def acknowledge_changes(agenda: Agenda, sessions: Mapping[str, Session]) -> None:
    """Update the stored details of the stars, and remove those of withdrawn sessions."""
    agenda.stars = [one for one in agenda.stars if one.session_key in sessions]
    for one in agenda.stars:
        for name, value in _current_details(sessions[one.session_key]).items():
            setattr(one, name, value)


def merge(agenda: Agenda, other: Agenda) -> None:
    """Add the stars of another agenda to this one, and delete the other."""
    known = _starred_keys(agenda)
    for one in other.stars:
        if one.session_key not in known:
            details = {name: getattr(one, name) for name in STAR_DETAILS}
            _add(agenda, Star(session_key=one.session_key, **details))
    delete(other)


def rotate_feed_key(agenda: Agenda) -> None:
    """Replace the key of the calendar URL; the old URL stops working."""
    agenda.feed_key = _new_key()


def delete(agenda: Agenda) -> None:
    """Delete an agenda with its stars."""
    db.session.delete(agenda)


STAR_DETAILS = ("title", "starts_at", "ends_at", "room")


def _current_details(session: Session) -> dict[str, object]:
    return {
        "title": session.title,
        "starts_at": session.starts_at,
        "ends_at": session.ends_at,
        "room": session.room.name if session.room else "",
    }


def _starred_keys(agenda: Agenda) -> frozenset[str]:
    return frozenset(one.session_key for one in agenda.stars)


def _add(agenda: Agenda, new: Star) -> None:
    if len(agenda.stars) >= MAX_STARS:
        raise RuleViolation(AGENDA_FULL % {"most": MAX_STARS})
    agenda.stars.append(new)


def _new_key() -> str:
    return secrets.token_urlsafe(16)


EMPTY_RETENTION = timedelta(days=7)
RETENTION = timedelta(days=90)  # after the conference, and after the last change


def purge_expired() -> None:
    """Delete empty agendas after a week, and all others long after the conference."""
    if not cache_version.is_clock_in_sync():
        return
    now = clock.now()
    _purge(~exists().where(Star.agenda_id == Agenda.id), Agenda.changed_at < now - EMPTY_RETENTION)
    conference = current_release.get_programme().conference
    over = datetime.combine(conference.ends_on, time.max, ZoneInfo(conference.time_zone))
    if current_release.get_programme().is_published and now > over + RETENTION:
        _purge(Agenda.changed_at < now - RETENTION)


def _purge(*conditions: ColumnElement[bool]) -> None:
    db.session.execute(sa.delete(Agenda).where(*conditions))
