"""When an undelivered email is tried again: soon at first, then less often.

The pauses grow, so that an overloaded server is not asked again and again, and are randomised by a
fifth, so that emails that failed together are not all retried together.
"""

import random
from datetime import timedelta
from typing import Final

RETRY_FOR: Final = timedelta(days=2)  # from the first failed attempt to the last
BACKOFF: Final = tuple(
    timedelta(seconds=seconds) for seconds in (2, 10, 60, 300, 900, 3600, 2 * 3600, 4 * 3600)
)
URGENT_BACKOFF: Final = (  # while a sign-in link is valid, at most a minute; then as for the others
    *(timedelta(seconds=seconds) for seconds in (2, 5, 10, 20, 30, *([60] * 14))),
    *BACKOFF[3:],
)
MAX_SERVER_BACKOFF: Final = timedelta(minutes=5)  # once the server is back, all emails are sent
JITTER: Final = 0.2  # of a pause


def choose_pause(attempts: int, *, is_urgent: bool, is_server_unavailable: bool) -> timedelta:
    """Return how long to wait after this many failed attempts."""
    pauses = URGENT_BACKOFF if is_urgent else BACKOFF
    pause = pauses[min(attempts, len(pauses) - 1)]
    if is_server_unavailable:
        pause = min(pause, MAX_SERVER_BACKOFF)
    return pause * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 – not security-relevant
