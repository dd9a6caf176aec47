"""Former seats of people, so that their calendars remove them, too.

An imported calendar keeps an entry until it gets a cancelled one with a higher SEQUENCE. So
whenever a seat is released or an offer ends, SEQUENCE is increased for that person beyond that of
the session, and again when they get another seat there.
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
    """Delete seats and record that these people had them; the caller handles the limits."""
    note_seats(*conditions)
    db.session.execute(delete(SessionBooking).where(*conditions))


def note_seats(*conditions: ColumnElement[bool]) -> None:
    """Record that these people had seats, which are about to be deleted or reassigned."""
    db.session.flush()
    columns = ("delegate_id", "session_key", "title")
    released = select(
        *(getattr(SessionBooking, name) for name in columns),
        literal(clock.now(), ReleasedSeat.released_at.type),
    ).where(*conditions)
    db.session.execute(insert(ReleasedSeat).from_select([*columns, "released_at"], released))


def move(source: Delegate, target: Delegate, keys: Collection[str]) -> None:
    """Move the record of released seats in these sessions to the person's other booking."""
    conditions = ReleasedSeat.delegate_id == source.id, ReleasedSeat.session_key.in_(keys)
    db.session.execute(update(ReleasedSeat).where(*conditions).values(delegate_id=target.id))


def list_of_delegate(delegate: Delegate) -> Sequence[ReleasedSeat]:
    """List a delegate's former seats, oldest first."""
    rows = select(ReleasedSeat).where(ReleasedSeat.delegate_id == delegate.id)
    return db.session.scalars(rows.order_by(ReleasedSeat.id)).all()


def erase_delegate(delegate: Delegate) -> None:
    """Delete a delegate's former seats."""
    db.session.execute(delete(ReleasedSeat).where(ReleasedSeat.delegate_id == delegate.id))


def map_times(delegate: Delegate) -> Mapping[str, datetime]:
    """Return when a delegate last released a seat, by session key."""
    return {one.session_key: one.released_at for one in list_of_delegate(delegate)}


def count_endings(delegate: Delegate) -> Counter[str]:
    """Count a delegate's ended seats and offers, by session key."""
    seats = select(ReleasedSeat.session_key).where(ReleasedSeat.delegate_id == delegate.id)
    scopes = waiting_list.select_ended_offers(delegate)
    found = db.session.scalars(union_all(seats, scopes))
    return Counter(one.removeprefix(SESSION_PREFIX) for one in found)


def map_steps(
    delegate: Delegate, booked: Collection[str], ended: Collection[str], *, is_done: bool = True
) -> Mapping[str, int]:
    """Return the increase of each SEQUENCE over that of the session, by session key.

    ``is_done`` says whether the ended seats have already been released.
    """
    counts = count_endings(delegate)
    missing = 0 if is_done else 1
    return {
        **{key: 2 * counts[key] for key in booked},
        **{key: 2 * (counts[key] + missing) - 1 for key in ended},
    }
