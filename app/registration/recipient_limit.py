"""How many emails people can make the site send to the address of somebody else.

Whoever registers a group or gives a place away types addresses that nobody has confirmed. However
many groups, bookings and networks they use, one address gets only so many emails in a day.
"""

from datetime import timedelta

from app.accounts import rate_limits
from app.delegates import delegate_record
from app.errors import RateLimitExceeded

MAX_EMAILS_PER_DAY = 10
A_DAY = timedelta(days=1)


def hit_recipient(email: str) -> None:
    """Count an email that somebody else causes; raise RateLimitExceeded after too many."""
    address = delegate_record.fold(email)
    try:
        rate_limits.hit("email from others", address, times=MAX_EMAILS_PER_DAY, within=A_DAY)
    except RateLimitExceeded as refusal:
        raise RateLimitExceeded(
            "We have already sent several emails to this address today", refusal.retry_after
        ) from None
