"""Moves of sessions on the schedule: one deed for the board, by keyboard, pointer and form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.history.changes import Change
from app.programme.editing import edits
from app.programme.editing.of_sessions import KIND, moment_text, tidied
from app.programme.models import Session


@dataclass(frozen=True)
class Place:
    """When and where a session is to be; without a time it waits to be given one."""

    starts_at: datetime | None
    ends_at: datetime | None
    room: str  # its key; empty for none


def move(session: Session, to: Place, *, seen: int, who: str) -> Sequence[Change]:
    """Bring a session to a place; raise Stale when somebody has changed it since."""
    values = tidied({"starts_at": to.starts_at, "ends_at": to.ends_at, "room": to.room})
    says = _sentence(session, to)
    return edits.save(KIND, session, values, seen=seen, who=who, says=says)


def _sentence(session: Session, to: Place) -> str:
    """Tell the move as people do."""
    if to.starts_at is None:
        return f"{session.title} was taken off the schedule"
    starts, ends = moment_text(to.starts_at), moment_text(to.ends_at)
    here = KIND.value(session, "room") or "", KIND.value(session, "starts_at")
    if here == (to.room, starts):
        return f"{session.title} now ends at {KIND.said('ends_at', ends)}"
    where = KIND.said("room", to.room) or "no room yet"
    return f"{session.title} was moved to {where}, {KIND.said('starts_at', starts)}"
