"""Format dates and times in the conference's time zone and the page's language, and QR codes."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import segno
from babel import Locale, dates, numbers
from flask import Flask, current_app, g
from flask_babel import Domain, format_decimal, get_babel, get_locale, gettext
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from app import clock
from app.web import languages, png

DEFAULT_ZONE = "Europe/London"
QR_SCALE, QR_BORDER = 6, 4  # pixels per module, and modules around it
SMALLEST_GROUPED = 1000  # numbers below have no separators


def init_app(app: Flask) -> None:
    """Register the template filters."""
    for show in FILTERS:
        app.add_template_filter(show)


class SeparatedCounts(Domain):  # type: ignore[misc]  # the library has no types
    """The texts of the site, with separators in counts."""

    def gettext(self, string: str, **values: Any) -> str:
        """Return a text in the current language."""
        text = languages.translate(string)
        return text % values if values else text

    def ngettext(self, singular: str, plural: str, num: int, **values: Any) -> str:
        """Return the form of a text for a number, which is shown as 1,234."""
        formatted = format_decimal(num) if num >= SMALLEST_GROUPED else num
        text = self.get_translations().ungettext(singular, plural, num)
        return str(text % {"num": formatted, **values})


def group_digits(app: Flask) -> None:
    """Give every count in ``ngettext`` separators, in templates too: 1,234 delegates."""
    get_babel(app).instance.domain_instance = SeparatedCounts()
    ngettext: Any = app.jinja_env.globals["ngettext"]

    @pass_context
    def with_separators(
        context: Context, singular: str, plural: str, number: int, **values: Any
    ) -> str:
        if number >= SMALLEST_GROUPED:
            values.setdefault("num", _group_thousands(number, get_locale()))
        text: str = ngettext(context, singular, plural, number, **values)
        return text

    app.add_template_global(with_separators, "ngettext")
    app.add_template_filter(format_count, "numberformat")  # replaces the library's slower filter


def format_count(number: int) -> str:
    """Return a number with separators: 1,234."""
    if 0 <= number < SMALLEST_GROUPED:
        return str(number)
    return _group_thousands(number, get_locale())


@lru_cache(maxsize=512)
def _group_thousands(number: int, locale: Locale | None) -> str:
    """Return a number with separators; cached, as rows of a list often repeat it."""
    return str(numbers.format_decimal(number, locale=locale))


def conference_zone() -> ZoneInfo:
    """Return the time zone of the conference; on pages about the working programme, of that."""
    get_name = g.get("conference_zone") or current_app.extensions.get("conference_zone")
    return ZoneInfo(get_name() if get_name else DEFAULT_ZONE)


def local_time(moment: datetime) -> str:
    """Return the time of day at the conference: 9:30am, 2pm, midday, midnight."""
    return format_time(moment.astimezone(conference_zone()))


def format_time(local: datetime) -> str:
    """Return a time of day in words: 9:30am, 2pm, midday, midnight."""
    if local.minute == 0 and local.hour in {0, 12}:
        return "midday" if local.hour else "midnight"
    half = "am" if local.hour < 12 else "pm"
    minutes = f":{local.minute:02}" if local.minute else ""
    return f"{(local.hour - 1) % 12 + 1}{minutes}{half}"


def clock_time(moment: datetime) -> str:
    """Return the time as a clock at the conference shows it: 9:30am, 2:00pm, 12:00pm."""
    local = moment.astimezone(conference_zone())
    return f"{(local.hour - 1) % 12 + 1}:{local.minute:02}{'am' if local.hour < 12 else 'pm'}"


def _describe_day(day: date, pattern: str) -> str:
    return _format_day(day, pattern, get_locale())


@lru_cache(maxsize=512)
def _format_day(day: date, pattern: str, locale: Locale | None) -> str:
    """Return a day in words; cached, as rows of a list often repeat it."""
    return str(dates.format_date(day, pattern, locale=locale))


def local_date(day: date | datetime) -> str:
    """Return a date in full: Thursday 6 November 2008."""
    return _describe_day(local_day(day), "EEEE d MMMM y")


def day_and_month(day: date | datetime) -> str:
    """Return a date without its year: Thursday 6 November."""
    return _describe_day(local_day(day), "EEEE d MMMM")


def short_date(day: date | datetime) -> str:
    """Return a day as a label: Thu 6 Nov."""
    return _describe_day(local_day(day), "EEE d MMM")


def weekday_and_day(day: date | datetime) -> str:
    """Return a day without its known month: Thu 6."""
    return _describe_day(local_day(day), "EEE d")


def plain_date(day: date | datetime) -> str:
    """Return a date without its weekday: 6 November 2008."""
    return _describe_day(local_day(day), "d MMMM y")


@dataclass(frozen=True)
class FormattedMoment:
    """A day in words, 6 November 2008, with or without its time; the moment as ISO 8601."""

    words: str
    iso: str


class DayFormatter:
    """Formats many moments of one page; each day is formatted once, since that is slow."""

    def __init__(self) -> None:
        self._zone = conference_zone()
        self._words = cache(plain_date)

    def describe(self, moment: datetime) -> FormattedMoment:
        """Return the day of a moment at the conference."""
        local = moment.astimezone(self._zone)
        return FormattedMoment(self._words(local.date()), local.isoformat(timespec="seconds"))

    def describe_time(self, moment: datetime) -> FormattedMoment:
        """Return the time and day of a moment at the conference: 6:02pm, 6 November 2008."""
        local = moment.astimezone(self._zone)
        words = f"{format_time(local)}, {self._words(local.date())}"
        return FormattedMoment(words, local.isoformat(timespec="seconds"))


def local_days(first: date, last: date) -> str:
    """Return a range of days: Thursday 6 to Friday 7 November 2008."""
    if first == last:
        return local_date(first)
    if (first.year, first.month) == (last.year, last.month):
        begins = _describe_day(first, "EEEE d")
    else:
        begins = local_date(first)
    return str(gettext("%(first)s to %(last)s", first=begins, last=local_date(last)))


def local_moment(moment: datetime) -> str:
    """Return a date and time in full: 9:30am on Thursday 6 November 2008."""
    return str(gettext("%(time)s on %(day)s", time=local_time(moment), day=local_date(moment)))


def plain_moment(moment: datetime) -> str:
    """Return a time of the conference for a list, as 6:02pm, 6 November 2008."""
    return f"{local_time(moment)}, {plain_date(moment)}"


def site_time(moment: datetime) -> datetime:
    """Convert a real time to the site's time, the only clock that pages show."""
    return clock.from_real(moment)


