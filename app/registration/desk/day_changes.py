"""Changing the days of many delegates at once: preview, change, and undo.

Days have no limits of their own: each delegate has one place, whichever days they choose. So a
place is never missing here; delegates who stay unchanged are listed with the reason.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.delegates.models import Delegate
from app.registration.desk import services
from app.registration.session_bookings import queries as session_bookings
from app.releases.current_release import conference_days

REPLACE, ADD, REMOVE = "replace", "add", "remove"
CANCELLED: Final = "The booking is cancelled"
NO_DAY_LEFT: Final = "No day would be left. Cancel the booking instead"
SEATS_BOOKED: Final = "They have booked a seat in a session on a day that they would lose"
UNCHANGED: Final = "They already have these days"
CHANGED_SINCE: Final = "The booking has changed since"
DAY_GONE: Final = "A day is no longer part of the conference"


@dataclass(frozen=True)
class DayChange:
    """The effect of a change of days on one booking."""

    delegate: Delegate
    days: str  # the new days; unchanged if there is a reason
    reason: str = ""  # why nothing changes

    @property
    def is_change(self) -> bool:
        """Whether the booking changes."""
        return not self.reason


def plan(delegates: Iterable[Delegate], mode: str, days: Collection[str]) -> Sequence[DayChange]:
    """Return the change for each delegate, without applying it."""
    found = list(delegates)
    booked = session_bookings.map_booked_days([delegate.id for delegate in found])
    return [
        _refuse_if_booked(_plan(delegate, mode, days), booked.get(delegate.id, {}))
        for delegate in found
    ]


def plan_undo(
    delegates: Iterable[Delegate], before: Mapping[str, tuple[str, str]]
) -> Sequence[DayChange]:
    """Return the changes that would restore everyone's earlier days, without applying them.

    ``before`` maps booking references to those days and to the version after the change.
    """
    found = list(delegates)
    booked = session_bookings.map_booked_days([delegate.id for delegate in found])
    return [
        _refuse_if_booked(
            _plan_undo(delegate, *before[delegate.reference]), booked.get(delegate.id, {})
        )
        for delegate in found
    ]


def apply(changes: Iterable[DayChange], *, actor: str, notify: bool) -> None:
    """Change the days and queue the emails; raise StaleEdit if a booking has changed.

    Bookings are locked in one order, so that concurrent changes cannot deadlock.
    """
    days = {
        change.delegate: (change.days, change.delegate.version)
        for change in changes
        if change.is_change
    }
    services.change_days_of_all(days, actor=actor, notify=notify)


def _plan(delegate: Delegate, mode: str, days: Collection[str]) -> DayChange:
    now = set(delegate.days.split())
    wanted = {REPLACE: set(days), ADD: now | set(days), REMOVE: now - set(days)}[mode]
    return _build_change(delegate, " ".join(sorted(wanted)))


def _plan_undo(delegate: Delegate, days: str, version: str) -> DayChange:
    if str(delegate.version) != version:
        return DayChange(delegate, delegate.days, CHANGED_SINCE)
    if not {one.isoformat() for one in conference_days()}.issuperset(days.split()):
        return DayChange(delegate, delegate.days, DAY_GONE)
    return _build_change(delegate, days)


def _refuse_if_booked(change: DayChange, booked: Collection[str]) -> DayChange:
    """Keep the days of a delegate who has booked a seat on a day to be removed."""
    if change.is_change and not set(booked) <= set(change.days.split()):
        return DayChange(change.delegate, change.delegate.days, SEATS_BOOKED)
    return change


def _build_change(delegate: Delegate, days: str) -> DayChange:
    if not delegate.is_attending:
        return DayChange(delegate, delegate.days, CANCELLED)
    if not days:
        return DayChange(delegate, delegate.days, NO_DAY_LEFT)
    if days == delegate.days:
        return DayChange(delegate, delegate.days, UNCHANGED)
    return DayChange(delegate, days)
