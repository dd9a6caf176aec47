"""Take back what one entry of the history changed, where nothing has changed it since.

An undo is an entry itself, so it can be undone in its turn; an entry is undone once.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, select

from app.database import db
from app.errors import Refused
from app.history import queries as entries
from app.history import services as history
from app.history.changes import Change
from app.history.models import Entry
from app.programme.editing import (
    edits,
    of_conference,
    of_rooms,
    of_sessions,
    of_speakers,
    of_themes,
)
from app.programme.editing.edits import Kind, Thing
from app.programme.models import Conference, Room, Session, Speaker, Theme

KNOWN_BY: Final[dict[str, tuple[Kind, type[Any], Any]]] = {
    "session": (of_sessions.KIND, Session, Session.key),
    "speaker": (of_speakers.KIND, Speaker, Speaker.key),
    "room": (of_rooms.KIND, Room, Room.key),
    "theme": (of_themes.KIND, Theme, Theme.slug),
    "conference": (of_conference.KIND, Conference, None),  # there is one
}
UNDONE, DONE_AGAIN = "Undone: ", "Done again: "


def undo(number: int, *, who: str) -> Entry:
    """Bring everything that an entry changed back to what it was before; else raise Refused."""
    entry = entries.entry(number)
    kind, thing = _changed_by(entry)
    edits.hold(thing)
    _refuse_twice(entry)
    _refuse_what_has_moved_on(kind, thing, entry.made)
    back = [_turned(change) for change in entry.made]
    edits.make(kind, thing, back)
    done = history.record(_sentence(entry), about=entry.about, who=who, made=back)
    done.undoes_id = entry.id
    return done


def _changed_by(entry: Entry) -> tuple[Kind, Thing]:
    """Find what an entry changed, and how to edit it."""
    name, _, key = entry.about.partition(" ")
    if name not in KNOWN_BY or not entry.changes:
        raise Refused("There is nothing in this entry that a button could undo")
    kind, table, known_by = KNOWN_BY[name]
    such: ColumnElement[bool] = known_by == key if key else Conference.id == 1
    thing: Thing | None = db.session.scalar(select(table).where(such))
    if thing is None:
        raise Refused("What was changed here has been deleted since")
    return kind, thing


def _refuse_twice(entry: Entry) -> None:
    undone = db.session.scalar(select(Entry).where(Entry.undoes_id == entry.id))
    if undone is not None:
        raise Refused(f"This has been undone already, by {undone.who}")


def _refuse_what_has_moved_on(kind: Kind, thing: Thing, made: Sequence[Change]) -> None:
    moved = [one for one in made if kind.value(thing, one.field) != one.after]
    if moved:
        labels = " and ".join(one.label.lower() for one in moved)
        raise Refused(
            f"This cannot be undone by itself: {labels} of “{kind.name(thing)}” "
            f"{'has' if len(moved) == 1 else 'have'} been changed since. "
            "Change it back by hand, or undo the later changes first"
        )


def _turned(change: Change) -> Change:
    """Give the change that takes another back."""
    return Change(
        field=change.field,
        before=change.after,
        after=change.before,
        label=change.label,
        old=change.new,
        new=change.old,
    )


def _sentence(entry: Entry) -> str:
    if entry.undoes_id is None:
        return f"{UNDONE}{entry.sentence}"
    if entry.sentence.startswith(UNDONE):
        return f"{DONE_AGAIN}{entry.sentence.removeprefix(UNDONE)}"
    return f"{UNDONE}{entry.sentence.removeprefix(DONE_AGAIN)}"
