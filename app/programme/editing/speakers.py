"""Operations on speakers: add, edit, confirm, withdraw, reinstate, merge, delete."""

from collections.abc import Mapping, Sequence
from typing import Any

from app import clock
from app.database import db, queue_for
from app.errors import RuleViolation
from app.history import services as history
from app.history.models import Change
from app.programme import slugs
from app.programme.editing import speaker_queries, versioned_edits
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.speakers import ABSENCES, CONFIRMED, PHOTO, SPEAKER_FIELDS, TAKES_PART
from app.programme.models import Session, Speaker
from app.programme.photos import services

NOT_MERGED = {"name", "slug", PHOTO, CONFIRMED, TAKES_PART, ABSENCES}  # a photo moves by itself
MERGED_FIELDS = tuple(name for name in SPEAKER_FIELDS.names if name not in NOT_MERGED)


class SpeakerInUse(RuleViolation):
    """The speaker cannot be deleted: they were published or appear in a session."""


def add(values: Mapping[str, Any], *, actor: str) -> Speaker:
    """Add a speaker with a slug made from the name."""
    slug = slugs.allocate(Speaker, values["name"])
    speaker = Speaker(key=slug, slug=slug, changed_at=clock.now(), version=1)
    for field, value in values.items():
        SPEAKER_FIELDS.set_value(speaker, field, value)
    db.session.add(speaker)
    db.session.flush()
    history.record(
        f"{speaker.name} was added to the speakers",
        subject=SPEAKER_FIELDS.history_subject(speaker),
        actor=actor,
    )
    return speaker


def save(
    speaker: Speaker, values: Mapping[str, Any], *, expected_version: int, actor: str
) -> Sequence[Change]:
    """Save these values; raise StaleEdit if another user has saved since."""
    return versioned_edits.save(
        SPEAKER_FIELDS, speaker, values, expected_version=expected_version, actor=actor
    )


def confirm(speaker: Speaker, *, actor: str) -> bool:
    """Mark a speaker as confirmed; return True if anything changed."""
    return _set_field(speaker, CONFIRMED, value=True, message="has confirmed", actor=actor)


def unconfirm(speaker: Speaker, *, actor: str) -> bool:
    """Mark a speaker as not confirmed; return True if anything changed."""
    return _set_field(
        speaker, CONFIRMED, value=False, message="is no longer confirmed", actor=actor
    )


def withdraw(speaker: Speaker, *, actor: str) -> bool:
    """Withdraw a speaker; their sessions keep them, in case they are reinstated."""
    return _set_field(speaker, TAKES_PART, value=False, message="was withdrawn", actor=actor)


def reinstate(speaker: Speaker, *, actor: str) -> bool:
    """Reinstate a withdrawn speaker; return True if anything changed."""
    return _set_field(speaker, TAKES_PART, value=True, message="was restored", actor=actor)


def merge(target: Speaker, duplicate: Speaker, *, actor: str) -> int:
    """Merge a duplicate into ``target``; return the number of the duplicate's sessions.

    Fields that are empty in ``target`` are taken from the duplicate, which is then withdrawn.
    """
    for speaker in sorted((target, duplicate), key=lambda one: one.id):  # avoid deadlocks
        versioned_edits.lock(speaker)
    values = {
        field: SPEAKER_FIELDS.get_value(duplicate, field)
        for field in MERGED_FIELDS
        if not SPEAKER_FIELDS.get_value(target, field)
    }
    save(target, values, expected_version=target.version, actor=actor)
    services.transfer(duplicate, target, actor=actor)
    sessions = {
        part.session.id: part.session for part in speaker_queries.list_session_roles(duplicate)
    }
    for _, session in sorted(sessions.items()):
        versioned_edits.lock(session)
        _replace_in_session(session, target, duplicate, actor=actor)
    _set_field(
        duplicate, TAKES_PART, value=False, message=f"was merged into {target.slug}", actor=actor
    )
    return len(sessions)


def _replace_in_session(
    session: Session, target: Speaker, duplicate: Speaker, *, actor: str
) -> None:
    parts = SESSION_FIELDS.get_value(session, "appearances")
    appearances = [[target.key if key == duplicate.key else key, role] for key, role in parts]
    values = SESSION_FIELDS.normalise({"appearances": appearances})
    versioned_edits.save(
        SESSION_FIELDS,
        session,
        values,
        expected_version=session.version,
        actor=actor,
    )


def lock_deletions() -> None:
    """Let nobody else delete speakers until the transaction ends.

    Code that sends or plans emails to speakers calls it first: what it stores refers to speakers,
    and deleting those deletes it. It is no lock of a row, so nobody else waits.
    """
    queue_for("deletion of speakers")


def delete(speaker: Speaker, *, actor: str) -> None:
    """Delete a speaker; raise SpeakerInUse if they were published or appear in a session."""
    lock_deletions()
    versioned_edits.lock_to_delete(speaker)
    refusal = deletion_error(speaker)
    if refusal:
        raise SpeakerInUse(refusal)
    history.record(
        f"{speaker.name} was deleted", subject=SPEAKER_FIELDS.history_subject(speaker), actor=actor
    )
    db.session.delete(speaker)
    db.session.flush()


def deletion_error(speaker: Speaker) -> str:
    """Return the reason why a speaker cannot be deleted, or ""."""
    if speaker_queries.was_ever_public(speaker):
        return "This speaker has been public. Withdraw them instead"
    if speaker_queries.list_session_roles(speaker):
        return "This speaker is in a session. Remove them from it first"
    return ""


def _set_field(speaker: Speaker, field: str, *, value: bool, message: str, actor: str) -> bool:
    versioned_edits.lock(speaker)
    changes = versioned_edits.diff(SPEAKER_FIELDS, speaker, {field: value})
    if changes:
        versioned_edits.apply(SPEAKER_FIELDS, speaker, changes)
        sentence = f"{speaker.name} {message}"
        history.record(
            sentence,
            subject=SPEAKER_FIELDS.history_subject(speaker),
            actor=actor,
            field_changes=changes,
        )
    return bool(changes)
