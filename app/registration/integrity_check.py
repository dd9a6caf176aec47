"""Integrity checks of the data, with problems described in plain sentences.

The worker runs them once a day and emails the organisers if there are problems; ``flask audit``
runs them at once. Nothing is repaired automatically: someone should find out why it happened.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    String,
    cast,
    exists,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.orm import joinedload

from app import clock
from app.accounts import queries as accounts
from app.database import db
from app.history import queries as history_queries
from app.history import services as history
from app.mail import services as mail
from app.mail.models import Email
from app.materials.models import Material, MaterialChunk
from app.questions import queries as questions
from app.questions import standard
from app.questions.models import REGISTRATION
from app.registration import answer_files, offer_order
from app.registration.applications.models import RegistrationApplication
from app.registration.categories.models import RegistrationCategory
from app.registration.groups.draft import MAX_PEOPLE
from app.registration.groups.models import LEFT, PLACED, UNPLACED, WAITING, GroupMember
from app.registration.interest.models import ExpressionOfInterest
from app.registration.invitations.models import InvitationCode
from app.registration.models import Delegate, SeatLimit
from app.registration.queries import ATTENDING
from app.registration.seats import CATEGORY_PREFIX, CONFERENCE
from app.registration.session_bookings import queries as session_bookings
from app.registration.session_bookings.models import SeatHold, SessionBooking
from app.registration.session_bookings.overlaps import map_contested
from app.registration.session_seats import SESSION_PREFIX
from app.registration.waiting_list.models import IN_QUEUE, OFFERED, WaitingListEntry
from app.releases.current_release import get_programme

HISTORY_SUBJECT = "audit"
CONFIRMATIONS = ("registration_confirmed", "application_approved")
TAKEN_SEATS = select(SeatLimit.taken).where(SeatLimit.name == CONFERENCE).scalar_subquery()
QUEUE_LENGTH = select(SeatLimit.waiting).where(SeatLimit.name == CONFERENCE).scalar_subquery()
KEPT_COUNT = select(func.coalesce(func.sum(RegistrationCategory.kept_places), 0)).scalar_subquery()
HELD_COUNT = select(func.coalesce(func.sum(InvitationCode.held), 0)).scalar_subquery() + KEPT_COUNT
APPLICANT_COUNT = (
    select(func.count()).where(RegistrationApplication.is_held.is_(True)).scalar_subquery()
)
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
        _count_entries(OFFERED, WaitingListEntry.delegate_id.is_(None)),  # others have a place
        HELD_COUNT,
        APPLICANT_COUNT,
        func.coalesce(QUEUE_LENGTH, 0),
        _count_entries(IN_QUEUE),
    )
    taken, attending, offered, held, applied, queue, waiting = db.session.execute(counts).one()
    faults = []
    if taken != attending + offered + held + applied:
        on_offer = f" and {offered} places are on offer" if offered else ""
        on_offer += f" and {held} places are kept for invitations and speakers" if held else ""
        on_offer += f" and {applied} places are kept for applicants" if applied else ""
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
    applied = select(func.count()).select_from(RegistrationApplication)
    applied = applied.where(
        RegistrationApplication.is_held.is_(True),
        RegistrationApplication.category_id == RegistrationCategory.id,
    )
    parts = (delegates, offers, held, applied)
    counted = sum((one.scalar_subquery() for one in parts), RegistrationCategory.kept_places)
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


def _count_entries(state: str, *such: ColumnElement[bool]) -> ScalarSelect[int]:
    counted = select(func.count()).select_from(WaitingListEntry)
    is_it = WaitingListEntry.state == state, WaitingListEntry.scope == CONFERENCE, *such
    return counted.where(*is_it).scalar_subquery()


def _check_session_seats() -> Sequence[str]:
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
        if now.taken != booked + held:
            on_offer = f" and {held} on offer" if held else ""
            faults.append(
                f"{now.taken} seats of the session “{key}” are counted as taken, "
                f"but {booked} are booked{on_offer}."
            )
        if now.held_back != held_back.get(key, 0):
            faults.append(
                f"{now.held_back} seats of the session “{key}” are counted as reserved, "
                f"but {held_back.get(key, 0)} are."
            )
        if now.waiting != waiting.get(key, 0):
            faults.append(
                f"{now.waiting} people are counted as waiting for the session “{key}”, "
                f"but {waiting.get(key, 0)} are on its list."
            )
    return faults


def _count_in_sessions(state: str) -> dict[str, int]:
    """Count the entries of the waiting lists of sessions, by the keys of these."""
    rows = (
        select(WaitingListEntry.scope, func.count())
        .where(WaitingListEntry.state == state, WaitingListEntry.scope != CONFERENCE)
        .group_by(WaitingListEntry.scope)
    )
    return {session_bookings.read_key(scope): count for scope, count in db.session.execute(rows)}


def _check_waits_of_delegates() -> Sequence[str]:
    """Look for people who wait for what they have, and for those whose booking is cancelled."""
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
    cancelled = db.session.execute(waits.where(Delegate.cancelled_at.is_not(None)))
    seated = db.session.execute(waits.where(has_seat))
    categories = (
        select(Delegate.reference, Delegate.cancelled_at)
        .join(WaitingListEntry, WaitingListEntry.delegate_id == Delegate.id)
        .where(WaitingListEntry.ended_at.is_(None), WaitingListEntry.scope == CONFERENCE)
        .order_by(WaitingListEntry.id)
    )
    has_it = WaitingListEntry.category_id == Delegate.category_id
    over = db.session.execute(categories.where(Delegate.cancelled_at.is_not(None) | has_it))
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


def _check_requests_of_delegates() -> Sequence[str]:
    """Look for people with a place who also ask for one, by the same name and address."""
    own = Delegate.identity_key != "", ATTENDING
    waiting = (WaitingListEntry.ended_at.is_(None), WaitingListEntry.scope == CONFERENCE)
    waits = exists().where(*waiting, WaitingListEntry.identity_key == Delegate.identity_key)
    is_open = RegistrationApplication.ended_at.is_(None)
    applies = exists().where(is_open, RegistrationApplication.identity_key == Delegate.identity_key)
    expresses = exists().where(
        ExpressionOfInterest.ended_at.is_(None),
        ExpressionOfInterest.identity_key == Delegate.identity_key,
    )
    both = select(Delegate.reference).order_by(Delegate.id)
    return [
        *(
            f"Booking {reference} has a place, but is still waiting for one."
            for reference in db.session.scalars(both.where(*own, waits))
        ),
        *(
            f"Booking {reference} has a place, but an application to be decided."
            for reference in db.session.scalars(both.where(*own, applies))
        ),
        *(
            f"Booking {reference} has a place, but an expression of interest to be decided."
            for reference in db.session.scalars(both.where(*own, expresses))
        ),
    ]


def _check_seats_of_cancelled() -> Sequence[str]:
    lost = select(Delegate.reference).join(SessionBooking).where(Delegate.cancelled_at.is_not(None))
    return [
        f"Booking {reference} is cancelled, but has a seat in a session."
        for reference in db.session.scalars(lost.distinct().order_by(Delegate.reference))
    ]


def _check_seats_at_the_same_time() -> Sequence[str]:
    """Look for people who should be in two rooms at once, and were not asked to choose."""
    to_come = [one for one in get_programme().sessions if not session_bookings.has_started(one)]
    known = {one.key: one for one in to_come}
    booked = select(SessionBooking).options(joinedload(SessionBooking.delegate))
    rows = db.session.scalars(booked.order_by(SessionBooking.delegate_id, SessionBooking.id))
    faults = []
    for _, seats in groupby(rows, lambda one: one.delegate_id):
        settled = [one for one in seats if one.choose_by is None]
        contested = map_contested(settled, known) if len(settled) > 1 else {}
        faults += [
            f"Booking {one.delegate.reference} has seats in “{one.title}” and at the same time in "
            f"“{contested[one.id][0].title}”."
            for one in settled
            if one.id in contested
        ]
    return faults


def _check_confirmation_emails() -> Sequence[str]:
    email_exists = exists().where(
        Email.booking_reference == Delegate.reference, Email.template.in_(CONFIRMATIONS)
    )
    received_by_contact = select(GroupMember.delegate_id).where(
        GroupMember.email == "", GroupMember.delegate_id.is_not(None)
    )
    without = db.session.scalars(
        select(Delegate.reference)
        .where(
            *(ATTENDING, ~Delegate.is_demo, ~Delegate.is_added_by_team, ~email_exists),
            Delegate.erased_at.is_(None),  # their emails are deleted with everything else
            Delegate.id.not_in(received_by_contact),
        )
        .order_by(Delegate.reference)
    )
    return [f"No confirmation email was created for booking {reference}." for reference in without]


def _check_groups() -> Sequence[str]:
    """Look for groups with too many people, and for people of groups in an impossible state."""
    counted = select(GroupMember.group_id).where(GroupMember.state.in_((PLACED, WAITING)))
    large = counted.group_by(GroupMember.group_id).having(func.count() > MAX_PEOPLE)
    wrong = select(GroupMember.group_id).where(
        GroupMember.delegate_id.is_not(None), GroupMember.state.in_((WAITING, UNPLACED, LEFT))
    )
    return [
        *(
            f"Group {number} has more than {MAX_PEOPLE} people."
            for number in db.session.scalars(large.order_by(GroupMember.group_id))
        ),
        *(
            f"A person in group {number} has a booking, but is listed as without a place."
            for number in db.session.scalars(wrong.distinct().order_by(GroupMember.group_id))
        ),
    ]


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


def _check_answer_files() -> Sequence[str]:
    references = answer_files.list_incomplete()
    return [f"A file of booking {one} is missing or incomplete." for one in references]


def _list_missing_questions() -> Sequence[str]:
    """Find standard questions without a row: nobody would be asked them."""
    known = {one.key for one in questions.list_all(REGISTRATION)}
    missing = [one for one in standard.list_of(REGISTRATION) if one.key not in known]
    return [f"The question “{one.label}” is missing from registration." for one in missing]


CHECKS: tuple[Check, ...] = (
    Check("the number of places taken matches the number of delegates", _check_seat_count),
    Check("the seats taken in each session match those booked", _check_session_seats),
    Check("nobody is waiting for a seat that they have or cannot have", _check_waits_of_delegates),
    Check(
        "seats of sessions are offered to those who have waited longest", offer_order.list_faults
    ),
    Check("nobody with a place is asking for one", _check_requests_of_delegates),
    Check("no cancelled booking has a seat in a session", _check_seats_of_cancelled),
    Check(
        "everyone with seats at the same time has been asked to choose",
        _check_seats_at_the_same_time,
    ),
    Check("every booking has a confirmation email", _check_confirmation_emails),
    Check("no group is too large, and its people are listed as they are", _check_groups),
    Check("there are no references to missing rows", _check_references),
    Check("all session files are complete", _check_material_sizes),
    Check("all files that delegates have sent are complete", _check_answer_files),
    Check("no standard question of registration is missing", _list_missing_questions),
)
