"""Seats in sessions of this browser's booking, provided by packages above this one.

An agenda is shared by its links, and does not say whose it is; so seats are shown only in a browser
that has opened the booking itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.agenda.models import Agenda


@dataclass(frozen=True)
class OwnSeat:
    """The visitor's seat in a session: booked, offered, or waited for."""

    label: str
    is_booked: bool
    is_waiting: bool  # not offered yet


@dataclass(frozen=True)
class OwnSeats:
    """The seats of the booking that this browser has opened."""

    by_key: Mapping[str, OwnSeat]  # by session key
    page_url: str  # to book, swap and release seats
    feed_url: str  # of the calendar with seats and stars; empty if it has another agenda


FINDERS: list[Callable[[Agenda | None], OwnSeats | None]] = []


def find(agenda: Agenda | None) -> OwnSeats | None:
    """Return the seats of the booking that this browser has opened, or None without one."""
    found = (find_seats(agenda) for find_seats in FINDERS)
    return next((one for one in found if one is not None), None)
