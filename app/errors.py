"""What can go wrong, in the language of the conference.

* ConferenceError
  - NotFound       the thing asked for is not there, or not yet public
  - NotAllowed     it is there, but not for you
  - Refused        it cannot be done now; the message tells the visitor why
    - Unreadable   a file that was handed in cannot be used
  - Gone           it was there once: a link that has been used, a session withdrawn
  - Moved          it has another address now
  - TooOften       it was asked for too many times in a short while

Messages are written for the visitor: no full stop, no blame, no jargon.
"""


class ConferenceError(Exception):
    """Something that a visitor can be told about."""


class NotFound(ConferenceError):
    """The thing asked for is not there, or not yet public."""


class NotAllowed(ConferenceError):
    """The thing asked for is there, but not for this visitor."""


class Refused(ConferenceError):
    """It cannot be done now."""


class Unreadable(Refused):
    """A file that was handed in cannot be used."""


class Gone(ConferenceError):
    """It was there once and will not come back."""


class Moved(ConferenceError):
    """It has another address now, of the same kind: that with this slug."""

    def __init__(self, slug: str) -> None:
        super().__init__("It has another address now")
        self.slug = slug


class TooOften(ConferenceError):
    """It was asked for too many times in a short while."""
