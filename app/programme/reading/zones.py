"""By which clocks a conference lives, when its file says so and when it does not."""

from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.programme.reading import moments
from app.programme.reading.found import Found
from app.programme.reading.notebook import THE_FILE, Notebook

OURS = "Europe/London"
QUARTER = timedelta(minutes=15)
DAY = timedelta(hours=24)
HALF_HOURS = {
    -210: "America/St_Johns",
    210: "Asia/Tehran",
    270: "Asia/Kabul",
    330: "Asia/Kolkata",
    345: "Asia/Kathmandu",
    390: "Asia/Yangon",
    570: "Australia/Darwin",
    630: "Australia/Adelaide",
}


def of(found: Found, notebook: Notebook) -> ZoneInfo:
    """Find the zone of a conference."""
    name = found.conference.get("time_zone", "")
    zone = moments.zone(name)
    if zone is not None:
        return zone
    name, grounds = _by_offset(found)
    missing = (
        f"The time zone “{name_of(found)}” is not known"
        if name_of(found)
        else "No time zone is named"
    )
    notebook.mended(THE_FILE, "time zone", f"{missing}; {name} was used{grounds}")
    return ZoneInfo(name)


def name_of(found: Found) -> str:
    """Give the zone's name as the file writes it."""
    return found.conference.get("time_zone", "")[:60]


def _by_offset(found: Found) -> tuple[str, str]:
    """Choose a zone by the distance from UTC that the file's times show."""
    seen = _offsets(found)
    if not seen:
        return OURS, ", since nothing in the file points to another"
    (offset, moment), _ = seen.most_common(1)[0]
    minutes = int(offset.total_seconds()) // 60
    grounds = f", since its times stand {minutes:+} minutes from UTC"
    if moment.astimezone(ZoneInfo(OURS)).utcoffset() == offset:
        return OURS, grounds
    if minutes % 60 == 0:
        return f"Etc/GMT{-minutes // 60:+}", grounds
    return HALF_HOURS.get(minutes, OURS), grounds


def _offsets(found: Found) -> Counter[tuple[timedelta, datetime]]:
    """Count the distances from UTC: first between a date and its local start, else as written."""
    utc = ZoneInfo("UTC")
    seen: Counter[timedelta] = Counter()
    first: dict[timedelta, datetime] = {}
    for session in found.sessions:
        moment, start = moments.moment(session.date, utc), moments.hour(session.start)
        if moment is not None and start is not None and _has_offset(session.date):
            local = timedelta(hours=start.hour, minutes=start.minute)
            told = timedelta(hours=moment.hour, minutes=moment.minute)
            offset = _within_a_day(local - told)
            seen[offset] += 1
            first.setdefault(offset, moment)
    for words in (day.starts for day in found.days if not seen):
        _see_written(words, seen, first)
    return Counter({(offset, first[offset]): count for offset, count in seen.items()})


def _see_written(words: str, seen: Counter[timedelta], first: dict[timedelta, datetime]) -> None:
    """Count the offset that a moment is written with."""
    if not _has_offset(words):
        return
    moment = datetime.fromisoformat(words.strip())
    offset = _within_a_day(moment.utcoffset() or timedelta())
    seen[offset] += 1
    first.setdefault(offset, moment)


def _has_offset(words: str) -> bool:
    """Whether a moment is written with its distance from UTC."""
    try:
        return datetime.fromisoformat(words.strip()).tzinfo is not None
    except ValueError:
        return False


def _within_a_day(offset: timedelta) -> timedelta:
    """Bring a distance into the range that clocks on earth have, in quarters of an hour."""
    offset = (offset + timedelta(hours=11)) % DAY - timedelta(hours=11)
    return round(offset / QUARTER) * QUARTER
