"""Commands of the public website."""

from datetime import timedelta

from sqlalchemy import delete

from app import cache_version, clock
from app.accounts import rate_limits
from app.database import db
from app.mail import services as mail
from app.site.models import Feedback

FEEDBACK_RETENTION = timedelta(days=365)


def send_feedback(text: str, email: str, *, ip_address: str | None, organisers: str) -> None:
    """Store a visitor's message and email it to the organisers."""
    rate_limits.hit_network(rate_limits.FEEDBACK, ip_address)
    db.session.add(Feedback(sent_at=clock.now(), message=text, email=email))
    mail.enqueue("feedback_received", to=organisers, text=text, email=email)


def purge_feedback() -> None:
    """Delete messages older than FEEDBACK_RETENTION."""
    if cache_version.is_clock_in_sync():
        long_ago = clock.now() - FEEDBACK_RETENTION
        db.session.execute(delete(Feedback).where(Feedback.sent_at < long_ago))
