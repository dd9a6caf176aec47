"""Write down what was done, in the same transaction as the deed."""

from app import clock
from app.database import db
from app.history.models import Entry

THE_SITE = "the site"
THE_DELEGATE = "the delegate"


def record(sentence: str, *, about: str, who: str = THE_SITE) -> None:
    """Add a sentence to the history."""
    db.session.add(Entry(happened_at=clock.now(), who=who, about=about, sentence=sentence))
