"""Commands of the public website."""

from datetime import timedelta

from sqlalchemy import delete

from app import cache_version, clock
from app.accounts import rate_limits
from app.database import db
from app.mail import services as mail
from app.site.models import Feedback

MAX_MESSAGES_PER_HOUR = 5  # from one network
AN_HOUR = timedelta(hours=1)
FEEDBACK_RETENTION = timedelta(days=365)


def send_feedback(text: str, email: str, *, network: str, organisers: str) -> None:
    """Store a visitor's message and email it to the organisers.

    Raise RateLimitExceeded after MAX_MESSAGES_PER_HOUR from one network.
    """
    rate_limits.hit("feedback", network, times=MAX_MESSAGES_PER_HOUR, within=AN_HOUR)
    db.session.add(Feedback(sent_at=clock.now(), message=text, email=email))
    mail.enqueue("feedback_received", to=organisers, text=text, email=email)


def purge_feedback() -> None:
    """Delete messages older than FEEDBACK_RETENTION."""
    if cache_version.is_clock_in_sync():
        long_ago = clock.now() - FEEDBACK_RETENTION
        db.session.execute(delete(Feedback).where(Feedback.sent_at < long_ago))
