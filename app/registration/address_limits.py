"""Rate limits for email addresses that their owners have not confirmed.

People who register a group or offer a place type addresses of others. However many groups,
bookings and networks they use, one address gets only so many emails in a day. With one address
only so many people are registered.

Each function returns what ``rate_limits.hit_all`` counts, beside other limits of the same thing.
"""

from datetime import timedelta

from app.accounts.rate_limits import Attempt
from app.errors import RateLimitExceeded
from app.mail.addresses import normalise_address

MAX_EMAILS_PER_DAY = 10  # that someone else causes
MAX_REGISTRATIONS_PER_DAY = 20
A_DAY = timedelta(days=1)
TOO_MANY = "We have already sent several emails to this email address today"


class RecipientLimitExceeded(RateLimitExceeded):
    """Others have caused too many emails to an address."""

    def __init__(self, message: str = TOO_MANY, retry_after: timedelta | None = None) -> None:
        super().__init__(message, retry_after)


def build_email_attempt(email: str) -> Attempt:
    """Describe an email that someone else causes."""
    return Attempt.by_actor(
        "email from others",
        normalise_address(email),
        times=MAX_EMAILS_PER_DAY,
        within=A_DAY,
        refusal=RecipientLimitExceeded,
    )


def build_registration_attempt(email: str) -> Attempt:
    """Describe a registration with an address, also for the waiting list or as an application."""
    address = normalise_address(email)
    return Attempt.by_actor("registration", address, times=MAX_REGISTRATIONS_PER_DAY, within=A_DAY)
