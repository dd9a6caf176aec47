"""When a session is, from whichever of date, day, start, end and length the file gives."""

import re
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from app.programme.reading import moments
from app.programme.reading.found import FoundSession
from app.programme.reading.notebook import Notebook

ASSUMED = timedelta(minutes=30)
EARLY = time(6)
ONLY_A_DATE = re.compile(r"\s*\d{4}-\d{1,2}-\d{1,2}\s*$")


class Clocks(Protocol):
    """Whatever tells when a session is."""

    def times(self, session: FoundSession) -> tuple[datetime | None, datetime | None]:
        """Tell when a session starts and ends."""


class NoClocks:
    """The clocks of a file that has no word for times."""

    def times(self, session: FoundSession) -> tuple[datetime | None, datetime | None]:
        """Tell nothing."""
        return None, None


class Calendar:
    """The conference's own clocks, by which a file tells its hours."""

    def __init__(self, zone: ZoneInfo, day_change: str, notebook: Notebook) -> None:
        self.zone = zone
        self._day_change = moments.hour(day_change)
        self._notebook = notebook

    def times(self, session: FoundSession) -> tuple[datetime | None, datetime | None]:
        """Tell when a session starts and ends."""
        starts_at = self._told(session) or self._worked_out(session)
        if starts_at is None:
            self._note(session, "Nothing says when it starts, so it is kept without a time")
            return None, None
        return starts_at, self._end(session, starts_at)

    def _note(self, session: FoundSession, reason: str) -> None:
        self._notebook.mended(session.where, session.title, reason)

    def _told(self, session: FoundSession) -> datetime | None:
        """Take the moment that the file gives."""
        if not session.date or ONLY_A_DATE.match(session.date):
            return None
        moment = moments.moment(session.date, self.zone)
        if moment is None:
            self._note(session, f"Its date cannot be read: {session.date[:40]}")
            return None
        start = moments.hour(session.start)
        local = moment.astimezone(self.zone).time()
        if start is not None and start.replace(second=0) != local.replace(second=0, microsecond=0):
            self._note(
                session,
                f"Its date says {local:%H:%M} and its start says {start:%H:%M}; the date was used",
            )
        return moment

    def _worked_out(self, session: FoundSession) -> datetime | None:
        """Work the moment out from a day and an hour."""
        day = (
            moments.day(session.date)
            or moments.day(session.day.date)
            or moments.day(session.day.starts)
        )
        start = moments.hour(session.start)
        if day is None or start is None:
            return None
        self._notebook.often(
            "A session has no date of its own; its day and its start were used",
            "{count} sessions have no date of their own; their day and their start were used",
        )
        if start < self._first_hour(session):
            day += timedelta(days=1)
            self._note(
                session,
                f"It starts at {start:%H:%M}, after midnight, so it was put on {day:%Y-%m-%d}",
            )
        return self._moment(day, start)

    def _first_hour(self, session: FoundSession) -> time:
        """Tell at what hour a day begins; what is earlier belongs to the night that follows."""
        if self._day_change is not None:
            return self._day_change
        begins = moments.moment(session.day.starts, self.zone)
        if begins is None or ONLY_A_DATE.match(session.day.starts):
            return time(0)
        return min(begins.astimezone(self.zone).time(), EARLY)

    def _moment(self, day: date, hour: time) -> datetime | None:
        """Give an hour of a day as a moment."""
        return moments.moment(f"{day.isoformat()}T{hour.isoformat()}", self.zone)

    def _end(self, session: FoundSession, starts_at: datetime) -> datetime:
        """Tell when a session that starts at this moment ends."""
        length = self._until(session, starts_at) or moments.length(session.duration)
        if not length or length < timedelta(0):
            told = session.duration or session.end
            reason = (
                f"Its length cannot be used ({told[:40]})"
                if told
                else "Nothing says how long it is"
            )
            self._note(session, f"{reason}, so 30 minutes was assumed")
            length = ASSUMED
        if length > moments.LONGEST:
            self._note(session, f"It lasts longer than a day ({length}); it was cut to 24 hours")
            length = moments.LONGEST
        return starts_at + length

    def _until(self, session: FoundSession, starts_at: datetime) -> timedelta | None:
        """Tell how long it is until the end that the file gives, if that comes after the start."""
        hour = moments.hour(session.end)
        if hour is None:
            ends_at = (
                None if ONLY_A_DATE.match(session.end) else moments.moment(session.end, self.zone)
            )
        else:
            day = starts_at.astimezone(self.zone).date()
            ends_at = self._moment(day, hour)
            if ends_at is not None and ends_at <= starts_at:
                ends_at = self._moment(day + timedelta(days=1), hour)
        if ends_at is None or ends_at <= starts_at:
            return None
        return ends_at - starts_at
