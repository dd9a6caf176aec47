"""Deeds at the front door."""

from app import clock
from app.database import db
from app.site.models import Feedback


def send_feedback(text: str, email: str) -> None:
    """Keep what a visitor wrote, and pass it on to the organisers."""
    db.session.add(Feedback(sent_at=clock.now(), message=text, email=email))
