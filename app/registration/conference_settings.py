"""Organisers' settings for the registration of the conference: places, waiting list, days."""

from datetime import date

from sqlalchemy import func, select

from app.database import db
from app.delegates.models import CONFERENCE, Delegate, SeatLimit
from app.delegates.queries import ATTENDING
from app.errors import NotFound, RuleViolation, StaleEdit
from app.history import services as history
from app.programme.fields import conference
from app.registration import seats
from app.registration.waiting_list import offers
from app.releases.current_release import conference_days
from app.web.formatting import local_date


class StaleLimit(StaleEdit):
    """Someone else has changed the limit since the page was opened."""

    def __init__(self, places: int) -> None:
        super().__init__(
            places,  # the number itself serves as the version
            message=f"Someone else has just changed the limit to {places}. "
            "Check yours, then save it again",
        )


def change_limit(new_limit: int, *, expected_limit: int, actor: str) -> bool:
    """Set the number of places; return True if it changed. Raise StaleLimit on a conflict."""
    before = _get_limit_for_update()
    if new_limit == before:
        return False
    if expected_limit != before:
        raise StaleLimit(before)
    seats.set_limit(CONFERENCE, new_limit)
    offers.offer_places()
    turned = "raised" if new_limit > before else "lowered"
    history.record(
        f"The limit was {turned} from {before} to {new_limit}", subject="conference", actor=actor
    )
    return True


def change_waiting_list(*, is_open: bool, actor: str) -> bool:
    """Open or close the waiting list; return True if that changed."""
    if not seats.set_waiting_list(CONFERENCE, is_open=is_open):
        return False
    turned = "opened" if is_open else "closed"
    history.record(f"The waiting list was {turned}", subject="conference", actor=actor)
    return True


def check_booked_days(first: date, last: date) -> None:
    """Raise RuleViolation if new conference dates exclude a day that delegates have booked."""
    _get_limit_for_update()  # prevents registrations meanwhile
    for day in conference_days():
        count = 0 if first <= day <= last else _count_booked(day)
        if count:
            people = "1 delegate has" if count == 1 else f"{count} delegates have"
            raise RuleViolation(
                f"{people} booked {local_date(day)}, so it must stay a day of the conference"
            )


def _get_limit_for_update() -> int:
    """Lock the limit until the transaction ends and return it; 0 without a limit."""
    try:
        limit: SeatLimit | None = seats.lock_limit(CONFERENCE)
    except NotFound:
        limit = None
    return limit.seats if limit else 0


def _count_booked(day: date) -> int:
    counted = select(func.count()).select_from(Delegate)
    booked = counted.where(ATTENDING, Delegate.days.contains(day.isoformat()))
    return db.session.scalar(booked) or 0


conference.day_change_checks.append(check_booked_days)  # also runs on undo
