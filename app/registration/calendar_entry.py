"""A delegate's days at the conference, as an entry for their calendar (RFC 5545, 5546).

One entry for the whole booking, because Outlook opens a file of several entries as another
calendar instead of adding them. It lies across whole days: a day has no time zone that a
calendar could get wrong, and stays true when a session moves; the hours are in the programme.
It holds nothing that others who see the calendar must not know: no link that opens the
booking, and nothing of what the delegate needs.
"""

from datetime import timedelta
from urllib.parse import urlsplit

from flask_babel import gettext
from icalendar import Calendar, Event, vCalAddress, vText, vUri

from app import clock
from app.programme import releases
from app.programme.document import Conference
from app.registration.models import Delegate
from app.web.pages import absolute_url
from app.web.words import local_date

MAKER = "-//Closing the Gap//Conference site//EN"


def written(delegate: Delegate) -> bytes:
    """Write the entry in the language of the moment."""
    conference = releases.current().conference
    made = Calendar()
    made.add("prodid", MAKER)
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add_component(_event(delegate, conference))
    return bytes(made.to_ical())


def _event(delegate: Delegate, conference: Conference) -> Event:
    home = absolute_url("site.home")
    days = delegate.days_attending
    event = Event()
    event.add("uid", f"booking-{delegate.reference}@{urlsplit(home).hostname}")
    event.add("sequence", delegate.changes)
    event.add("dtstamp", clock.now())
    event.add("dtstart", days[0])
    event.add("dtend", days[-1] + timedelta(days=1))  # the day after, as the format has it
    event.add("status", "CONFIRMED" if delegate.is_attending else "CANCELLED")
    event.add("transp", "OPAQUE" if delegate.is_attending else "TRANSPARENT")
    event.add("summary", _plain(conference.title))
    if conference.place:
        event.add("location", _plain(conference.place))
    event.add("description", _description(delegate))
    event["url"] = vUri(home)
    if conference.contact_email:
        event["organizer"] = _organiser(conference)
    return event


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


def _organiser(conference: Conference) -> vCalAddress:
    organiser = vCalAddress(f"mailto:{_plain(conference.contact_email)}")
    organiser.params["CN"] = vText(_plain(conference.title).replace('"', "'"))
    return organiser


def _plain(words: str) -> str:
    """Give words on one line, without what could end the line of a calendar."""
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())
