"""Deeds at the front door."""

from datetime import timedelta

from sqlalchemy import delete

from app import clock, edition
from app.accounts import limits
from app.database import db
from app.mail import services as mail
from app.site.models import Feedback

MOST_MESSAGES = 5  # from one network in an hour
AN_HOUR = timedelta(hours=1)
FEEDBACK_IS_KEPT = timedelta(days=365)


def send_feedback(text: str, email: str, *, network: str, organisers: str) -> None:
    """Keep what a visitor wrote, and pass it on to the organisers."""
    limits.allow("feedback", network, times=MOST_MESSAGES, within=AN_HOUR)
    db.session.add(Feedback(sent_at=clock.now(), message=text, email=email))
    mail.post("feedback_received", to=organisers, text=text, email=email)


def forget_old_feedback() -> None:
    """Forget what was written a year ago."""
    if edition.agrees_on_time():
        long_ago = clock.now() - FEEDBACK_IS_KEPT
        db.session.execute(delete(Feedback).where(Feedback.sent_at < long_ago))
