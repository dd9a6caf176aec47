"""Write down what was done, in the same transaction as the deed."""

from collections.abc import Sequence

from app import clock
from app.database import db
from app.history import changes
from app.history.changes import Change
from app.history.models import Entry

THE_SITE = "the site"
THE_DELEGATE = "the delegate"


def record(sentence: str, *, about: str, who: str = THE_SITE, made: Sequence[Change] = ()) -> Entry:
    """Add a sentence to the history, with what stood before and after where that matters."""
    entry = Entry(
        happened_at=clock.now(),
        who=who,
        about=about,
        sentence=sentence,
        changes=changes.written(made) if made else "",
    )
    db.session.add(entry)
    return entry
