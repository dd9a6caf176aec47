"""Assign several sessions to a room or a theme together, and undo that as a whole."""

from collections.abc import Mapping, Sequence

from sqlalchemy import case, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app.database import db
from app.errors import RuleViolation
from app.history import queries as history
from app.programme import clashes
from app.programme.clashes import Clash
from app.programme.collation import sort_key
from app.programme.editing import session_queries, undo, versioned_edits
from app.programme.editing.rooms_and_themes import EntityT, OrderedKind
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.models import Appearance, Room, Session
from app.programme.scheduled_sessions import ProposedMove, load_scheduled_sessions

NOT_A_SESSION = "This is not a change of a session"


class SelectionChanged(RuleViolation):
    """Another user has changed or deleted some of the selected sessions."""


def list_assignable(
    kind: OrderedKind[EntityT], entity: EntityT, words: str, limit: int
) -> Sequence[Session]:
    """List sessions that do not have this room or theme: those without any first, then by time."""
    column = kind.foreign_key()
    return db.session.scalars(
        select(Session)
        .where(session_queries.TAKES_PLACE, or_(column.is_(None), column != entity.id))
        .where(*map(session_queries.matches_word, sort_key(words).split()))
        .options(
            joinedload(Session.room),
            joinedload(Session.theme),
            selectinload(Session.appearances).joinedload(Appearance.speaker),
        )
        .order_by(
            case((column.is_(None), 0), else_=1),
            Session.starts_at.is_(None),
            *(Session.starts_at, Session.title_sort_key, Session.id),
        )
        .limit(limit)
    ).all()


def find_new_clashes(entity: EntityT, sessions: Sequence[Session]) -> Sequence[Clash]:
    """Return the clashes that these sessions would newly have in a room."""
    if not isinstance(entity, Room) or not sessions:
        return ()
    moves = [
        ProposedMove(
            session.key, session.starts_at, session.ends_at or session.starts_at, entity.key
        )
        for session in sessions
        if session.starts_at
    ]
    moved = {move.key for move in moves}
    known = set(map(_identity, clashes.find_in_working_programme()))
    scheduled, rules = load_scheduled_sessions(*moves)
    found = clashes.find_clashes(scheduled, rules) if rules else ()
    return [
        clash
        for clash in found
        if {clash.session, clash.other_session} & moved and _identity(clash) not in known
    ]


def _identity(clash: Clash) -> tuple[str, str, str, str]:
    return clash.kind, clash.session, clash.other_session, clash.contested_key


def assign(
    kind: OrderedKind[EntityT],
    entity: EntityT,
    expected_versions: Mapping[str, int],
    *,
    actor: str,
) -> Sequence[int]:
    """Assign sessions to this room or theme, or to none; return the ids of the history entries.

    ``expected_versions`` maps session keys to the versions that the user saw. Raise
    SelectionChanged if any session was deleted or changed since.
    """
    versioned_edits.lock(entity)
    found = _lock_sessions(expected_versions)
    changed = [one.title for one in found if one.version != expected_versions[one.key]]
    deleted_keys = expected_versions.keys() - {one.key for one in found}
    if changed or deleted_keys:
        names = ", ".join(f"“{title}”" for title in [*changed, *sorted(deleted_keys)])
        raise SelectionChanged(
            f"Nothing has been saved. Someone else has changed {names} since you opened this page. "
            "Check the list, then save again"
        )
    for session in found:
        versioned_edits.save(
            SESSION_FIELDS,
            session,
            {kind.name: entity.key},
            expected_version=session.version,
            actor=actor,
        )
    db.session.flush()
    latest = (history.find_latest(SESSION_FIELDS.history_subject(one)) for one in found)
    return [entry.id for entry in latest if entry is not None]


def _lock_sessions(keys: Mapping[str, int]) -> Sequence[Session]:
    """Return these sessions, always locked in the same order to avoid deadlocks."""
    statement = select(Session).where(Session.key.in_(keys)).order_by(Session.id)
    locked = statement.with_for_update(key_share=True).execution_options(populate_existing=True)
    return db.session.scalars(locked).all()


def undo_all(entries: Sequence[int], *, actor: str) -> None:
    """Undo several changes of sessions, all or none; raise RuleViolation if one cannot be."""
    for number in sorted(entries):
        if not history.get_entry(number).subject.startswith("session "):
            raise RuleViolation(NOT_A_SESSION)
        undo.undo(number, actor=actor)
