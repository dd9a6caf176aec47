"""Times of sessions and the time zone of a file, derived from whatever data it contains."""

import re
from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from app.interchange.importers import datetimes
from app.interchange.importers.parsed_programme import THE_FILE, ImportLog
from app.interchange.importers.raw import RawProgramme, RawSession

DEFAULT_DURATION = timedelta(minutes=30)
LATEST_DAY_START = time(6)
DATE_ONLY = re.compile(r"\s*\d{4}-\d{1,2}-\d{1,2}\s*$")


class TimeSource(Protocol):
    """Determines the times of sessions."""

    def get_times(self, session: RawSession) -> tuple[datetime | None, datetime | None]:
        """Return start and end of a session."""


class NoTimes:
    """For files without times."""

    def get_times(self, session: RawSession) -> tuple[datetime | None, datetime | None]:
        """Return None for both."""
        return None, None


class ConferenceTimes:
    """Times in the conference's time zone."""

    def __init__(self, zone: ZoneInfo, day_change: str, log: ImportLog) -> None:
        self.zone = zone
        self._day_change = datetimes.parse_time(day_change)
        self._log = log

    def get_times(self, session: RawSession) -> tuple[datetime | None, datetime | None]:
        """Return start and end of a session in UTC."""
        starts_at = self._stated_start(session) or self._derive_start(session)
        if starts_at is None:
            self._add_fix(
                session, f"{_explain_missing_time(session)}, so it was loaded without a time"
            )
            return None, None
        return starts_at, self._find_end(session, starts_at)

    def _add_fix(self, session: RawSession, reason: str) -> None:
        self._log.add_fix(session.where, session.title, reason)

    def _stated_start(self, session: RawSession) -> datetime | None:
        """Return the datetime that the file states."""
        if not session.date or DATE_ONLY.match(session.date):
            return None
        moment = datetimes.parse_datetime(session.date, self.zone)
        if moment is None:
            self._add_fix(session, f"Its date is not valid: {session.date[:40]}")
            return None
        start = datetimes.parse_time(session.start)
        local = moment.astimezone(self.zone).time()
        if start is not None and start.replace(second=0) != local.replace(second=0, microsecond=0):
            self._add_fix(
                session,
                f"Its date says {local:%H:%M} and its start says {start:%H:%M}; we used the date",
            )
        return moment

    def _derive_start(self, session: RawSession) -> datetime | None:
        """Return the start from a day and a time of day."""
        day = (
            datetimes.parse_date(session.date)
            or datetimes.parse_date(session.day.date)
            or datetimes.parse_date(session.day.starts)
        )
        start = datetimes.parse_time(session.start)
        if day is None or start is None:
            return None
        self._log.count_fix(
            "A session has no date; we used its day and start time",
            "{count} sessions have no date; we used their day and start time",
        )
        if start < self._day_start(session):
            day += timedelta(days=1)
            self._add_fix(
                session,
                f"It starts at {start:%H:%M}, after midnight, so we moved it to {day:%Y-%m-%d}",
            )
        return self._combine(day, start)

    def _day_start(self, session: RawSession) -> time:
        """Return when a day begins; earlier times belong to the following night."""
        if self._day_change is not None:
            return self._day_change
        opening = datetimes.parse_datetime(session.day.starts, self.zone)
        if opening is None or DATE_ONLY.match(session.day.starts):
            return time(0)
        return min(opening.astimezone(self.zone).time(), LATEST_DAY_START)

    def _combine(self, day: date, time_of_day: time) -> datetime | None:
        """Return a time of a day in UTC."""
        return datetimes.parse_datetime(f"{day.isoformat()}T{time_of_day.isoformat()}", self.zone)

    def _find_end(self, session: RawSession, starts_at: datetime) -> datetime:
        """Return the end of a session that starts at this time."""
        length = self._stated_length(session, starts_at) or datetimes.parse_duration(
            session.duration
        )
        if not length or length < timedelta(0):
            stated = session.duration or session.end
            reason = f"Its length is not valid ({stated[:40]})" if stated else "It has no length"
            self._add_fix(session, f"{reason}, so we assumed 30 minutes")
            length = DEFAULT_DURATION
        if length > datetimes.MAX_DURATION:
            self._add_fix(
                session, f"It is longer than a day ({length}); we shortened it to 24 hours"
            )
            length = datetimes.MAX_DURATION
        return starts_at + length

    def _stated_length(self, session: RawSession, starts_at: datetime) -> timedelta | None:
        """Return the duration until the stated end, if that is after the start."""
        end_time = datetimes.parse_time(session.end)
        if end_time is None:
            ends_at = (
                None
                if DATE_ONLY.match(session.end)
                else datetimes.parse_datetime(session.end, self.zone)
            )
        else:
            day = starts_at.astimezone(self.zone).date()
            ends_at = self._combine(day, end_time)
            if ends_at is not None and ends_at <= starts_at:
                ends_at = self._combine(day + timedelta(days=1), end_time)
        if ends_at is None or ends_at <= starts_at:
            return None
        return ends_at - starts_at


