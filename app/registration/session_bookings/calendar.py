"""Calendar entries of seats in sessions, for emails; the feed is in ``calendar_feed``.

A seat's entry is the session's: it has the same UID as in every calendar of the site, so that there
are no duplicates, and the version with the highest SEQUENCE replaces the others.
"""

from collections.abc import Collection, Mapping

from app import clock
from app.delegates.models import Delegate
from app.interchange import ical_writer
from app.registration.session_bookings import labels, released_seats
from app.releases import current_release
from app.web import languages
from app.web.rendering import absolute_url


def render_update(
    delegate: Delegate,
    booked: Collection[str],
    ended: Collection[str] = (),
    *,
    is_done: bool = True,
) -> bytes:
    """Return the entries of booked sessions, and cancellations of released ones.

    ``is_done`` says whether the seats have already been released.
    """
    steps = released_seats.map_steps(delegate, booked, ended, is_done=is_done)
    with languages.use_language(delegate.language):
        return ical_writer.dump_update(
            current_release.get_programme(),
            site=get_site(),
            keys={*booked, *ended},
            cancelled_for_reader=ended,
            changed_at=clock.now(),
            steps_for_reader=steps,
            notes=map_notes(booked),
        )


def map_notes(booked: Collection[str]) -> Mapping[str, str]:
    """Map sessions to the notes of their entries: when the seats of no-shows are freed."""
    sessions = current_release.get_programme().sessions
    return {
        session.key: labels.describe_freeing(session)
        for session in sessions
        if session.key in booked
    }


def get_site() -> str:
    """Return the base URL of the pages that entries link to."""
    return absolute_url("site.home").rstrip("/")
