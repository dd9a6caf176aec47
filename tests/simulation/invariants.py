"""What must be true of the site after each step, whatever has happened, asked of the database.

The site's own checks (`flask audit`) are the first of them. The others are counted anew, without
the site's functions, where it counts and decides itself.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

from sqlalchemy import func, or_, select

from app import clock
from app.database import db
from app.delegates.models import Delegate, SeatLimit
from app.delegates.queries import ATTENDING
from app.history.models import HistoryEntry
from app.mail.models import Email
from app.registration import integrity_check
from app.registration.session_bookings import offers as session_offers
from app.registration.session_bookings import queries as session_bookings
from app.registration.session_bookings.models import SessionBooking
from app.registration.session_bookings.overlaps import overlaps
from app.registration.waiting_list import entries, manual_changes, offers, queries, turns
from app.registration.waiting_list.models import IN_QUEUE, OFFERED, WaitingListEntry
from app.releases.current_release import get_programme
from app.transaction_settings import read_only


def list_faults() -> Sequence[str]:
    """List what is not as it must be after each step, a sentence each."""
    with read_only():
        db.session.expire_all()
        faults = [
            *integrity_check.run_checks(),
            *_list_over_limit(),
            *_list_double_bookings(),
            *_list_double_places(),
            *_list_silent_offers(),
            *_list_overtaken(),
        ]
        db.session.rollback()
    return faults


def list_overdue() -> Sequence[str]:
    """List what the worker must have done in the round that it has just finished."""
    with read_only():
        db.session.expire_all()
        faults = [
            *_list_overdue_offers(),
            *_list_overdue_choices(),
            *_list_unoffered_places(),
            *_list_unoffered_seats(),
        ]
        db.session.rollback()
    return faults


def _list_over_limit() -> Iterator[str]:
    for limit in db.session.scalars(select(SeatLimit).order_by(SeatLimit.name)):
        if not 0 <= limit.taken <= limit.seats or limit.waiting < 0:
            yield f"{limit.taken} of {limit.seats} are taken in “{limit.name}”."
    attending = db.session.scalar(select(func.count()).select_from(Delegate).where(ATTENDING)) or 0
    places = db.session.scalar(select(SeatLimit.seats).where(SeatLimit.name == "conference")) or 0
    if attending > places:
        yield f"{attending} people attend a conference with {places} places."


def _list_double_bookings() -> Iterator[str]:
    """Find people with two bookings: everyone here has a unique name."""
    names = select(Delegate.family_name, Delegate.given_names).where(
        ATTENDING, Delegate.erased_at.is_(None)
    )
    for name, count in Counter(db.session.execute(names).tuples()).items():
        if count > 1:
            yield f"{' '.join(name)} has {count} bookings."


def _list_double_places() -> Iterator[str]:
    """Look for people who should be in two rooms at once, or have two seats in one.

    Whom a release has put in two rooms keeps both seats until they choose, and no longer.
    """
    sessions_now = get_programme().sessions
    known = {one.key: one for one in sessions_now if not session_bookings.has_started(one)}
    booked: dict[int, list[str]] = {}
    choices = select(SessionBooking.delegate_id, SessionBooking.session_key)
    is_asked = SessionBooking.choose_by.is_not(None)
    asked = set(db.session.execute(choices.where(is_asked)).tuples())
    rows = select(SessionBooking.delegate_id, SessionBooking.session_key)
    for delegate, key in db.session.execute(rows.order_by(SessionBooking.id)):
        booked.setdefault(delegate, []).append(key)
    for delegate, keys in booked.items():
        if len(set(keys)) < len(keys):
            yield f"Delegate {delegate} has two seats in one session."
        sessions = [known[key] for key in keys if key in known]
        for one, other in combinations(sessions, 2):
            if overlaps(one, other) and not asked & {(delegate, one.key), (delegate, other.key)}:
                yield f"Delegate {delegate} is in “{one.title}” and “{other.title}” at once."


def _list_silent_offers() -> Iterator[str]:
    """Find offers of places without an email."""
    told = select(Email.recipient, Email.booking_reference).where(
        Email.template.in_(("waiting_list_offer", "category_offer", "session_offer"))
    )
    known = {one for row in db.session.execute(told) for one in row}
    offered = select(WaitingListEntry).where(WaitingListEntry.state == OFFERED)
    for entry in db.session.scalars(offered.order_by(WaitingListEntry.id)):
        # the address of a booking may have changed since
        own = entry.delegate.reference if entry.delegate is not None else ""
        if entry.email not in known and (not own or own not in known):
            yield f"Entry {entry.id} of the waiting list has an offer, and no email about it."


def _list_overtaken() -> Iterator[str]:
    """Look for people who wait while somebody who came later to the same list has an offer.

    Whoever has a place can have one in another category although others wait who have none. Whoever
    organisers put out of turn, and the group that stays with them, is passed over here.
    """
    out_of_turn = set(_iter_out_of_turn())
    rows = select(
        WaitingListEntry.scope,
        WaitingListEntry.category_id,
        turns.KEEPS_PLACE,
        WaitingListEntry.state,
        WaitingListEntry.id,
    )
    first: dict[tuple[str, int | None, bool], int] = {}
    is_open = WaitingListEntry.state.in_((IN_QUEUE, OFFERED))
    for scope, category, has_place, state, number in db.session.execute(
        rows.where(is_open).order_by(WaitingListEntry.id)
    ):
        if state == IN_QUEUE:
            first.setdefault((scope, category, has_place), number)
            continue
        if number in out_of_turn:
            continue
        for before in dict.fromkeys((True, has_place)):
            if (scope, category, before) in first:
                other = first[scope, category, before]
                yield f"Entry {number} has an offer before entry {other} of “{scope}”."


def _iter_out_of_turn() -> Iterator[int]:
    """Yield the entries that were moved, merged or offered something by hand, with their groups."""
    is_by_hand = or_(
        HistoryEntry.summary.startswith(manual_changes.MOVED),
        HistoryEntry.summary.startswith(manual_changes.OFFERED_BY_HAND),
        HistoryEntry.summary == entries.MERGED,
    )
    is_of_entry = HistoryEntry.subject.startswith(queries.SUBJECT_PREFIX)
    subjects = db.session.scalars(select(HistoryEntry.subject).where(is_by_hand, is_of_entry))
    numbers = {int(one.removeprefix(queries.SUBJECT_PREFIX)) for one in subjects}
    yield from numbers
    group = WaitingListEntry.together_group_id
    groups = select(group).where(WaitingListEntry.id.in_(numbers), group.is_not(None))
    yield from db.session.scalars(select(WaitingListEntry.id).where(group.in_(groups)))


def _list_overdue_offers() -> Iterator[str]:
    overdue = select(WaitingListEntry.id).where(
        WaitingListEntry.state == OFFERED, WaitingListEntry.offer_ends_at <= clock.now()
    )
    for number in db.session.scalars(overdue.order_by(WaitingListEntry.id)):
        yield f"The offer of entry {number} is over, and still holds a place."


def _list_overdue_choices() -> Iterator[str]:
    overdue = select(SessionBooking).where(SessionBooking.choose_by <= clock.now())
    for seat in db.session.scalars(overdue.order_by(SessionBooking.id)):
        yield f"Delegate {seat.delegate_id} has not chosen in time, and still has “{seat.title}”."


def _list_unoffered_places() -> Iterator[str]:
    """Find free places of the conference and its categories that people wait for."""
    if not offers.can_offer():
        return
    for turn in turns.list_next(db.session.connection(), 1):
        yield f"A place is free, and entry {turn.entry_id} of the waiting list has no offer."


def _list_unoffered_seats() -> Iterator[str]:
    waiting = select(WaitingListEntry.scope).where(
        WaitingListEntry.state == IN_QUEUE, WaitingListEntry.scope.startswith("session ")
    )
    for scope in sorted(set(db.session.scalars(waiting))):
        session = session_bookings.find_session(scope.removeprefix("session "))
        limit = db.session.get_one(SeatLimit, scope)
        if session is None or not session_offers.can_offer(session):
            yield f"People wait for “{scope}”, which cannot be booked."
        elif limit.taken < limit.seats:
            yield f"A seat is free in “{scope}”, and somebody who waits has no offer."