def local_day(day: date | datetime) -> date:
    """Return the date of a moment in the conference's time zone."""
    return day.astimezone(conference_zone()).date() if isinstance(day, datetime) else day


def iso(moment: date | datetime) -> str:
    """Return an ISO 8601 date or local time with offset: 2008-11-06T09:30:00+00:00.

    HTML allows at most three digits of a second, so there are none.
    """
    if isinstance(moment, datetime):
        return moment.astimezone(conference_zone()).isoformat(timespec="seconds")
    return moment.isoformat()


def format_qr_code(text: str, mask: int | None = None) -> Markup:
    """Return text as a QR code, an SVG that scales to its container; pages show the text too."""
    svg: str = _encode_qr(text, mask).svg_inline(border=QR_BORDER, light="#fff", omitsize=True)
    return Markup(svg)  # noqa: S704 – our own SVG


def format_qr_png(text: str, mask: int | None = None) -> bytes:
    """Return text as a QR code, a PNG for emails."""
    return png.write(_encode_qr(text, mask).matrix_iter(border=QR_BORDER), QR_SCALE)


def _encode_qr(text: str, mask: int | None) -> segno.QRCode:
    return segno.make(text, error="m", micro=False, mask=mask)


FILTERS = (
    local_time,
    clock_time,
    local_date,
    day_and_month,
    short_date,
    weekday_and_day,
    plain_date,
    local_days,
    local_moment,
    plain_moment,
    local_day,
    iso,
    site_time,
)
