"""The time, and the only reader of the machine's clock.

A site can be set to live from another moment on, to rehearse any day of the conference.
Its distance from the real time is fixed once, when the database is made (``app.edition``),
so that its time never runs backwards.
"""

from datetime import UTC, datetime, timedelta

from app import lens

_distance = timedelta()


def now() -> datetime:
    """Tell the site's time, in UTC; through a lens, the moment at which it stands."""
    seen = lens.current()
    if seen is not None and seen.moment is not None:
        return seen.moment
    return real_now() + _distance


def real_now() -> datetime:
    """Tell the real time, in UTC: for whatever must expire whichever day the site rehearses."""
    return datetime.now(UTC)


def live_at_a_distance(distance: timedelta) -> None:
    """Let this process live this far from the real time."""
    global _distance  # noqa: PLW0603 – one process, one clock
    _distance = distance
