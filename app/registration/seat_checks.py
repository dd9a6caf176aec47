"""Integrity checks of places and seats: counters must match what people have or wait for.

The limits of places and seats count what is taken, so that no rows need to be counted to know
whether one is free. These checks count the rows. Their statements are built once: a simulated year
runs the checks after each of its steps.
"""

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    String,
    cast,
    exists,
    func,
    literal,
    select,
)
from sqlalchemy.orm import joinedload

from app.database import db
from app.delegates.categories.models import RegistrationCategory
from app.delegates.models import CATEGORY_PREFIX, CONFERENCE, Delegate, SeatLimit
from app.delegates.queries import ATTENDING
from app.registration.applications.models import RegistrationApplication
from app.registration.invitations.models import InvitationCode
from app.registration.session_bookings import queries as session_bookings
from app.registration.session_bookings.models import SeatHold, SessionBooking
from app.registration.session_bookings.overlaps import map_contested
from app.registration.session_seats import SESSION_PREFIX
from app.registration.waiting_list.models import IN_QUEUE, OFFERED, WaitingListEntry
from app.releases.current_release import get_programme
from app.text import count_of

TAKEN_SEATS = select(SeatLimit.taken).where(SeatLimit.name == CONFERENCE).scalar_subquery()
QUEUE_LENGTH = select(SeatLimit.waiting).where(SeatLimit.name == CONFERENCE).scalar_subquery()
KEPT_COUNT = select(func.coalesce(func.sum(RegistrationCategory.kept_places), 0)).scalar_subquery()
HELD_COUNT = select(func.coalesce(func.sum(InvitationCode.held), 0)).scalar_subquery() + KEPT_COUNT
APPLICANT_COUNT = (
    select(func.count()).where(RegistrationApplication.is_held.is_(True)).scalar_subquery()
)
ATTENDING_COUNT = select(func.count()).select_from(Delegate).where(ATTENDING).scalar_subquery()


def list_wrong_places() -> Sequence[str]:
    """Compare the counted places with those of people, offers, codes and applicants."""
    counts = db.session.execute(_select_counts()).one()
    taken, attending, offered, held, applied, queue, waiting = counts
    faults = []
    if taken != attending + offered + held + applied:
        parts = (
            f"{_count_with_verb(attending, 'delegate')} attending",
            f"{_count_with_verb(offered, 'place')} on offer" if offered else "",
            f"{_count_with_verb(held, 'place')} kept for invitations and speakers" if held else "",
            f"{_count_with_verb(applied, 'place')} kept for applicants" if applied else "",
        )
        found = " and ".join(filter(None, parts))
        faults.append(f"{_count_with_verb(taken, 'place')} counted as taken, but {found}.")
    if queue != waiting:
        people_are = _count_with_verb(queue, "person", "people")
        faults.append(
            f"{people_are} counted as waiting, but {_count_with_verb(waiting)} on the list."
        )
    return [*faults, *_list_wrong_categories()]


@cache
def _select_counts() -> Select[Any]:
    """Count everything in one statement, so that the numbers are consistent."""
    return select(
        func.coalesce(TAKEN_SEATS, 0),
        ATTENDING_COUNT,
        _count_entries(OFFERED, WaitingListEntry.delegate_id.is_(None)),  # others have a place
        HELD_COUNT,
        APPLICANT_COUNT,
        func.coalesce(QUEUE_LENGTH, 0),
        _count_entries(IN_QUEUE),
    )


def _list_wrong_categories() -> Sequence[str]:
    return [
        f"{_count_with_verb(taken, 'place', of=f'of the category “{name}”')} counted as taken, "
        f"but {_count_with_verb(number)}."
        for name, taken, number in db.session.execute(_select_wrong_categories())
    ]


@cache
def _select_wrong_categories() -> Select[Any]:
    name = literal(CATEGORY_PREFIX) + cast(RegistrationCategory.id, String)
    delegates = select(func.count()).select_from(Delegate)
    delegates = delegates.where(ATTENDING, Delegate.category_id == RegistrationCategory.id)
    offers = select(func.count()).select_from(WaitingListEntry)
    offers = offers.where(
        WaitingListEntry.state == OFFERED, WaitingListEntry.category_id == RegistrationCategory.id
    )
    held = select(func.coalesce(func.sum(InvitationCode.held), 0))
    held = held.where(InvitationCode.category_id == RegistrationCategory.id)
    applied = select(func.count()).select_from(RegistrationApplication)
    applied = applied.where(
        RegistrationApplication.is_held.is_(True),
        RegistrationApplication.category_id == RegistrationCategory.id,
    )
    parts = (delegates, offers, held, applied)
    counted = sum((part.scalar_subquery() for part in parts), RegistrationCategory.kept_places)
    return (
        select(RegistrationCategory.name, SeatLimit.taken, counted)
        .join(SeatLimit, SeatLimit.name == name)
        .where(SeatLimit.taken != counted)
        .order_by(RegistrationCategory.id)
    )


def _count_entries(state: str, *such: ColumnElement[bool]) -> ScalarSelect[int]:
    counted = select(func.count()).select_from(WaitingListEntry)
    conditions = WaitingListEntry.state == state, WaitingListEntry.scope == CONFERENCE, *such
    return counted.where(*conditions).scalar_subquery()


