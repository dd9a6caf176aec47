"""Moments that are worth a look: what changes then, people must know of."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext

from app.programme.document import Conference

A_DAY = timedelta(days=1)
MOST_DAYS = 10  # of the conference; others are chosen by hand
MORNING, AFTER_LUNCH = time(9, 15), time(13)


@dataclass(frozen=True)
class Preset:
    """What one may want to see, and the moments that show it."""

    words: str
    moments: tuple[datetime, ...]
    is_full: bool = False


def presets(conference: Conference) -> list[Preset]:
    """List what is worth a look, in its order."""
    zone = ZoneInfo(conference.time_zone)
    before, after = conference.starts_on - A_DAY, conference.ends_on + 7 * A_DAY
    return [
        *_of_registration(conference),
        Preset(gettext("The day before the conference"), (_at(before, MORNING, zone),)),
        *_of_days(conference, zone),
        Preset(gettext("The week after the conference"), (_at(after, MORNING, zone),)),
    ]


def _of_registration(conference: Conference) -> Iterator[Preset]:
    opens, closes = conference.registration_opens_at, conference.registration_closes_at
    if opens is not None:
        is_open = opens + (min(A_DAY, (closes - opens) / 2) if closes else A_DAY)
        yield Preset(gettext("Registration has not opened yet"), (opens - A_DAY,))
        yield Preset(gettext("Registration is open"), (is_open,))
        yield Preset(gettext("Every place is taken"), (is_open,), is_full=True)
    if closes is not None:
        yield Preset(gettext("Registration has closed"), (closes + timedelta(hours=1),))


def _of_days(conference: Conference, zone: ZoneInfo) -> Iterator[Preset]:
    length = (conference.ends_on - conference.starts_on).days + 1
    for number in range(min(length, MOST_DAYS)):
        day = conference.starts_on + number * A_DAY
        moments = tuple(_at(day, hour, zone) for hour in (MORNING, AFTER_LUNCH))
        yield Preset(gettext("Day %(number)s of the conference", number=number + 1), moments)


def _at(day: date, hour: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, hour, zone)
