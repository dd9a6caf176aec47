"""The errors of the site, named after what they mean for visitors.

* ConferenceError
  - NotFound            it does not exist, or is not yet public
  - PermissionDenied    it exists, but this visitor may not see or do it
  - RuleViolation       it cannot be done now; the message says why
    - InvalidFile       an uploaded file cannot be used
    - StaleEdit         someone else has saved since the page was opened
  - DamagedData         what is stored cannot be read
  - Gone                it no longer exists: a used link, a withdrawn session
  - Moved               it has another address now
  - RateLimitExceeded   too many attempts in a short time
    - NetworkLimitExceeded  from one network, perhaps by several people

Messages are shown to visitors: no full stop, no blame, no jargon.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, TypeVar

Found = TypeVar("Found")


class ConferenceError(Exception):
    """An error whose message may be shown to visitors."""


class NotFound(ConferenceError):
    """What was asked for does not exist, or is not yet public."""


class PermissionDenied(ConferenceError):
    """It exists, but this visitor may not see or do it."""


class RuleViolation(ConferenceError):
    """A rule of the conference does not allow this now."""


class DamagedData(ConferenceError, ValueError):
    """What is stored cannot be read; visitors are told that the service is unavailable."""


class InvalidFile(RuleViolation):
    """An uploaded file cannot be used."""


class StaleEdit(RuleViolation):
    """Another user has saved since the page was opened; nothing is overwritten.

    What is edited has a version, or a fingerprint if it has no number; a page sends the one it
    showed, and the edit expects it (``expected_version``, ``expected_fingerprint``).
    """

    message = (
        "Someone else saved this after you opened the page, so nothing of yours has been "
        "saved yet. Compare the two versions below, then save again"
    )

    def __init__(self, version: int = 0, differing: Iterable[Any] = (), message: str = "") -> None:
        super().__init__(message or self.message)
        self.version = version  # expected version for the next attempt
        self.differing = tuple(differing)  # from the saved value to the typed one


class Gone(ConferenceError):
    """It existed once and will not come back."""


class Moved(ConferenceError):
    """It has another address of the same kind now: the one with this slug."""

    def __init__(self, slug: str, *, is_public: bool = True) -> None:
        super().__init__("It has moved to another web address")
        self.slug = slug
        self.is_public = is_public


class RateLimitExceeded(ConferenceError):
    """Too many attempts in a short time."""

    def __init__(self, message: str = "", retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after  # when the next attempt is allowed


class NetworkLimitExceeded(RateLimitExceeded):
    """Too many attempts from one network, which several people may share."""


def require(found: Found | None, error: ConferenceError) -> Found:
    """Return the value; raise the error if it is None."""
    if found is None:
        raise error
    return found
