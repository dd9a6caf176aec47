"""Ballots: create, change and delete them, and delegates' wishes.

The row of the ballot is locked first, then the limits of its sessions by key, then people's rows.
So no wish can be added during the draw (``scheduled_draws``).
"""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select

from app import clock
from app.cache_version import bump_cache_version
from app.database import db
from app.delegates.models import Delegate, SeatLimit
from app.encryption import get_key_ring
from app.errors import NotFound, RuleViolation, StaleEdit
from app.history import services as history
from app.programme.snapshot import Session
from app.registration import session_seats
from app.registration.ballots import draw, queries
from app.registration.ballots.models import Ballot, BallotEntry, BallotSession, place_of_seed
from app.registration.bookings import operations
from app.registration.create_booking import REFERENCE_ALPHABET
from app.registration.session_bookings import queries as session_bookings
from app.registration.session_bookings import services as bookings
from app.text import count_of
from app.web.formatting import local_moment

MAX_WISHES: Final = 10
TICKET_LENGTH: Final = 8


@dataclass(frozen=True)
class BallotDetails:
    """The values of a ballot that organisers enter."""

    title: str
    closes_at: datetime
    keys: frozenset[str]  # of its sessions


class BallotClosed(RuleViolation):
    """Wishes can no longer be changed."""


def create(details: BallotDetails, *, actor: str) -> Ballot:
    """Create a ballot and publish the commitment to its seed; raise RuleViolation."""
    seed = secrets.token_hex(32)
    commitment = draw.commit_to(seed)
    limits = session_seats.lock_sessions(details.keys)  # prevents bookings meanwhile
    _require_valid(details, None)
    _require_nobody_waits(limits)
    ballot = Ballot(
        title=details.title,
        closes_at=details.closes_at,
        seed=get_key_ring().encrypt(seed, place_of_seed(commitment)),
        commitment=commitment,
        created_at=clock.now(),
        version=1,
        sessions=[BallotSession(session_key=key) for key in sorted(details.keys)],
    )
    db.session.add(ballot)
    db.session.flush()
    bump_cache_version()
    sentence = f"The ballot “{ballot.title}” was opened"
    history.record(sentence, subject=ballot.history_subject, actor=actor)
    return ballot


def save(ballot: Ballot, details: BallotDetails, *, expected_version: int, actor: str) -> bool:
    """Change a ballot before it closes; return False if nothing changed."""
    lock(ballot)
    limits = session_seats.lock_sessions({*ballot.session_keys, *details.keys})
    if details == BallotDetails(ballot.title, ballot.closes_at, frozenset(ballot.session_keys)):
        return False
    if ballot.version != expected_version:
        raise StaleEdit(ballot.version)
    _require_not_due(ballot)
    _require_valid(details, ballot)
    _require_nobody_waits({key: one for key, one in limits.items() if key in details.keys})
    ballot.title, ballot.closes_at = details.title, details.closes_at
    existing = {session.session_key: session for session in ballot.sessions}
    ballot.sessions = [
        existing.get(key) or BallotSession(session_key=key) for key in sorted(details.keys)
    ]
    ballot.version += 1
    db.session.flush()
    bump_cache_version()
    sentence = f"The ballot “{ballot.title}” was changed"
    closes = f"It closes at {local_moment(ballot.closes_at)}"
    sentence = f"{sentence}. {closes}, with {count_of(len(ballot.sessions), 'session')}"
    history.record(sentence, subject=ballot.history_subject, actor=actor)
    return True


def cancel(ballot: Ballot, *, actor: str) -> None:
    """Delete an undrawn ballot with all wishes; its sessions can then be booked."""
    lock(ballot)
    if ballot.is_drawn:
        raise RuleViolation("The ballot has been drawn, so it cannot be deleted")
    sentence = f"The ballot “{ballot.title}” was deleted before the draw"
    history.record(sentence, subject=ballot.history_subject, actor=actor)
    db.session.execute(delete(BallotEntry).where(BallotEntry.ballot_id == ballot.id))
    db.session.delete(ballot)
    db.session.flush()
    bump_cache_version()


