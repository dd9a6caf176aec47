"""Moving the seats of a booking that is merged into another one of the same person.

No seat is taken or freed by it, so it affects no waiting list. The caller has locked the limits of
the sessions and the rows of both delegates.
"""

from collections.abc import Collection, Sequence

from app.database import db
from app.delegates.models import Delegate
from app.programme.snapshot import Session
from app.registration import session_seats
from app.registration.session_bookings import offers, queries, released_seats
from app.registration.session_bookings.overlaps import list_clashes
from app.registration.session_bookings.services import end_settled_choices


def move_seats(source: Delegate, target: Delegate, days: str) -> Sequence[str]:
    """Move the seats that fit to the kept booking, and return the titles of the sessions.

    Seats do not move if the kept booking has a seat in the session, or at the same time, or not on
    its days. If it waits for a session, it no longer does.
    """
    booked = {one.session_key for one in queries.list_of_delegate(target)}
    moved: dict[str, str] = {}  # session titles by key
    given_up = queries.list_of_delegate(source)
    limits = session_seats.lock_sessions(one.session_key for one in given_up)
    for seat in given_up:
        session = queries.find_session(seat.session_key)
        if session is None or not _fits(session, booked, days):
            continue
        entry = offers.find_open(target, session.key)
        seat.delegate = target
        db.session.flush()
        if entry is not None:
            offers.leave(entry, session.key, limits[session.key])
        booked.add(session.key)
        moved[session.key] = session.title
    released_seats.move(source, target, moved)
    end_settled_choices(target)
    return list(moved.values())


def _fits(session: Session, booked: Collection[str], days: str) -> bool:
    if session.key in booked or list_clashes(session, booked):
        return False
    return queries.is_on_days(session, days.split())
