"""Seats in sessions of whoever uses this browser, which packages above this one know.

An agenda is shared by its links, and tells nobody whose it is; so a seat is shown only in a browser
that has opened the booking itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.agenda.models import Agenda


@dataclass(frozen=True)
class OwnSeat:
    """What a session is to somebody besides a star: booked, offered, or waited for."""

    label: str
    is_booked: bool
    is_waiting: bool  # without an offer


@dataclass(frozen=True)
class OwnSeats:
    """The seats of the booking that this browser has opened."""

    by_key: Mapping[str, OwnSeat]  # of the session
    page_url: str  # to book, swap and give back
    feed_url: str  # of the calendar with seats and stars; empty if another agenda is in it


FINDERS: list[Callable[[Agenda | None], OwnSeats | None]] = []


def find(agenda: Agenda | None) -> OwnSeats | None:
    """Return the seats of the booking that this browser has opened, or None."""
    found = (find_seats(agenda) for find_seats in FINDERS)
    return next((one for one in found if one is not None), None)