def save_wishes(delegate: Delegate, ballot_id: int, keys: Sequence[str]) -> bool:
    """Replace a delegate's ranked wishes; an empty list leaves the ballot.

    Return False if nothing changed. Raise BallotClosed once it has closed.
    """
    ballot = queries.get_ballot(ballot_id)
    lock(ballot)
    operations.end_corrections(delegate)
    if not ballot.is_open(clock.now()):
        raise BallotClosed("This ballot has closed, so you can no longer change your choices")
    if not delegate.is_attending:
        raise RuleViolation(bookings.BOOKING_CANCELLED)
    _require_known(ballot, delegate, keys)
    entry = queries.find_entry(ballot_id, delegate)
    before = queries.read_keys(entry.wishes) if entry else []
    if before == list(keys):
        return False
    _store(entry, ballot, delegate, keys)
    summary = f"Saved {count_of(len(keys), 'choice')}" if keys else "Withdrew all choices"
    operations.record(delegate, f"{summary} in the ballot “{ballot.title}”", history.ACTOR_DELEGATE)
    return True


def lock(ballot: Ballot) -> None:
    """Lock a ballot until the transaction ends; raise NotFound if it has been deleted."""
    statement = select(Ballot.id).where(Ballot.id == ballot.id)
    if db.session.scalar(statement.with_for_update()) is None:
        raise NotFound(queries.NO_SUCH_BALLOT)
    db.session.refresh(ballot)


def _require_not_due(ballot: Ballot) -> None:
    if not ballot.is_open(clock.now()):
        raise BallotClosed("This ballot has closed, so it can no longer be changed")


def _require_valid(details: BallotDetails, ballot: Ballot | None) -> None:
    """Raise RuleViolation unless a ballot can close at this time and draw these sessions."""
    if details.closes_at <= clock.now():
        raise RuleViolation("Enter a closing time that is in the future")
    known = {session.key: session for session in queries.list_sessions(list(details.keys))}
    if any(key not in known or not known[key].is_bookable for key in details.keys):
        raise RuleViolation("Choose sessions that are public and in which people book seats")
    _require_later(known.values(), details.closes_at)
    others = BallotSession.ballot_id != (ballot.id if ballot else 0)
    taken = queries.UNDRAWN_KEYS.where(others, BallotSession.session_key.in_(details.keys))
    if db.session.execute(taken).first() is not None:
        raise RuleViolation(
            "One of these sessions is in another ballot that has not been drawn yet"
        )


def _require_nobody_waits(limits: Mapping[str, SeatLimit]) -> None:
    """Raise RuleViolation if people wait for a seat, since they would take precedence."""
    if any(limit.waiting for limit in limits.values()):
        raise RuleViolation("People are already waiting for seats in these sessions")


def _require_later(sessions: Iterable[Session], closes_at: datetime) -> None:
    for session in sessions:
        if session.starts_at is not None and session.starts_at <= closes_at:
            raise RuleViolation(f"“{session.title}” starts before the ballot closes")


def _require_known(ballot: Ballot, delegate: Delegate, keys: Sequence[str]) -> None:
    """Raise RuleViolation unless these are distinct sessions of the ballot, on booked days."""
    if len(set(keys)) < len(keys):
        raise RuleViolation("You have chosen a session twice. Choose each session only once")
    if len(keys) > MAX_WISHES:
        raise RuleViolation(f"You can choose up to {MAX_WISHES} sessions")
    known = {session.key: session for session in queries.list_sessions(ballot.session_keys)}
    for key in keys:
        if key not in known:
            raise RuleViolation("A session is no longer in this ballot. Check your choices")
        if not session_bookings.is_on_booked_days(delegate, known[key]):
            raise RuleViolation(f"“{known[key].title}” is on a day that is not in your booking")


def _store(
    entry: BallotEntry | None, ballot: Ballot, delegate: Delegate, keys: Sequence[str]
) -> None:
    if entry is None:
        entry = BallotEntry(ballot_id=ballot.id, delegate_id=delegate.id, ticket=_make_ticket())
        db.session.add(entry)
    if not keys:
        db.session.delete(entry)
        return
    entry.wishes, entry.changed_at = json.dumps(list(keys), ensure_ascii=False), clock.now()
    db.session.flush()


def _make_ticket() -> str:
    """Return a random number as an anonymous ticket."""
    return "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(TICKET_LENGTH))
