"""A calendar entry for a delegate's days at the conference (RFC 5545, RFC 5546).

There is one entry for the whole booking: Outlook opens a file with several entries as a separate
calendar instead of adding them. It is an all-day entry: it needs no time zone, and stays correct
when a session moves; the times are in the programme. Calendars may be shared, so it contains
neither the link to the booking nor any requirements.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from urllib.parse import urlsplit

from flask_babel import gettext

from app import clock
from app.delegates.models import Delegate
from app.interchange.ical_lines import escape_text, fold, format_utc, property_line, quote_parameter
from app.interchange.ical_writer import PRODID
from app.programme import opening_times
from app.programme.snapshot import Conference
from app.registration.tickets import Ticket
from app.releases import current_release
from app.web import languages
from app.web.formatting import local_date
from app.web.rendering import absolute_url


def render_ticket_ical(ticket: Ticket, language: str) -> bytes:
    """Return the entry of a new booking, from its ticket; a later version replaces it."""
    days = " ".join(day.isoformat() for day in ticket.days)
    return render_ical(
        Delegate(reference=ticket.reference, days=days, language=language, version=0)
    )


def render_ical(delegate: Delegate) -> bytes:
    """Return the current entry; a later version replaces it in the delegate's calendar."""
    with languages.use_language(delegate.language):
        return fold(
            [
                property_line("BEGIN", "VCALENDAR"),
                property_line("VERSION", "2.0"),
                property_line("PRODID", PRODID),
                property_line("METHOD", "PUBLISH"),
                *_event_lines(delegate, current_release.get_programme().conference),
                property_line("END", "VCALENDAR"),
            ]
        )


def _event_lines(delegate: Delegate, conference: Conference) -> Iterator[str]:
    home = absolute_url("site.home")
    days = delegate.days_attending
    yield property_line("BEGIN", "VEVENT")
    yield property_line("UID", f"booking-{delegate.reference}@{urlsplit(home).hostname}")
    yield property_line("SEQUENCE", str(delegate.version))
    yield property_line("DTSTAMP", format_utc(clock.now()))
    yield property_line("DTSTART", _format_date(days[0]), VALUE="DATE")
    yield property_line(
        "DTEND", _format_date(days[-1] + timedelta(days=1)), VALUE="DATE"
    )  # DTEND is exclusive
    yield property_line("STATUS", "CONFIRMED" if delegate.is_attending else "CANCELLED")
    yield property_line("TRANSP", "OPAQUE" if delegate.is_attending else "TRANSPARENT")
    yield property_line("SUMMARY", escape_text(_single_line(conference.title)))
    if conference.place:
        yield property_line("LOCATION", escape_text(_single_line(conference.place)))
    if conference.latitude_longitude:
        yield property_line("GEO", ";".join(conference.latitude_longitude))
    yield property_line("DESCRIPTION", escape_text(_description(delegate)))
    yield property_line("URL", home)
    if conference.contact_email:
        address = f"mailto:{_single_line(conference.contact_email)}"
        yield property_line(
            "ORGANIZER", address, CN=quote_parameter(_single_line(conference.title))
        )
    yield property_line("END", "VEVENT")


def _format_date(day: date) -> str:
    return f"{day:%Y%m%d}"


def _description(delegate: Delegate) -> str:
    """Return a few lines for a person on the way to the conference."""
    lines = [gettext("Booking reference: %(reference)s", reference=delegate.reference)]
    if delegate.is_attending:
        lines += [
            gettext("Your days:"),
            *(f"- {local_date(day)}" for day in delegate.days_attending),
            *_opening_lines(delegate.days_attending),
            gettext("Programme: %(address)s", address=absolute_url("programme.whole")),
        ]
    else:
        lines.append(gettext("This booking has been cancelled."))
    return "\n".join(lines)


def _opening_lines(days: Sequence[date]) -> list[str]:
    known = opening_times.describe(current_release.get_programme().conference, days)
    return [gettext("Doors open: %(times)s", times=", ".join(known))] if known else []


def _single_line(value: str) -> str:
    """Return text without characters that would end a line of the file."""
    return " ".join("".join(c if c.isprintable() else " " for c in value).split())
