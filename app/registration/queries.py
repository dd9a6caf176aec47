"""Read-only queries about drafts, places and confirmations."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, select
from sqlalchemy.orm import joinedload

from app import cache_version, clock, preview_mode
from app.database import db, read_only_connection
from app.delegates import private_answers
from app.delegates.answer_json import Answers, load_answers
from app.delegates.models import CONFERENCE, ApplicationDraft, Confirmation, Delegate, SeatLimit
from app.errors import Gone, require
from app.mail import queries as mail
from app.mail.models import Email
from app.registration.waiting_list import turns
from app.releases.current_release import get_programme

DRAFT_LIFETIME = timedelta(days=7)
SEAT_COUNTS = select(
    SeatLimit.seats, SeatLimit.taken, SeatLimit.waiting, SeatLimit.has_waiting_list
).where(SeatLimit.name == CONFERENCE)
SEAT_COLUMNS: tuple[ColumnElement[Any], ...] = tuple(  # for ``build_seat_counts``
    SEAT_COUNTS.with_only_columns(column).scalar_subquery()
    for column in SEAT_COUNTS.selected_columns
)
DRAFT_BY_SECRET = select(
    ApplicationDraft.id, ApplicationDraft.document, ApplicationDraft.confirmation_id
).where(
    ApplicationDraft.secret_hash == bindparam("secret_hash"),
    ApplicationDraft.changed_at > bindparam("since"),
)
CONFIRMATION_DETAILS = (
    select(
        Delegate.reference,
        Confirmation.email,
        and_(Confirmation.is_first, Delegate.cancelled_at.is_not(None)),
        Confirmation.id,
        Confirmation.is_first,
        Delegate.badge_name,
        Delegate.days,
    )
    .join_from(Confirmation, Delegate, Confirmation.delegate_id == Delegate.id)
    .where(Confirmation.key == bindparam("its_key"))
)
NO_CONFIRMATION = "This confirmation is no longer available"

# "waiting": all places are taken, and people may join the waiting list.
RegistrationState = Literal["before", "open", "waiting", "full", "closed"]


@dataclass(frozen=True)
class SeatCounts:
    """The number of places, and how many are taken."""

    limit: int
    taken: int  # including those on offer
    waiting: int = 0  # without an offer
    has_waiting_list: bool = False
    is_next_waiting: bool = False  # whether a waiting person is about to be offered a place

    @property
    def remaining(self) -> int:
        """The number of free places."""
        return self.limit - self.taken

    @property
    def is_full(self) -> bool:
        """Whether newcomers cannot register: no place is free, or waiting people come first."""
        return self.remaining <= 0 or self.is_next_waiting


@dataclass(frozen=True)
class RegistrationStatus:
    """Whether registration is open, and its dates."""

    state: RegistrationState
    opens_at: datetime | None
    closes_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether people may register now."""
        return self.state == "open"

    @property
    def takes_answers(self) -> bool:
        """Whether people may fill in the form, to register or to join the waiting list."""
        return self.state in {"open", "waiting"}


@dataclass(frozen=True)
class ConfirmationDetails:
    """The content of a confirmation page: the same, whether or not the person already had a place.

    Only the person whose submission took the place sees that it was cancelled.
    """

    reference: str
    email: str  # as typed in this submission
    is_cancelled: bool
    id: int
    is_first: bool
    badge_name: str  # this and the days are the booking's; never shown on their own
    days: str


@dataclass(frozen=True)
class StoredDraft:
    """The stored answers of an application."""

    id: int
    answers: Answers  # a private one that cannot be decrypted stays encrypted
    confirmation_id: int | None
    secret_hash: str


def get_seat_counts() -> SeatCounts:
    """Return the number of places and how many are taken; all of them in a full preview."""
    return _adapt_to_preview(_count_seats(db.session.connection()))


def build_seat_counts(row: Sequence[Any]) -> SeatCounts:
    """Return the counts from the values of ``SEAT_COLUMNS``, read by another statement."""
    counts = SeatCounts(0, 0) if row[0] is None else SeatCounts(*row)
    return _adapt_to_preview(_check_next_in_line(counts, db.session.connection()))


def _adapt_to_preview(counts: SeatCounts) -> SeatCounts:
    return replace(counts, taken=counts.limit) if preview_mode.simulates_full() else counts


