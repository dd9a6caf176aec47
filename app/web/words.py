"""Filters that write moments, days and numbers as the conference does."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Flask, current_app
from flask_babel import format_date, gettext

DEFAULT_ZONE = "Europe/London"


def attach(app: Flask) -> None:
    """Let templates use the filters below."""
    for show in (local_time, local_date, local_days, local_moment, local_day, iso):
        app.add_template_filter(show)


def zone() -> ZoneInfo:
    """Tell the zone of the conference's clocks."""
    ask = current_app.extensions.get("conference_zone")
    return ZoneInfo(ask() if ask else DEFAULT_ZONE)


def local_time(moment: datetime) -> str:
    """Show a moment as the conference's own clocks do: 9:30am, 2pm, midday, midnight."""
    return on_the_clock(moment.astimezone(zone()))


def on_the_clock(local: datetime) -> str:
    """Show what a clock shows: 9:30am, 2pm, midday, midnight."""
    if local.minute == 0 and local.hour in {0, 12}:
        return "midday" if local.hour else "midnight"
    half = "am" if local.hour < 12 else "pm"
    minutes = f":{local.minute:02}" if local.minute else ""
    return f"{(local.hour - 1) % 12 + 1}{minutes}{half}"


def local_date(day: date | datetime) -> str:
    """Show a day in full: Thursday 6 November 2008."""
    return str(format_date(local_day(day), "EEEE d MMMM y"))


def plain_date(day: date | datetime) -> str:
    """Show a day without its weekday, where there is little room: 6 November 2008."""
    return str(format_date(local_day(day), "d MMMM y"))


def local_days(first: date, last: date) -> str:
    """Show a run of days, saying the month and year once: Thursday 6 to Friday 7 November 2008."""
    if first == last:
        return local_date(first)
    if (first.year, first.month) == (last.year, last.month):
        begins = str(format_date(first, "EEEE d"))
    else:
        begins = local_date(first)
    return str(gettext("%(first)s to %(last)s", first=begins, last=local_date(last)))


def local_moment(moment: datetime) -> str:
    """Show a moment in full: 9:30am on Thursday 6 November 2008."""
    return str(gettext("%(time)s on %(day)s", time=local_time(moment), day=local_date(moment)))


def local_day(day: date | datetime) -> date:
    """Tell the day that a moment falls on at the conference."""
    return day.astimezone(zone()).date() if isinstance(day, datetime) else day


def iso(moment: date | datetime) -> str:
    """Show a moment to a program, at the conference's own offset: 2008-11-06T09:30:00+00:00."""
    return (moment.astimezone(zone()) if isinstance(moment, datetime) else moment).isoformat()
