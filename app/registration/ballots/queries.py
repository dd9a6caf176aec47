"""Read-only queries about ballots; cached for public pages per cache version."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, func, select
from sqlalchemy.orm import selectinload

from app import cache_version
from app.database import db, read_only_connection
from app.delegates.models import Delegate
from app.errors import NotFound, require
from app.programme.snapshot import Session
from app.registration.ballots.models import Ballot, BallotEntry, BallotSession
from app.releases.current_release import get_programme

NO_SUCH_BALLOT = "There is no such ballot"
UNDRAWN_KEYS = (
    select(BallotSession.session_key, BallotSession.ballot_id)
    .join(Ballot, Ballot.id == BallotSession.ballot_id)
    .where(Ballot.drawn_at.is_(None))
)

UNNOTIFIED = (
    select(BallotEntry)
    .join(Ballot, Ballot.id == BallotEntry.ballot_id)
    .where(BallotEntry.notified_at.is_(None), Ballot.drawn_at.is_not(None))
)


@dataclass(frozen=True)
class PublicBallot:
    """The public data of a ballot."""

    id: int
    title: str
    closes_at: datetime
    commitment: str
    drawn_at: datetime | None
    document: str  # the published file; "" until the draw
    session_keys: tuple[str, ...]

    @property
    def is_drawn(self) -> bool:
        """Whether the draw has taken place."""
        return self.drawn_at is not None

    @property
    def sessions(self) -> Sequence[Session]:
        """The public sessions whose seats it draws, in the order of the programme."""
        return list_sessions(self.session_keys)

    def is_open(self, now: datetime) -> bool:
        """Return True while wishes can be made and changed."""
        return not self.is_drawn and now < self.closes_at


@dataclass(frozen=True)
class DrawnSession:
    """The result of a ballot for one session."""

    title: str
    seats: int
    wishes: int
    first_wishes: int
    won: int


def get_ballot(number: int) -> Ballot:
    """Return a ballot; raise NotFound if there is none."""
    return require(db.session.get(Ballot, number), NotFound(NO_SUCH_BALLOT))


def list_all() -> Sequence[Ballot]:
    """List all ballots, the newest first."""
    statement = select(Ballot).options(selectinload(Ballot.sessions))
    return db.session.scalars(statement.order_by(Ballot.id.desc())).all()


def list_public() -> Sequence[PublicBallot]:
    """List all ballots in their public form, newest first."""
    return cache_version.cached("ballots", _load_public)


def get_public(number: int) -> PublicBallot:
    """Return a ballot in its public form; raise NotFound if there is none."""
    found = next((ballot for ballot in list_public() if ballot.id == number), None)
    return require(found, NotFound(NO_SUCH_BALLOT))


def find_public_of(session: Session) -> PublicBallot | None:
    """Return the undrawn ballot that includes a session, or None."""
    return next(
        (
            ballot
            for ballot in list_public()
            if session.key in ballot.session_keys and not ballot.is_drawn
        ),
        None,
    )


def select_due(now: datetime) -> Select[tuple[int]]:
    """Select the numbers of the ballots that are due."""
    return (
        select(Ballot.id)
        .where(Ballot.drawn_at.is_(None), Ballot.closes_at <= now)
        .order_by(Ballot.id)
    )


def is_by_ballot(session_key: str) -> bool:
    """Return True if a ballot is still to draw the seats of a session."""
    keys = UNDRAWN_KEYS.where(BallotSession.session_key == session_key)
    return db.session.execute(keys).first() is not None


def list_undrawn_keys(connection: Connection) -> Mapping[str, int]:
    """Map the sessions in undrawn ballots to the number of the ballot."""
    return dict(connection.execute(UNDRAWN_KEYS).tuples().all())


def list_sessions(keys: Sequence[str]) -> Sequence[Session]:
    """List the public sessions with these keys, in the order of the programme."""
    wanted = set(keys)
    return [session for session in get_programme().sessions if session.key in wanted]


def list_ranked(keys: Sequence[str]) -> Sequence[Session]:
    """List the public sessions with these keys, in the order of the keys."""
    known = {session.key: session for session in list_sessions(keys)}
    return [known[key] for key in keys if key in known]


def find_entry(ballot_id: int, delegate: Delegate) -> BallotEntry | None:
    """Return a delegate's wishes in a ballot, or None."""
    statement = select(BallotEntry).filter_by(ballot_id=ballot_id, delegate_id=delegate.id)
    return db.session.scalar(statement.execution_options(populate_existing=True))


def list_entries_of(delegate: Delegate) -> Sequence[BallotEntry]:
    """List a delegate's entries in all ballots."""
    statement = select(BallotEntry).where(BallotEntry.delegate_id == delegate.id)
    return db.session.scalars(statement.order_by(BallotEntry.ballot_id)).all()


def list_entries(ballot: Ballot) -> Sequence[BallotEntry]:
    """List all entries of a ballot, by ticket."""
    statement = select(BallotEntry).where(BallotEntry.ballot_id == ballot.id)
    return db.session.scalars(statement.order_by(BallotEntry.ticket)).all()


def count_entries() -> Mapping[int, int]:
    """Return the number of entries of each ballot."""
    counted = select(BallotEntry.ballot_id, func.count()).group_by(BallotEntry.ballot_id)
    return dict(db.session.execute(counted).tuples().all())


def read_keys(text: str) -> list[str]:
    """Parse the keys of sessions from JSON."""
    keys: list[str] = json.loads(text) if text else []
    return keys


def list_results(document: str) -> Sequence[DrawnSession]:
    """Summarise a published file, session by session."""
    content = json.loads(document)
    tickets = content["tickets"]
    return [
        DrawnSession(
            title=one["title"],
            seats=one["seats"],
            wishes=sum(one["key"] in ticket["wishes"] for ticket in tickets),
            first_wishes=sum(ticket["wishes"][:1] == [one["key"]] for ticket in tickets),
            won=sum(one["key"] in ticket["won"] for ticket in tickets),
        )
        for one in content["sessions"]
    ]


def count_tickets(document: str) -> int:
    """Return the number of tickets in a published file."""
    return len(json.loads(document)["tickets"])


def _load_public() -> Sequence[PublicBallot]:
    with read_only_connection(db.engine) as connection:
        keys: dict[int, list[str]] = {}
        for number, key in connection.execute(
            select(BallotSession.ballot_id, BallotSession.session_key).order_by(
                BallotSession.session_key
            )
        ):
            keys.setdefault(number, []).append(key)
        rows = connection.execute(
            select(
                *(Ballot.id, Ballot.title, Ballot.closes_at, Ballot.commitment, Ballot.drawn_at),
                Ballot.document,
            ).order_by(Ballot.id.desc())
        ).all()
    return [
        PublicBallot(number, title, closes, commitment, drawn, file, tuple(keys.get(number, ())))
        for number, title, closes, commitment, drawn, file in rows
    ]
