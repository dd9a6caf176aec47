"""Questions about delegates, places and what people have told us. Nothing here changes anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Literal

from sqlalchemy import Connection, Select, and_, bindparam, func, select
from sqlalchemy.orm import joinedload

from app import clock, edition, lens
from app.database import db, reading
from app.errors import Gone
from app.programme.releases import current
from app.registration import told
from app.registration.models import Answers, Delegate, Receipt, SeatLimit
from app.registration.seats import CONFERENCE
from app.registration.told import Told

ANSWERS_ARE_KEPT = timedelta(days=7)
A_DAY = timedelta(days=1)
PLACES = select(SeatLimit.seats, SeatLimit.taken).where(SeatLimit.name == CONFERENCE)
ANSWERS = select(Answers.id, Answers.document, Answers.receipt_id).where(
    Answers.secret_hash == bindparam("secret_hash"),
    Answers.changed_at > bindparam("since"),
)
CONFIRMATION = (
    select(
        Delegate.reference,
        Receipt.email,
        and_(Receipt.is_first, Delegate.cancelled_at.is_not(None)),
    )
    .join_from(Receipt, Delegate, Receipt.delegate_id == Delegate.id)
    .where(Receipt.key == bindparam("its_key"))
)
NO_RECEIPT = "This confirmation is no longer kept"
ATTENDING = Delegate.cancelled_at.is_(None)

State = Literal["before", "open", "full", "closed"]


@dataclass(frozen=True)
class Places:
    """The places of the conference."""

    limit: int
    taken: int

    @property
    def left(self) -> int:
        """How many are free."""
        return self.limit - self.taken

    @property
    def is_full(self) -> bool:
        """Whether none is free."""
        return self.left <= 0


@dataclass(frozen=True)
class Door:
    """Whether people may register now, and when."""

    state: State
    opens_at: datetime | None
    closes_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether someone may register now."""
        return self.state == "open"


@dataclass(frozen=True)
class Confirmation:
    """What someone reads who has confirmed: the same, whoever had the place first.

    Only whoever took the place learns here that it was given back.
    """

    reference: str
    email: str  # as this person typed it
    is_cancelled: bool


@dataclass(frozen=True)
class Kept:
    """Answers on the way to a place."""

    id: int
    told: Told
    receipt_id: int | None


def places() -> Places:
    """Tell how many places there are and how many are taken."""
    row = db.session.execute(PLACES).first()
    if row is None:
        return Places(0, 0)
    return Places(row.seats, row.seats) if lens.shows_full() else Places(*row)


def door() -> Door:
    """Tell whether people may register now: full or not as of this process's edition."""
    conference = current().conference
    opens, closes = conference.registration_opens_at, conference.registration_closes_at
    now = clock.now()
    if closes and now >= closes:
        return Door("closed", opens, closes)
    if opens and now < opens:
        return Door("before", opens, closes)
    state = edition.kept("door", _state_by_places)
    if lens.shows_full() and state == "open":
        state = "full"
    elif state == "full":  # a place may have come back a moment ago
        state = _state_by_places()
    return Door(state, None if state == "before" else opens, closes)  # that moment has gone by


def _state_by_places() -> State:
    """Ask beside the visitor's own transaction; the edition rises whenever this turns."""
    with reading(db.engine) as connection:
        row = connection.execute(PLACES).first()
    if row is None or row.seats == 0:
        return "before"
    return "full" if row.taken >= row.seats else "open"


def days() -> tuple[date, ...]:
    """List the days of the conference."""
    conference = current().conference
    length = (conference.ends_on - conference.starts_on).days + 1
    return tuple(conference.starts_on + A_DAY * number for number in range(length))


def delegates_count() -> int:
    """How many people are attending."""
    return db.session.scalar(select(func.count()).select_from(Delegate).where(ATTENDING)) or 0


def newest(count: int) -> Sequence[Delegate]:
    """List the people who registered last and are attending."""
    return db.session.scalars(
        select(Delegate)
        .where(ATTENDING)
        .order_by(Delegate.registered_at.desc(), Delegate.id.desc())
        .limit(count)
    ).all()


def attending(same_person: str) -> Delegate:
    """Find the one person who is attending by this address and name."""
    return db.session.scalars(
        select(Delegate).where(ATTENDING, Delegate.same_person == same_person)
    ).one()


def answers(secret: str) -> Kept | None:
    """Find what the holder of this key has told us, unless a week has gone since.

    Every page of the journey asks, so this takes the shortest way there is.
    """
    with reading(db.engine) as connection:
        return kept(connection, ANSWERS, secret)


def kept(
    connection: Connection, statement: Select[tuple[int, str, int | None]], secret: str
) -> Kept | None:
    """Find answers by a statement that may also lock them."""
    row = connection.execute(statement, _whose(secret)).first()
    return None if row is None else Kept(row[0], told.read(row[1]), row[2])


def _whose(secret: str) -> dict[str, object]:
    return {
        "secret_hash": sha256(secret.encode()).hexdigest(),
        "since": clock.real_now() - ANSWERS_ARE_KEPT,
    }


def receipt_of(answers: Kept) -> Receipt | None:
    """Find the receipt of somebody who has confirmed."""
    return None if answers.receipt_id is None else db.session.get(Receipt, answers.receipt_id)


def confirmation(key: str) -> Confirmation:
    """Find what the confirmation page with this key says."""
    with reading(db.engine) as connection:
        row = connection.execute(CONFIRMATION, {"its_key": key}).first()
    if row is None:
        raise Gone(NO_RECEIPT)
    return Confirmation(*row)


def receipt(key: str) -> Receipt:
    """Find the receipt with this key, and whose place it is for."""
    found = db.session.scalar(
        select(Receipt).where(Receipt.key == key).options(joinedload(Receipt.delegate))
    )
    if found is None:
        raise Gone(NO_RECEIPT)
    return found
