"""A delegate's days at the conference, as an entry for their calendar (RFC 5545, 5546).

One entry for the whole booking, because Outlook opens a file of several entries as another
calendar instead of adding them. It lies across whole days: a day has no time zone that a
calendar could get wrong, and stays true when a session moves; the hours are in the programme.
It holds nothing that others who see the calendar must not know: no link that opens the
booking, and nothing of what the delegate needs.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import urlsplit

from flask_babel import gettext

from app import clock
from app.programme import releases
from app.programme.calendars import MAKER
from app.programme.calendars.content_lines import folded, line, moment, quoted, text
from app.programme.document import Conference
from app.registration.models import Delegate
from app.web import languages
from app.web.pages import absolute_url
from app.web.words import local_date


def entry(delegate: Delegate) -> bytes:
    """Write the entry as it stands now; a later one replaces it in the reader's calendar."""
    with languages.speaking(delegate.language):
        return folded(
            [
                line("BEGIN", "VCALENDAR"),
                line("VERSION", "2.0"),
                line("PRODID", MAKER),
                line("METHOD", "PUBLISH"),
                *_event(delegate, releases.current().conference),
                line("END", "VCALENDAR"),
            ]
        )


def _event(delegate: Delegate, conference: Conference) -> Iterator[str]:
    home = absolute_url("site.home")
    days = delegate.days_attending
    yield line("BEGIN", "VEVENT")
    yield line("UID", f"booking-{delegate.reference}@{urlsplit(home).hostname}")
    yield line("SEQUENCE", str(delegate.changes))
    yield line("DTSTAMP", moment(clock.now()))
    yield line("DTSTART", _day(days[0]), VALUE="DATE")
    yield line("DTEND", _day(days[-1] + timedelta(days=1)), VALUE="DATE")  # the day after
    yield line("STATUS", "CONFIRMED" if delegate.is_attending else "CANCELLED")
    yield line("TRANSP", "OPAQUE" if delegate.is_attending else "TRANSPARENT")
    yield line("SUMMARY", text(_plain(conference.title)))
    if conference.place:
        yield line("LOCATION", text(_plain(conference.place)))
    yield line("DESCRIPTION", text(_description(delegate)))
    yield line("URL", home)
    if conference.contact_email:
        address = f"mailto:{_plain(conference.contact_email)}"
        yield line("ORGANIZER", address, CN=quoted(_plain(conference.title)))
    yield line("END", "VEVENT")


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"


def _description(delegate: Delegate) -> str:
    """Say in a few lines what someone reads on the way to the conference."""
    lines = [gettext("Booking reference: %(reference)s", reference=delegate.reference)]
    if delegate.is_attending:
        lines += [
            gettext("You are coming on:"),
            *(f"- {local_date(day)}" for day in delegate.days_attending),
            gettext("Programme: %(address)s", address=absolute_url("programme.whole")),
        ]
    else:
        lines.append(gettext("This booking has been cancelled."))
    return "\n".join(lines)


def _plain(words: str) -> str:
    """Give words on one line, without what could end the line of a calendar."""
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())
