"""Integrity checks of the data, with problems described in plain sentences.

The worker runs them once a day and emails the organisers if there are problems; ``flask audit``
runs them at once. Nothing is repaired automatically: someone should find out why it happened.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import ScalarSelect, String, cast, exists, func, literal, select, text

from app import clock
from app.accounts import queries as accounts
from app.database import db
from app.history import queries as history_queries
from app.history import services as history
from app.mail import services as mail
from app.mail.models import Email
from app.materials.models import Material, MaterialChunk
from app.registration.invitations.models import InvitationCode
from app.registration.models import (
    IN_QUEUE,
    OFFERED,
    Delegate,
    RegistrationCategory,
    SeatLimit,
    SessionBooking,
    WaitingListEntry,
)
from app.registration.queries import ATTENDING
from app.registration.seats import CATEGORY_PREFIX, CONFERENCE
from app.registration.session_bookings import queries as session_bookings

HISTORY_SUBJECT = "audit"
TAKEN_SEATS = select(SeatLimit.taken).where(SeatLimit.name == CONFERENCE).scalar_subquery()
QUEUE_LENGTH = select(SeatLimit.waiting).where(SeatLimit.name == CONFERENCE).scalar_subquery()
KEPT_COUNT = select(func.coalesce(func.sum(RegistrationCategory.kept_places), 0)).scalar_subquery()
HELD_COUNT = select(func.coalesce(func.sum(InvitationCode.held), 0)).scalar_subquery() + KEPT_COUNT
ATTENDING_COUNT = select(func.count()).select_from(Delegate).where(ATTENDING).scalar_subquery()


@dataclass(frozen=True)
class Check:
    """Something that must be so; ``list_faults`` gives a sentence for each time it is not."""

    description: str
    list_faults: Callable[[], Sequence[str]]


def run_checks() -> Sequence[str]:
    """List the problems, one sentence each."""
    return [sentence for check in CHECKS for sentence in check.list_faults()]


def run_daily() -> None:
    """Run the checks unless that was done today, and email problems to the organisers."""
    latest = history_queries.find_latest(HISTORY_SUBJECT)
    if latest is not None and latest.happened_at.date() == clock.now().date():
        return
    faults = run_checks()
    history.record(f"The site checked its data: {len(faults)} faults", subject=HISTORY_SUBJECT)
    if faults:
        for organiser in accounts.list_organisers():
            mail.enqueue("audit_found", to=organiser.email, faults=faults)


def _check_seat_count() -> Sequence[str]:
    counts = select(  # in one statement, so that the numbers match
        func.coalesce(TAKEN_SEATS, 0),
        ATTENDING_COUNT,
        _count_entries(OFFERED),
        HELD_COUNT,
        func.coalesce(QUEUE_LENGTH, 0),
        _count_entries(IN_QUEUE),
    )
    taken, attending, offered, held, queue, waiting = db.session.execute(counts).one()
    faults = []
    if taken != attending + offered + held:
        on_offer = f" and {offered} places are on offer" if offered else ""
        on_offer += f" and {held} places are kept for invitations and speakers" if held else ""
        faults.append(
            f"{taken} places are counted as taken, "
            f"but {attending} delegates are attending{on_offer}."
        )
    if queue != waiting:
        faults.append(f"{queue} people are counted as waiting, but {waiting} are on the list.")
    return [*faults, *_list_wrong_categories()]


def _list_wrong_categories() -> Sequence[str]:
    name = literal(CATEGORY_PREFIX) + cast(RegistrationCategory.id, String)
    delegates = select(func.count()).select_from(Delegate)
    delegates = delegates.where(ATTENDING, Delegate.category_id == RegistrationCategory.id)
    offers = select(func.count()).select_from(WaitingListEntry)
    offers = offers.where(
        WaitingListEntry.state == OFFERED, WaitingListEntry.category_id == RegistrationCategory.id
    )
    held = select(func.coalesce(func.sum(InvitationCode.held), 0))
    held = held.where(InvitationCode.category_id == RegistrationCategory.id)
    counted = (
        delegates.scalar_subquery()
        + offers.scalar_subquery()
        + held.scalar_subquery()
        + RegistrationCategory.kept_places
    )
    rows = db.session.execute(
        select(RegistrationCategory.name, SeatLimit.taken, counted)
        .join(SeatLimit, SeatLimit.name == name)
        .where(SeatLimit.taken != counted)
        .order_by(RegistrationCategory.id)
    )
    return [
        f"{taken} places of the category “{name}” are counted as taken, but {number} "
        f"{'is' if number == 1 else 'are'}."
        for name, taken, number in rows
    ]


def _count_entries(state: str) -> ScalarSelect[int]:
    counted = select(func.count()).select_from(WaitingListEntry)
    return counted.where(WaitingListEntry.state == state).scalar_subquery()


def _check_session_seats() -> Sequence[str]:
    counted = dict(
        db.session.execute(
            select(SessionBooking.session_key, func.count()).group_by(SessionBooking.session_key)
        )
        .tuples()
        .all()
    )
    known = {key: one.taken for key, one in session_bookings.map_seats().items()}
    return [
        f"{known.get(key, 0)} seats of the session “{key}” are counted as taken, "
        f"but {counted.get(key, 0)} are booked."
        for key in sorted(known.keys() | counted.keys())
        if known.get(key, 0) != counted.get(key, 0)
    ]


def _check_seats_of_cancelled() -> Sequence[str]:
    lost = select(Delegate.reference).join(SessionBooking).where(Delegate.cancelled_at.is_not(None))
    return [
        f"Booking {reference} is cancelled, but has a seat in a session."
        for reference in db.session.scalars(lost.distinct().order_by(Delegate.reference))
    ]


def _check_confirmation_emails() -> Sequence[str]:
    email_exists = exists().where(
        Email.booking_reference == Delegate.reference, Email.template == "registration_confirmed"
    )
    without = db.session.scalars(
        select(Delegate.reference)
        .where(ATTENDING, ~Delegate.is_demo, ~Delegate.is_added_by_team, ~email_exists)
        .order_by(Delegate.reference)
    )
    return [f"No confirmation email was created for booking {reference}." for reference in without]


def _check_references() -> Sequence[str]:
    """Look for rows that refer to nothing; PostgreSQL never has any."""
    if db.engine.dialect.name != "sqlite":
        return []
    rows = db.session.execute(text("PRAGMA foreign_key_check")).all()
    return [f"Row {row[1]} of {row[0]} refers to a missing row of {row[2]}." for row in rows]


def _check_material_sizes() -> Sequence[str]:
    stored = func.coalesce(func.sum(func.length(MaterialChunk.body)), 0)
    incomplete = db.session.scalars(
        select(Material.title)
        .outerjoin(MaterialChunk, MaterialChunk.material_id == Material.id)
        .group_by(Material.id)
        .having(stored != Material.size)
        .order_by(Material.id)
    )
    return [f"The file “{title}” of a session is incomplete." for title in incomplete]


CHECKS: tuple[Check, ...] = (
    Check("the number of places taken matches the number of delegates", _check_seat_count),
    Check("the seats taken in each session match those booked", _check_session_seats),
    Check("no cancelled booking has a seat in a session", _check_seats_of_cancelled),
    Check("every booking has a confirmation email", _check_confirmation_emails),
    Check("there are no references to missing rows", _check_references),
    Check("all session files are complete", _check_material_sizes),
)
