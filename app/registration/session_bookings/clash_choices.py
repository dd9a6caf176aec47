"""Two seats of one person that a release has made overlap: the person chooses which to keep.

Overlapping seats cannot be booked, but a release may move one session over another, or reinstate
one. No one loses a seat by that alone: the person is asked by email, and keeps both until a
deadline, which is as far away as that of an offer. If they have not chosen by then, the seat in the
changed session is released; it is marked by ``SessionBooking.choose_by``. If the sessions no longer
overlap, because one was moved again, cancelled or released, no choice is needed any more.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import cache_version, clock
from app.database import db, read_only_connection
from app.delegates.models import Delegate, SeatLimit
from app.history.services import ACTOR_DELEGATE, ACTOR_SITE
from app.programme.snapshot import Session, Snapshot
from app.registration import session_emails, session_seats
from app.registration.bookings import operations
from app.registration.session_bookings import offers, queries, services
from app.registration.session_bookings.models import SessionBooking
from app.registration.session_bookings.overlaps import list_clashes, map_contested
from app.releases import services as releases
from app.releases.current_release import get_programme

BATCH_SIZE: Final = 100  # people in one transaction

Sessions = Mapping[str, Session]


def follow_release(content: Snapshot) -> None:
    """Ask people whose seats overlap after a release; all limits are locked."""
    sessions = {session.key: session for session in content.sessions}
    changed = _list_changed(sessions)
    for booked in _iter_people(changed):
        order = sorted(booked, key=lambda one: (_is_asked(one), one.session_key in changed, one.id))
        _ask(order, sessions)


def keep_seat(delegate: Delegate, session: Session) -> None:
    """Keep a seat, and release those at the same time, each with an email."""
    limits = session_seats.lock_sessions(queries.list_keys([delegate.id]))
    operations.end_corrections(delegate)
    session = services.get_current(session)
    booked = {seat.session_key for seat in queries.list_of_delegate(delegate)} & limits.keys()
    if session.key not in booked:
        raise services.NotBookable("You no longer have a seat in this session")
    given_up = list_clashes(session, booked)
    services.give_up(delegate, [released_session.key for released_session in given_up], limits)
    for other in given_up:
        text = f"Kept the seat in {session.title}, and gave back the one in {other.title}"
        operations.record(delegate, text, ACTOR_DELEGATE)
        session_emails.send_session_released(delegate, other.title, other, is_by_team=False)


def run_due() -> None:
    """Release the seats of people who have not chosen in time; run by the worker."""
    if not cache_version.is_clock_in_sync():
        return
    due = select(SessionBooking.delegate_id).where(SessionBooking.choose_by <= clock.now())
    with read_only_connection(db.engine) as connection:  # runs often
        people = sorted(set(connection.scalars(due.order_by(SessionBooking.id).limit(BATCH_SIZE))))
    if not people:
        return
    limits = session_seats.lock_sessions(queries.list_keys(people))
    for delegate in operations.lock_in_order(people):  # all before the cache version is bumped
        _end_choice(delegate, limits)


def _list_changed(sessions: Sessions) -> set[str]:
    """List the keys of sessions that are rescheduled or reinstated."""
    cache_version.recheck_if_behind()
    before = {session.key: session for session in get_programme().sessions}
    return {key for key, one in sessions.items() if _get_times(before.get(key)) != _get_times(one)}


def _get_times(session: Session | None) -> object:
    if session is None or session.is_cancelled:
        return None
    return session.starts_at, session.ends_at


def _iter_people(changed: Collection[str]) -> Iterator[Sequence[SessionBooking]]:
    """Yield all seats of each person with one in a changed session."""
    if not changed:
        return
    own = select(SessionBooking.delegate_id).where(SessionBooking.session_key.in_(changed))
    rows = select(SessionBooking).where(SessionBooking.delegate_id.in_(own))
    rows = rows.options(joinedload(SessionBooking.delegate)).order_by(SessionBooking.delegate_id)
    rows = rows.execution_options(populate_existing=True)
    for _, booked in groupby(db.session.scalars(rows).all(), lambda one: one.delegate_id):
        yield list(booked)


def _is_asked(seat: SessionBooking) -> bool:
    return seat.choose_by is not None


def _ask(booked: Sequence[SessionBooking], sessions: Sessions) -> None:
    """Ask about each seat that conflicts with an earlier one, unless that was done already."""
    contested = map_contested(booked, sessions)
    for seat in booked:
        clashes = contested.get(seat.id, [])
        involved = [sessions[seat.session_key], *clashes] if clashes else []
        if not clashes or any(map(queries.has_started, involved)):
            seat.choose_by = None
        elif seat.choose_by is None:
            now = clock.now()
            seat.choose_by = min(offers.get_offer_end(one, now) for one in involved)
            session = involved[0]
            session_emails.send_session_clash(seat.delegate, session, clashes, seat.choose_by)
            titles = _join_titles(clashes)
            text = f"Asked to choose between {session.title} and {titles}, now at the same time"
            operations.record(seat.delegate, text, ACTOR_SITE)


def _end_choice(delegate: Delegate, limits: Mapping[str, SeatLimit]) -> None:
    """Release seats not chosen in time; the person's row and these limits are locked."""
    booked = queries.list_of_delegate(delegate)
    if any(one.session_key not in limits for one in booked):
        return  # another seat was just booked, which the next round locks, too
    for seat in booked:
        if seat.choose_by is None or seat.choose_by > clock.now():
            continue  # perhaps since another seat was just released
        session = queries.find_session(seat.session_key)
        others = [one.session_key for one in booked if one is not seat]
        kept_sessions = list_clashes(session, others) if session is not None else []
        services.give_up(delegate, [seat.session_key], limits)
        text = f"The seat in {seat.title} was given back, as nothing was chosen in time"
        operations.record(delegate, text, ACTOR_SITE)
        session_emails.send_session_released(
            delegate, seat.title, session, is_by_team=False, kept=_join_titles(kept_sessions)
        )


def _join_titles(sessions: Iterable[Session]) -> str:
    return ", ".join(session.title for session in sessions)


releases.ACTIVATION_HOOKS.append(follow_release)