def list_wrong_seats() -> Sequence[str]:
    """Compare the counters of each session with seats, offers, entries and reserved seats."""
    counted = dict(
        db.session.execute(
            select(SessionBooking.session_key, func.count()).group_by(SessionBooking.session_key)
        )
        .tuples()
        .all()
    )
    offered, waiting = _count_in_sessions(OFFERED), _count_in_sessions(IN_QUEUE)
    known = session_bookings.map_seats()
    sums = select(SeatHold.session_key, func.sum(SeatHold.seats)).group_by(SeatHold.session_key)
    held_back: dict[str, int] = dict(db.session.execute(sums).tuples().all())
    faults = []
    for key in sorted({*known, *counted, *offered, *waiting, *held_back}):
        now = known.get(key, session_bookings.SessionSeats(0, 0))
        booked, held = counted.get(key, 0), offered.get(key, 0)
        of_session = f"of the session “{key}”"
        if now.taken != booked + held:
            on_offer = f" and {held} on offer" if held else ""
            faults.append(
                f"{_count_with_verb(now.taken, 'seat', of=of_session)} counted as taken, "
                f"but {_count_with_verb(booked)} booked{on_offer}."
            )
        if now.held_back != held_back.get(key, 0):
            faults.append(
                f"{_count_with_verb(now.held_back, 'seat', of=of_session)} counted as reserved, "
                f"but {_count_with_verb(held_back.get(key, 0))}."
            )
        if now.waiting != waiting.get(key, 0):
            people_are = _count_with_verb(now.waiting, "person", "people")
            faults.append(
                f"{people_are} counted as waiting for the session “{key}”, "
                f"but {_count_with_verb(waiting.get(key, 0))} on its list."
            )
    return faults


def _count_in_sessions(state: str) -> dict[str, int]:
    """Count the waiting list entries of sessions, by session key."""
    rows = db.session.execute(_select_counts_of_sessions(state))
    return {session_bookings.read_key(scope): count for scope, count in rows}


@cache
def _select_counts_of_sessions(state: str) -> Select[Any]:
    return (
        select(WaitingListEntry.scope, func.count())
        .where(WaitingListEntry.state == state, WaitingListEntry.scope != CONFERENCE)
        .group_by(WaitingListEntry.scope)
    )


def list_wrong_waits() -> Sequence[str]:
    """Find people who wait for what they have, and those whose booking is cancelled."""
    of_cancelled, of_seated, of_categories = _select_wrong_waits()
    cancelled, seated = db.session.execute(of_cancelled), db.session.execute(of_seated)
    over = db.session.execute(of_categories)
    return [
        *(
            f"Booking {one} is cancelled, but waits for another category."
            if cancelled_at
            else f"Booking {one} waits for the category that it has."
            for one, cancelled_at in over
        ),
        *(f"Booking {one} is cancelled, but waits for “{title}”." for one, title in cancelled),
        *(f"Booking {one} waits for “{title}”, but has a seat." for one, title in seated),
    ]


@cache
def _select_wrong_waits() -> tuple[Select[Any], Select[Any], Select[Any]]:
    """Select entries of cancelled bookings, and those whose seat or category the person has."""
    waits = (
        select(Delegate.reference, WaitingListEntry.title)
        .join(WaitingListEntry, WaitingListEntry.delegate_id == Delegate.id)
        .where(WaitingListEntry.ended_at.is_(None), WaitingListEntry.scope != CONFERENCE)
        .order_by(WaitingListEntry.id)
    )
    has_seat = exists().where(
        SessionBooking.delegate_id == Delegate.id,
        literal(SESSION_PREFIX) + SessionBooking.session_key == WaitingListEntry.scope,
    )
    categories = (
        select(Delegate.reference, Delegate.cancelled_at)
        .join(WaitingListEntry, WaitingListEntry.delegate_id == Delegate.id)
        .where(WaitingListEntry.ended_at.is_(None), WaitingListEntry.scope == CONFERENCE)
        .order_by(WaitingListEntry.id)
    )
    is_cancelled = Delegate.cancelled_at.is_not(None)
    has_category = WaitingListEntry.category_id == Delegate.category_id
    return (
        waits.where(is_cancelled),
        waits.where(has_seat),
        categories.where(is_cancelled | has_category),
    )


def list_seats_of_cancelled() -> Sequence[str]:
    """Find seats in sessions of people who have cancelled."""
    lost = select(Delegate.reference).join(SessionBooking).where(Delegate.cancelled_at.is_not(None))
    return [
        f"Booking {reference} is cancelled, but has a seat in a session."
        for reference in db.session.scalars(lost.distinct().order_by(Delegate.reference))
    ]


def list_seats_at_the_same_time() -> Sequence[str]:
    """Find people with seats at the same time who were not asked to choose."""
    to_come = [
        session for session in get_programme().sessions if not session_bookings.has_started(session)
    ]
    known = {session.key: session for session in to_come}
    booked = select(SessionBooking).options(joinedload(SessionBooking.delegate))
    rows = db.session.scalars(booked.order_by(SessionBooking.delegate_id, SessionBooking.id))
    faults = []
    for _, seats in groupby(rows, lambda row: row.delegate_id):
        settled = [seat for seat in seats if seat.choose_by is None]
        contested = map_contested(settled, known) if len(settled) > 1 else {}
        faults += [
            f"Booking {seat.delegate.reference} has seats in “{seat.title}” and at the same time "
            f"in “{contested[seat.id][0].title}”."
            for seat in settled
            if seat.id in contested
        ]
    return faults


def _count_with_verb(number: int, one: str = "", many: str = "", of: str = "") -> str:
    """Return a number with its verb: 1 is, 2 seats are, 1 seat of a session is."""
    counted = count_of(number, one, many) if one else str(number)
    return " ".join(filter(None, (counted, of, "is" if number == 1 else "are")))
