"""Write down what was done, in the same transaction as the deed."""

from collections.abc import Sequence

from sqlalchemy import delete, select

from app import clock
from app.database import db
from app.history import changes
from app.history.changes import Change
from app.history.models import Entry, Particulars

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


def record_of_a_person(
    sentence: str, *, about: str, who: str = THE_SITE, made: Sequence[Change] = ()
) -> Entry:
    """Add a sentence that names nobody; what stood before and after is kept apart from it."""
    entry = record(sentence, about=about, who=who)
    if made:
        entry.particulars = Particulars(changes=changes.written(made))
    return entry


def forget_particulars(about: str) -> None:
    """Forget what the history tells of a person; the sentences stay."""
    entries = select(Entry.id).where(Entry.about == about)
    db.session.execute(delete(Particulars).where(Particulars.entry_id.in_(entries)))
