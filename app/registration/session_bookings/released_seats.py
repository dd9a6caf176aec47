"""Seats that people had and have no more, so that their calendars remove them, too.

A calendar that was imported keeps an entry until it gets a cancelled one with a higher SEQUENCE. So
whenever a seat is given back or an offer ends, the entry of that person goes one step further than
that of the session, and one more when they have a seat there again.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, insert, literal, select, union_all, update

from app import clock
from app.database import db
from app.delegates.models import Delegate
from app.registration.session_bookings.models import ReleasedSeat, SessionBooking
from app.registration.waiting_list import queries as waiting_list
from app.registration.waiting_list.turns import SESSION_PREFIX


def delete_seats(*conditions: ColumnElement[bool]) -> None:
    """Delete seats, and note that these people had them; their limits are the caller's matter."""
    note_seats(*conditions)
    db.session.execute(delete(SessionBooking).where(*conditions))


def note_seats(*conditions: ColumnElement[bool]) -> None:
    """Note that these people had seats, which are about to be deleted or to be other people's."""
    db.session.flush()
    columns = ("delegate_id", "session_key", "title")
    gone = select(
        *(getattr(SessionBooking, name) for name in columns),
        literal(clock.now(), ReleasedSeat.released_at.type),
    ).where(*conditions)
    db.session.execute(insert(ReleasedSeat).from_select([*columns, "released_at"], gone))


def move(source: Delegate, target: Delegate, keys: Collection[str]) -> None:
    """Count what somebody gave back in these sessions with the other booking that they have."""
    is_it = ReleasedSeat.delegate_id == source.id, ReleasedSeat.session_key.in_(keys)
    db.session.execute(update(ReleasedSeat).where(*is_it).values(delegate_id=target.id))


def list_of_delegate(delegate: Delegate) -> Sequence[ReleasedSeat]:
    """List the seats that somebody had, oldest first."""
    rows = select(ReleasedSeat).where(ReleasedSeat.delegate_id == delegate.id)
    return db.session.scalars(rows.order_by(ReleasedSeat.id)).all()


def erase_delegate(delegate: Delegate) -> None:
    """Delete which seats somebody had."""
    db.session.execute(delete(ReleasedSeat).where(ReleasedSeat.delegate_id == delegate.id))


def map_times(delegate: Delegate) -> Mapping[str, datetime]:
    """Return when somebody last gave back a seat, by the key of the session."""
    return {one.session_key: one.released_at for one in list_of_delegate(delegate)}


def count_endings(delegate: Delegate) -> Counter[str]:
    """Count how often somebody had a seat or an offer that ended, by the key of the session."""
    seats = select(ReleasedSeat.session_key).where(ReleasedSeat.delegate_id == delegate.id)
    scopes = waiting_list.select_ended_offers(delegate)
    found = db.session.scalars(union_all(seats, scopes))
    return Counter(one.removeprefix(SESSION_PREFIX) for one in found)


def map_steps(
    delegate: Delegate, booked: Collection[str], ended: Collection[str], *, is_done: bool = True
) -> Mapping[str, int]:
    """Return how much higher each SEQUENCE is than that of the session, by its key.

    ``is_done`` says whether the seats that ended have been given back already.
    """
    counts = count_endings(delegate)
    missing = 0 if is_done else 1
    return {
        **{key: 2 * counts[key] for key in booked},
        **{key: 2 * (counts[key] + missing) - 1 for key in ended},
    }
