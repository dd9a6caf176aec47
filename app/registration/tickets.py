"""A booking as a ticket: the same facts on its pages, in its emails and on paper.

The QR code contains only the booking reference, so that a ticket that is shown or lost does not
give access to the booking. Calendars on other websites get only public data and the days, neither
the reference nor the link.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from flask_babel import gettext
from markupsafe import Markup

from app import clock
from app.delegates.answer_json import Answers
from app.delegates.categories import queries as categories
from app.delegates.categories.texts import translated
from app.delegates.fields import BADGE_NAME, DAYS
from app.delegates.models import Delegate
from app.programme import opening_times
from app.programme.snapshot import Conference
from app.registration.queries import ConfirmationDetails
from app.releases import current_release
from app.web.formatting import format_qr_code, format_qr_png, local_date, local_day, local_time
from app.web.rendering import absolute_url

GOOGLE_CALENDAR = "https://calendar.google.com/calendar/render"
OUTLOOK_CALENDAR = "https://outlook.live.com/calendar/0/deeplink/compose"
QR_MASK = 1  # any is valid; choosing the best of eight takes seven times as long
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class ProgrammeStart:
    """When the programme starts on a day."""

    starts_at: datetime
    is_illustrative: bool  # the time is an example

    def describe(self) -> str:
        """Return it as text: 8:30am on Thursday 6 November 2008."""
        time, day = local_time(self.starts_at), local_date(self.starts_at)
        if self.is_illustrative:
            return str(gettext("%(time)s on %(day)s (illustrative)", time=time, day=day))
        return str(gettext("%(time)s on %(day)s", time=time, day=day))


@dataclass(frozen=True)
class Ticket:
    """What a delegate shows on arrival; name and days are empty where they are not displayed."""

    reference: str
    name: str
    days: Sequence[date]
    category: str = ""  # its name, if there is one

    @property
    def conference(self) -> Conference:
        """The conference that it is for."""
        return current_release.get_programme().conference

    @property
    def is_over(self) -> bool:
        """Whether the conference has ended."""
        return local_day(clock.now()) > self.conference.ends_on

    @property
    def doors_open(self) -> list[str]:
        """When doors open on the delegate's days, as text; "" if unknown or over."""
        return [] if self.is_over else opening_times.describe(self.conference, self.days)

    @property
    def start(self) -> ProgrammeStart | None:
        """When the programme starts on the delegate's first day, or None if unknown."""
        return find_start(self.days[0] if self.days else self.conference.starts_on)

    @property
    def qr_code(self) -> Markup:
        """The booking reference as a QR code, for a page."""
        return format_qr_code(self.reference, mask=QR_MASK)

    @property
    def qr_code_png(self) -> bytes:
        """The same for an email."""
        return format_qr_png(self.reference, mask=QR_MASK)

    @property
    def google_url(self) -> str:
        """The page of Google Calendar that adds the days."""
        first, after = self._period()
        parameters = {
            "action": "TEMPLATE",
            "text": self.conference.title,
            "dates": f"{first:%Y%m%d}/{after:%Y%m%d}",
            "location": self.conference.place,
            "details": absolute_url("programme.whole"),
        }
        return f"{GOOGLE_CALENDAR}?{urlencode(parameters)}"

    @property
    def outlook_url(self) -> str:
        """The page of Outlook that adds the days."""
        first, after = self._period()
        parameters = {
            "path": "/calendar/action/compose",
            "rru": "addevent",
            "allday": "true",
            "subject": self.conference.title,
            "startdt": first.isoformat(),
            "enddt": after.isoformat(),
            "location": self.conference.place,
            "body": absolute_url("programme.whole"),
        }
        return f"{OUTLOOK_CALENDAR}?{urlencode(parameters)}"

    def _period(self) -> tuple[date, date]:
        """Return the first day, and the day after the last, as calendars want it."""
        return self.days[0], self.days[-1] + A_DAY


def for_booking(delegate: Delegate) -> Ticket:
    """Return the ticket of a booking as it is now."""
    category = translated(delegate.category).name if delegate.category else ""
    return Ticket(delegate.reference, delegate.badge_name, delegate.days_attending, category)


def for_confirmation(details: ConfirmationDetails, typed: Answers) -> Ticket:
    """Return the ticket of a confirmation page, from what was typed in this browser.

    It never shows data of the booking: the page must not reveal who already had a place. If the
    booking has changed since, the typed values are no longer shown either.
    """
    name, days = typed.get(BADGE_NAME, ""), typed.get(DAYS, "")
    if details.is_first and (name, days) != (details.badge_name, details.days):
        name = days = ""
    category = categories.get_name(categories.read_id(typed)) if days else ""
    attending = [date.fromisoformat(day) for day in days.split()]
    return Ticket(details.reference, name, attending, category)


def find_start(day: date) -> ProgrammeStart | None:
    """Return when the published programme starts on a day, or None if it has no sessions then."""
    programme = current_release.get_programme()
    for one in programme.days:
        if one.date == day:
            sessions = (line.session for line in one.lines)
            return next(
                (
                    ProgrammeStart(session.starts_at, session.is_illustrative)
                    for session in sessions
                    if session.starts_at is not None and not session.is_cancelled
                ),
                None,
            )
    return None
