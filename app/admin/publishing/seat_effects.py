"""What publishing changes for people with seats or on a session's waiting list, as a warning."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask_babel import gettext, ngettext

from app.programme.snapshot import Session
from app.registration.session_bookings import queries
from app.registration.session_bookings.queries import SessionSeats
from app.releases import diff_text
from app.releases.comparison import Comparison


@dataclass(frozen=True)
class SeatEffect:
    """A session that a release changes for people with seats, and how many people that is."""

    title: str
    slug: str  # of the page about its seats; "" where there is none
    changes: Sequence[str]  # sentences
    people: str  # how many have a seat, and how many are waiting


def list_seat_effects(comparison: Comparison) -> Sequence[SeatEffect]:
    """List the sessions with seats or waiting people that a release changes; at most one query."""
    pairs: list[tuple[Session, Session | None]] = [
        *((modification.old, modification.new) for modification in comparison.sessions.modified),
        *((session, None) for session in comparison.sessions.withdrawn),
    ]
    keys = [old.key for old, new in pairs if _has_seats(old) or (new and _has_seats(new))]
    known = queries.map_seats(keys) if keys else {}
    found = (_describe(old, new, known[old.key]) for old, new in pairs if old.key in known)
    return [one for one in found if one.changes and one.people]


def _has_seats(session: Session) -> bool:
    return session.booking_seats is not None


def _describe(old: Session, new: Session | None, seats: SessionSeats) -> SeatEffect:
    return SeatEffect(
        title=(new or old).title,
        slug=(new or old).slug,
        changes=list(_iter_changes(old, new, seats)),
        people=_count_people(seats),
    )


def _iter_changes(old: Session, new: Session | None, seats: SessionSeats) -> Iterator[str]:
    if new is None or new.is_cancelled:
        if new is None:
            yield gettext("It will no longer be in the programme.")
        elif not old.is_cancelled:
            yield gettext("It will be cancelled.")
        return
    if old.is_cancelled:
        yield gettext("It will take place after all.")
    yield from _iter_other_changes(old, new, seats)


def _iter_other_changes(old: Session, new: Session, seats: SessionSeats) -> Iterator[str]:
    """Yield the changes for people with seats in a session that takes place."""
    before, after = map(diff_text.describe_time_and_room, (old, new))
    if before != after:
        yield gettext("It will move: %(before)s → %(after)s.", before=before, after=after)
    if old.booking_seats is not None and new.booking_seats is None:
        yield gettext("People will no longer need a seat.")
    elif new.booking_seats is not None and new.booking_seats != old.booking_seats:
        yield from _iter_new_numbers(old.booking_seats or 0, new.booking_seats, seats)


def _iter_new_numbers(before: int, after: int, seats: SessionSeats) -> Iterator[str]:
    """Yield what a new number of seats means for people who have one or wait for one."""
    yield ngettext(
        "It will have %(num)s seat, not %(before)s.",
        "It will have %(num)s seats, not %(before)s.",
        after,
        before=before,
    )
    free = after - seats.held_back - seats.taken
    if free < 0:
        yield ngettext(
            "%(num)s more seat is taken or reserved than that.",
            "%(num)s more seats are taken or reserved than that.",
            -free,
        )
    elif let_in := min(free, seats.waiting):
        yield ngettext(
            "%(num)s person who is waiting will be offered a seat.",
            "%(num)s people who are waiting will be offered a seat.",
            let_in,
        )


def _count_people(seats: SessionSeats) -> str:
    """Describe how many people have a seat or wait for one; "" if there are none."""
    parts = (
        (
            seats.taken,
            ngettext(
                "%(num)s person has a seat or an offer of one",
                "%(num)s people have a seat or an offer of one",
                seats.taken,
            ),
        ),
        (
            seats.waiting,
            ngettext("%(num)s person is waiting", "%(num)s people are waiting", seats.waiting),
        ),
    )
    return ", ".join(text for number, text in parts if number)