def get_registration_status(known: SeatCounts | None = None) -> RegistrationStatus:
    """Return whether registration is open; "full" is cached under the cache version.

    Pass ``counts`` if the seats have just been counted.
    """
    conference = get_programme().conference
    opens, closes = conference.registration_opens_at, conference.registration_closes_at
    now = clock.now()
    if closes and now >= closes:
        return RegistrationStatus("closed", opens, closes)
    if opens and now < opens:
        return RegistrationStatus("before", opens, closes)
    state = cache_version.cached("door", read_state_by_seats)
    if preview_mode.simulates_full() and state == "open":
        state = "waiting" if read_seat_counts().has_waiting_list else "full"
    elif state in {"full", "waiting"}:  # a place may just have become free
        state = _choose_state(known) if known else read_state_by_seats()
    return RegistrationStatus(
        state, None if state == "before" else opens, closes
    )  # the opening time has passed


def has_registration_closed() -> bool:
    """Return True once registration has closed, from the cache."""
    closes = get_programme().conference.registration_closes_at
    return closes is not None and clock.now() >= closes


def read_seat_counts() -> SeatCounts:
    """Read the number of places and how many are taken outside the visitor's transaction."""
    with read_only_connection(db.engine) as connection:
        return _count_seats(connection)


def _count_seats(connection: Connection) -> SeatCounts:
    row = connection.execute(SEAT_COUNTS).first()
    counts = SeatCounts(*row) if row is not None else SeatCounts(0, 0)
    return _check_next_in_line(counts, connection)


def _check_next_in_line(counts: SeatCounts, connection: Connection) -> SeatCounts:
    could_be_next = counts.waiting > 0 and counts.remaining > 0
    return replace(counts, is_next_waiting=could_be_next and turns.has_next(connection))


def read_state_by_seats() -> RegistrationState:
    """Read whether there are places; the cache version is bumped whenever that changes."""
    return _choose_state(read_seat_counts())


def _choose_state(counts: SeatCounts) -> RegistrationState:
    if counts.limit == 0:
        return "before"
    if not counts.is_full:
        return "open"
    return "waiting" if counts.has_waiting_list else "full"


def find_draft(secret: str) -> StoredDraft | None:
    """Return the answers stored under a key within the last week, or None.

    Every page of the form calls it, so it uses one precompiled query.
    """
    with read_only_connection(db.engine) as connection:
        return load_draft(connection, DRAFT_BY_SECRET, secret)


def load_draft(
    connection: Connection, statement: Select[tuple[int, str, int | None]], secret: str
) -> StoredDraft | None:
    """Return the answers found by a statement, which may also lock them."""
    parameters = _draft_parameters(secret)
    row = connection.execute(statement, parameters).first()
    if row is None:
        return None
    secret_hash = str(parameters["secret_hash"])
    place = private_answers.place_in_draft(secret_hash)
    answers = private_answers.decrypt_answers(load_answers(row[1]), place)
    return StoredDraft(row[0], answers, row[2], secret_hash)


def _draft_parameters(secret: str) -> dict[str, object]:
    return {
        "secret_hash": sha256(secret.encode()).hexdigest(),
        "since": clock.real_now() - DRAFT_LIFETIME,
    }


def find_confirmation(stored_draft: StoredDraft) -> Confirmation | None:
    """Return the confirmation of a draft that has been submitted, or None."""
    return (
        None
        if stored_draft.confirmation_id is None
        else db.session.get(Confirmation, stored_draft.confirmation_id)
    )


def get_confirmation_details(key: str) -> ConfirmationDetails:
    """Return what the confirmation page with this key shows; raise Gone if there is none."""
    with read_only_connection(db.engine) as connection:
        row = connection.execute(CONFIRMATION_DETAILS, {"its_key": key}).first()
    if row is None:
        raise Gone(NO_CONFIRMATION)
    return ConfirmationDetails(*row)


def find_confirmation_email(details: ConfirmationDetails) -> Email | None:
    """Return the email that was queued with this confirmation, or None."""
    if details.is_first:
        return mail.find_for_booking(details.reference, "registration_confirmed", 0)
    this = select(Confirmation.delegate_id).where(Confirmation.id == details.id)
    earlier = db.session.scalar(
        select(func.count())
        .select_from(Confirmation)
        .where(
            Confirmation.delegate_id == this.scalar_subquery(),
            ~Confirmation.is_first,
            Confirmation.id < details.id,
        )
    )
    return mail.find_for_booking(details.reference, "already_registered", earlier or 0)


def get_confirmation(key: str) -> Confirmation:
    """Return the confirmation with this key, with its delegate; raise Gone if there is none."""
    found = db.session.scalar(
        select(Confirmation)
        .where(Confirmation.key == key)
        .options(joinedload(Confirmation.delegate))
    )
    return require(found, Gone(NO_CONFIRMATION))
