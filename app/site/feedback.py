"""Feedback: messages that visitors send to the organisers, stored for a year."""

from datetime import datetime, timedelta

from sqlalchemy import Text, delete
from sqlalchemy.orm import Mapped, mapped_column

from app import cache_version, clock
from app.accounts import rate_limits
from app.database import Base, db
from app.mail import services as mail


class Feedback(Base):
    """A message that a visitor sent to the organisers."""

    __tablename__ = "feedback"

    id: Mapped[int] = mapped_column(primary_key=True)
    sent_at: Mapped[datetime]
    message: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(default="")  # to reply to; "" if no reply is wanted


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
