"""What organisers say of places: how many there are, and what binds the days of the conference."""

from datetime import date

from sqlalchemy import func, select

from app.database import db
from app.errors import NotFound, Refused
from app.history import services as history
from app.programme.editing import of_conference
from app.registration import queries, seats
from app.registration.models import Delegate, SeatLimit
from app.web.words import local_date


class LimitMoved(Refused):
    """Somebody else has changed the limit since the page was opened."""

    def __init__(self, seats: int) -> None:
        super().__init__(
            f"Somebody else has just changed the limit to {seats}. Check yours, then save it again"
        )
        self.seats = seats


def change_limit(wanted: int, *, seen: int, who: str) -> bool:
    """Say how many places there are; tell whether that is anything new."""
    before = _held_limit()
    if wanted == before:
        return False
    if seen != before:
        raise LimitMoved(before)
    seats.set_limit(seats.CONFERENCE, wanted)
    turned = "raised" if wanted > before else "lowered"
    history.record(f"The limit was {turned} from {before} to {wanted}", about="conference", who=who)
    return True


def keep_booked_days(first: date, last: date) -> None:
    """Refuse days of the conference that leave out one that delegates have booked."""
    _held_limit()  # so that nobody confirms meanwhile
    for day in queries.days():
        count = 0 if first <= day <= last else _booked(day)
        if count:
            people = "1 delegate has" if count == 1 else f"{count} delegates have"
            raise Refused(
                f"{people} booked {local_date(day)}, so it must stay a day of the conference"
            )


def _held_limit() -> int:
    """Hold the limit until the transaction ends, and give it; none is 0."""
    try:
        limit: SeatLimit | None = seats.hold(seats.CONFERENCE)
    except NotFound:
        limit = None
    return limit.seats if limit else 0


def _booked(day: date) -> int:
    counted = select(func.count()).select_from(Delegate)
    booked = counted.where(queries.ATTENDING, Delegate.days.contains(day.isoformat()))
    return db.session.scalar(booked) or 0


of_conference.days_are_bound_by.append(keep_booked_days)  # for an undo, too
