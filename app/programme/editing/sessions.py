"""Deeds on sessions: add, change, cancel, bring back, delete, copy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from app import clock
from app.database import db
from app.errors import Refused
from app.history import services as history
from app.history.changes import Change
from app.programme.editing import edits, published, slugs
from app.programme.editing.edits import Stale
from app.programme.editing.of_sessions import FIELDS, KIND, tidied
from app.programme.models import CANCELLED, CONFIRMED, DRAFT, Session

NOT_COPIED: Final = frozenset({"room", "starts_at", "ends_at", "state"})  # a copy would clash
COPY = "%s (copy)"


@dataclass(frozen=True)
class LeftOut:
    """A session that could not be changed with the others, and why."""

    title: str
    reason: str


@dataclass(frozen=True)
class Several:
    """What came of changing several sessions at once."""

    changed: int
    left_out: Sequence[LeftOut]


def add(values: Mapping[str, Any], *, who: str, says: str = "") -> Session:
    """Add a session; the address it gets stays its own."""
    made = tidied(values)
    key = slugs.free(Session, made["title"])
    session = Session(key=key, slug=key, title=made["title"], changed_at=clock.now(), version=1)
    with db.session.begin_nested(), db.session.no_autoflush:
        for field, value in made.items():
            KIND.put(session, field, value)
        KIND.check(session)
        db.session.add(session)
    history.record(says or f"{session.title} was added", about=KIND.about(session), who=who)
    return session


def save(session: Session, values: Mapping[str, Any], *, seen: int, who: str) -> Sequence[Change]:
    """Bring a session to these values; raise Stale when somebody has changed it since."""
    return edits.save(KIND, session, tidied(values), seen=seen, who=who)


def cancel(session: Session, *, who: str) -> None:
    """Say that a session will not take place; readers go on finding it, and are told so."""
    _bring_to(CANCELLED, session, who, f"{session.title} was cancelled")


def bring_back(session: Session, *, who: str) -> None:
    """Let a session take place after all."""
    _bring_to(CONFIRMED, session, who, f"{session.title} was brought back")


def delete(session: Session, *, who: str) -> bool:
    """Delete a session, or cancel it if the public has ever seen it; tell whether it is gone."""
    edits.hold(session)
    if published.was_ever(session):
        cancel(session, who=who)
        return False
    history.record(f"{session.title} was deleted", about=KIND.about(session), who=who)
    db.session.delete(session)
    db.session.flush()
    return True


def duplicate(session: Session, *, who: str) -> Session:
    """Add a draft like this session, without its time and room."""
    values = {field: KIND.value(session, field) for field in FIELDS if field not in NOT_COPIED}
    values |= {"title": COPY % session.title, "state": DRAFT}
    return add(values, who=who, says=f"{values['title']} was added as a copy of {session.title}")


def change_several(seen: Mapping[str, int], values: Mapping[str, Any], *, who: str) -> Several:
    """Bring several sessions to the same values, each wholly or not at all.

    ``seen`` holds the key of each and the version that was looked at. Those that somebody else
    has changed since, and those that cannot be so, are left out and named.
    """
    found = db.session.scalars(
        select(Session).where(Session.key.in_(seen)).order_by(Session.id)  # locked in one order
    ).all()
    changed, left_out = 0, []
    for session in found:
        title = session.title
        try:
            changed += bool(save(session, values, seen=seen[session.key], who=who))
        except Stale:
            left_out.append(LeftOut(title, "Somebody else has changed it since you looked"))
        except Refused as refusal:
            left_out.append(LeftOut(title, str(refusal)))
    gone = seen.keys() - {session.key for session in found}
    left_out += [LeftOut(key, "It has been deleted") for key in sorted(gone)]
    return Several(changed, left_out)


def _bring_to(state: str, session: Session, who: str, says: str) -> None:
    edits.hold(session)
    edits.save(KIND, session, {"state": state}, seen=session.version, who=who, says=says)
