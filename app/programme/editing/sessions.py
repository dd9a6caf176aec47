"""Operations on sessions: add, edit, move, cancel, reinstate, delete, duplicate.

``move`` serves the scheduling board with keyboard and pointer as well as the form.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from app import clock
from app.database import db
from app.errors import RuleViolation, StaleEdit
from app.history import services as history
from app.history.models import Change
from app.programme import queries, slugs
from app.programme.editing import speakers, versioned_edits
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.table import dump_moment
from app.programme.models import CANCELLED, CONFIRMED, DRAFT, Session

NOT_COPIED: Final = frozenset({"room", "starts_at", "ends_at", "state", "slug"})  # would clash
COPY_TITLE = "%s (copy)"


@dataclass(frozen=True)
class NewSpeaker:
    """A speaker to be added, in place of a key among the values of a session."""

    name: str


@dataclass(frozen=True)
class SkippedSession:
    """A session that could not be changed in a bulk edit, and the reason."""

    title: str
    reason: str


@dataclass(frozen=True)
class SessionBulkResult:
    """The result of a bulk edit."""

    changed: int
    skipped: Sequence[SkippedSession]


def add(values: Mapping[str, Any], *, actor: str, message: str = "") -> Session:
    """Add a session with a permanent slug made from its title."""
    normalised = SESSION_FIELDS.normalise(_add_new_speakers(values, actor))
    key = slugs.allocate(Session, normalised["title"])
    session = Session(
        key=key, slug=key, title=normalised["title"], changed_at=clock.now(), version=1
    )
    with db.session.begin_nested(), db.session.no_autoflush:
        for field, value in normalised.items():
            SESSION_FIELDS.set_value(session, field, value)
        SESSION_FIELDS.check(session)
        db.session.add(session)
    history.record(
        message or f"{session.title} was added",
        subject=SESSION_FIELDS.history_subject(session),
        actor=actor,
    )
    return session


def save(
    session: Session, values: Mapping[str, Any], *, expected_version: int, actor: str
) -> Sequence[Change]:
    """Save these values; raise StaleEdit if another user has saved since."""
    return versioned_edits.save(
        SESSION_FIELDS,
        session,
        SESSION_FIELDS.normalise(_add_new_speakers(values, actor)),
        expected_version=expected_version,
        actor=actor,
    )


def _add_new_speakers(values: Mapping[str, Any], actor: str) -> Mapping[str, Any]:
    """Add the new speakers among the values, in the same transaction, and return their keys."""
    if "appearances" not in values:
        return values
    parts = [
        [speakers.add({"name": who.name}, actor=actor).key, role]
        if isinstance(who, NewSpeaker)
        else [who, role]
        for who, role in values["appearances"]
    ]
    return {**values, "appearances": parts}


def cancel(session: Session, *, actor: str) -> None:
    """Cancel a session: visitors see it marked as cancelled, unless it is a draft."""
    _set_state(CANCELLED, session, actor, f"{session.title} was cancelled")


def reinstate(session: Session, *, actor: str) -> None:
    """Restore a cancelled or withdrawn session, as a draft if it was one and is not public."""
    is_draft = session.is_draft and not queries.is_public(session)
    _set_state(DRAFT if is_draft else CONFIRMED, session, actor, f"{session.title} was restored")


def delete(session: Session, *, actor: str) -> bool:
    """Delete a session, or cancel it if it was ever public; return True if it was deleted."""
    versioned_edits.lock_to_delete(session)
    if queries.was_ever_public(session):
        cancel(session, actor=actor)
        return False
    history.record(
        f"{session.title} was deleted", subject=SESSION_FIELDS.history_subject(session), actor=actor
    )
    db.session.delete(session)
    db.session.flush()
    return True


def duplicate(session: Session, *, actor: str) -> Session:
    """Add a draft copy of a session, without its time and room."""
    values = {
        field: SESSION_FIELDS.get_value(session, field)
        for field in SESSION_FIELDS.names
        if field not in NOT_COPIED
    }
    values |= {"title": COPY_TITLE % session.title, "state": DRAFT}
    return add(
        values, actor=actor, message=f"{values['title']} was added as a copy of {session.title}"
    )


def update_several(
    expected_versions: Mapping[str, int], values: Mapping[str, Any], *, actor: str
) -> SessionBulkResult:
    """Save the same values in several sessions, each in full or not at all.

    ``expected_versions`` maps session keys to the versions that the user saw. Sessions that were
    changed since, and sessions that would break a rule, are skipped and reported.
    """
    found = db.session.scalars(
        select(Session)
        .where(Session.key.in_(expected_versions))
        .order_by(Session.id)  # always lock in the same order to avoid deadlocks
    ).all()
    changed, left_out = 0, []
    for session in found:
        title = session.title
        try:
            changed += bool(
                save(session, values, expected_version=expected_versions[session.key], actor=actor)
            )
        except StaleEdit:
            left_out.append(SkippedSession(title, "Someone else has changed it since you looked"))
        except RuleViolation as refusal:
            left_out.append(SkippedSession(title, str(refusal)))
    deleted_keys = expected_versions.keys() - {session.key for session in found}
    left_out += [SkippedSession(key, "It has been deleted") for key in sorted(deleted_keys)]
    return SessionBulkResult(changed, left_out)


def _set_state(state: str, session: Session, actor: str, message: str) -> None:
    versioned_edits.lock(session)
    versioned_edits.save(
        SESSION_FIELDS,
        session,
        {"state": state},
        expected_version=session.version,
        actor=actor,
        message=message,
    )


@dataclass(frozen=True)
class ScheduleSlot:
    """A time and a room for a session; without a time the session is unscheduled."""

    starts_at: datetime | None
    ends_at: datetime | None
    room: str  # room key; "" for no room


def move(
    session: Session, slot: ScheduleSlot, *, expected_version: int, actor: str
) -> Sequence[Change]:
    """Move a session to another slot; raise StaleEdit if another user has saved since."""
    values = SESSION_FIELDS.normalise(
        {"starts_at": slot.starts_at, "ends_at": slot.ends_at, "room": slot.room}
    )
    says = _describe_move(session, slot)
    return versioned_edits.save(
        SESSION_FIELDS,
        session,
        values,
        expected_version=expected_version,
        actor=actor,
        message=says,
    )


def _describe_move(session: Session, slot: ScheduleSlot) -> str:
    if slot.starts_at is None:
        return f"{session.title} was removed from the schedule"
    starts, ends = dump_moment(slot.starts_at), dump_moment(slot.ends_at)
    current_slot = (
        SESSION_FIELDS.get_value(session, "room") or "",
        SESSION_FIELDS.get_value(session, "starts_at"),
    )
    if current_slot == (slot.room, starts):
        return f"{session.title} now ends at {SESSION_FIELDS.display_value('ends_at', ends)}"
    where = SESSION_FIELDS.display_value("room", slot.room) or "no room yet"
    return (
        f"{session.title} was moved to {where}, {SESSION_FIELDS.display_value('starts_at', starts)}"
    )
