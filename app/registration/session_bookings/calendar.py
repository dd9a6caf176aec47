"""Calendar entries of seats in sessions, for emails and as a feed of one's own.

A seat's entry is the session's: it has the same UID as in every calendar of the site, so that
nobody gets it twice, and the newest replaces it.
"""

from collections.abc import Collection

from flask_babel import gettext

from app import clock
from app.interchange import ical
from app.registration.bookings import queries as bookings
from app.registration.models import Delegate
from app.registration.session_bookings import queries
from app.releases import current_release
from app.web import languages
from app.web.rendering import absolute_url


def render_update(language: str, booked: Collection[str], ended: Collection[str]) -> bytes:
    """Return the entries of sessions that somebody has booked, and of those given up, cancelled."""
    with languages.use_language(language):
        return ical.dump_update(
            current_release.get_programme(),
            site=_site(),
            keys={*booked, *ended},
            cancelled_for_reader=ended,
            changed_at=clock.now(),
        )


def render_feed(delegate: Delegate, address: str) -> bytes:
    """Return the sessions that somebody has booked or starred, for calendar applications."""
    programme = current_release.get_programme()
    agenda = bookings.find_linked_agenda(delegate)
    starred = {one.session_key for one in agenda.stars} if agenda else set()
    booked = {one.session_key for one in queries.list_of_delegate(delegate)}
    return ical.dump(
        programme,
        site=_site(),
        name=gettext("My sessions: %(title)s", title=programme.conference.title),
        address=address,
        keys=starred | booked if delegate.is_attending else set(),
    )


def _site() -> str:
    return absolute_url("site.home").rstrip("/")