def _explain_missing_time(session: RawSession) -> str:
    """Describe what is missing or unreadable in a session's day and start."""
    day, start = session.day.date or session.day.starts, session.start
    if day and not datetimes.parse_date(day):
        return f"Its day is not valid: “{day[:40]}”"
    if start and not datetimes.parse_time(start):
        return f"Its start time is not valid: “{start[:40]}”"
    if start and not day and not session.date:
        return "It has no day"
    return "It has no start time"


DEFAULT_ZONE = "Europe/London"
FIXED_OFFSET = "Etc/GMT"
QUARTER_HOUR = timedelta(minutes=15)
FULL_DAY = timedelta(hours=24)
ZONE_BY_OFFSET = {
    -210: "America/St_Johns",
    210: "Asia/Tehran",
    270: "Asia/Kabul",
    330: "Asia/Kolkata",
    345: "Asia/Kathmandu",
    390: "Asia/Yangon",
    570: "Australia/Darwin",
    630: "Australia/Adelaide",
}


def choose_zone(raw: RawProgramme, log: ImportLog) -> ZoneInfo:
    """Return the time zone of the conference."""
    name = raw.conference.get("time_zone", "")
    zone = datetimes.find_zone(name)
    if zone is not None:
        return zone
    name, reason = _choose_by_offset(raw)
    missing = (
        f"The time zone “{stated_zone_name(raw)}” is not known"
        if stated_zone_name(raw)
        else "There is no time zone"
    )
    log.add_fix(THE_FILE, "time zone", f"{missing}; we used {_describe_zone(name)}{reason}")
    return ZoneInfo(name)


def _describe_zone(name: str) -> str:
    """Return the name of a zone; a fixed offset such as Etc/GMT-1 is called UTC+1."""
    hours = name.removeprefix(FIXED_OFFSET)
    return f"UTC{-int(hours):+}" if hours != name else name


def stated_zone_name(raw: RawProgramme) -> str:
    """Return the name of the time zone in the file."""
    return raw.conference.get("time_zone", "")[:60]


def _choose_by_offset(raw: RawProgramme) -> tuple[str, str]:
    """Choose a time zone by the UTC offsets in the file."""
    offsets = _count_offsets(raw)
    if not offsets:
        return DEFAULT_ZONE, ", because the file does not suggest another"
    (offset, moment), _ = offsets.most_common(1)[0]
    minutes = int(offset.total_seconds()) // 60
    reason = f", because its times are {minutes:+} minutes from UTC"
    if moment.astimezone(ZoneInfo(DEFAULT_ZONE)).utcoffset() == offset:
        return DEFAULT_ZONE, reason
    if minutes % 60 == 0:
        return f"{FIXED_OFFSET}{-minutes // 60:+}", reason
    return ZONE_BY_OFFSET.get(minutes, DEFAULT_ZONE), reason


def _count_offsets(raw: RawProgramme) -> Counter[tuple[timedelta, datetime]]:
    """Count UTC offsets: preferably those between a date and its local start, else as written."""
    utc = ZoneInfo("UTC")
    counts: Counter[timedelta] = Counter()
    first: dict[timedelta, datetime] = {}
    for session in raw.sessions:
        moment, start = (
            datetimes.parse_datetime(session.date, utc),
            datetimes.parse_time(session.start),
        )
        if moment is not None and start is not None and _has_offset(session.date):
            local = timedelta(hours=start.hour, minutes=start.minute)
            stated = timedelta(hours=moment.hour, minutes=moment.minute)
            offset = _normalise_offset(local - stated, _read_offset(session.date))
            counts[offset] += 1
            first.setdefault(offset, moment)
    for day_start in (day.starts for day in raw.days if not counts):
        _count_stated_offset(day_start, counts, first)
    return Counter({(offset, first[offset]): count for offset, count in counts.items()})


def _count_stated_offset(
    text: str, counts: Counter[timedelta], first: dict[timedelta, datetime]
) -> None:
    """Count the offset with which a datetime is written."""
    if not _has_offset(text):
        return
    offset = round(_read_offset(text) / QUARTER_HOUR) * QUARTER_HOUR
    counts[offset] += 1
    first.setdefault(offset, datetime.fromisoformat(text.strip()))


def _has_offset(text: str) -> bool:
    """Return True if a datetime is written with a UTC offset."""
    try:
        return datetime.fromisoformat(text.strip()).tzinfo is not None
    except ValueError:
        return False


def _read_offset(text: str) -> timedelta:
    """Return the UTC offset with which a datetime is written."""
    return datetime.fromisoformat(text.strip()).utcoffset() or timedelta()


def _normalise_offset(offset: timedelta, stated: timedelta) -> timedelta:
    """Bring an offset into the range of time zones, rounded to quarters of an hour.

    Thirteen hours east and eleven hours west are the same time of day: the file decides.
    """
    if (offset - stated) % FULL_DAY == timedelta():
        offset = stated
    else:
        offset = (offset + timedelta(hours=11)) % FULL_DAY - timedelta(hours=11)
    return round(offset / QUARTER_HOUR) * QUARTER_HOUR
