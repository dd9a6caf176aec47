"""How many emails people can make the site send to another person's address.

People who register a group or transfer a place type unverified addresses. However many groups,
bookings and networks they use, one address gets a limited number of emails per day.
"""

from datetime import timedelta

from app.accounts import rate_limits
from app.delegates import delegate_record
from app.errors import RateLimitExceeded

MAX_EMAILS_PER_DAY = 10
A_DAY = timedelta(days=1)


def hit_recipient(email: str) -> None:
    """Count an email caused by someone else; raise RateLimitExceeded after too many."""
    address = delegate_record.fold(email)
    try:
        rate_limits.hit("email from others", address, times=MAX_EMAILS_PER_DAY, within=A_DAY)
    except RateLimitExceeded as refusal:
        raise RateLimitExceeded(
            "We have already sent several emails to this address today", refusal.retry_after
        ) from None
