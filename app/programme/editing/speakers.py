"""Deeds on speakers: add, save, confirm, withdraw, bring back, delete."""

from collections.abc import Mapping, Sequence
from typing import Any

from app import clock
from app.database import db
from app.errors import Refused
from app.history import services as history
from app.history.changes import Change
from app.programme import profile
from app.programme.editing import edits, of_sessions, photos, slugs, speakers_listed
from app.programme.editing.of_speakers import CONFIRMED, KIND, TAKES_PART
from app.programme.models import Session, Speaker

PLAIN = (*(field for field in profile.FIELDS if field != "name"), "contact_address", "notes")


class InUse(Refused):
    """It cannot be deleted, because something else needs it."""


def add(values: Mapping[str, Any], *, who: str) -> Speaker:
    """Add a speaker, with an address made from the name."""
    slug = slugs.free(Speaker, values["name"])
    speaker = Speaker(key=slug, slug=slug, changed_at=clock.now(), version=1)
    for field, value in values.items():
        KIND.put(speaker, field, value)
    db.session.add(speaker)
    db.session.flush()
    history.record(f"{speaker.name} was added to the speakers", about=KIND.about(speaker), who=who)
    return speaker


def save(speaker: Speaker, values: Mapping[str, Any], *, seen: int, who: str) -> Sequence[Change]:
    """Bring a speaker to these values; raise Stale when somebody else has saved since."""
    return edits.save(KIND, speaker, values, seen=seen, who=who)


def confirm(speaker: Speaker, *, who: str) -> bool:
    """Note that a speaker has said that they take part; tell whether that is news."""
    return _bring(speaker, CONFIRMED, to=True, says="has confirmed", who=who)


def unconfirm(speaker: Speaker, *, who: str) -> bool:
    """Note that a speaker has not yet said that they take part; tell whether that is news."""
    return _bring(speaker, CONFIRMED, to=False, says="has not confirmed after all", who=who)


def withdraw(speaker: Speaker, *, who: str) -> bool:
    """Take a speaker out of the programme; their sessions remember them, should they come back."""
    return _bring(speaker, TAKES_PART, to=False, says="was withdrawn", who=who)


def bring_back(speaker: Speaker, *, who: str) -> bool:
    """Let a speaker take part again."""
    return _bring(speaker, TAKES_PART, to=True, says="takes part again", who=who)


def merge(kept: Speaker, other: Speaker, *, who: str) -> int:
    """Make one of two entries of the same person; tell how many sessions were the other's.

    What is known of the other alone is kept, and the other is withdrawn.
    """
    for speaker in sorted((kept, other), key=lambda one: one.id):  # always in this order
        edits.hold(speaker)
    learnt = {field: KIND.value(other, field) for field in PLAIN if not KIND.value(kept, field)}
    save(kept, learnt, seen=kept.version, who=who)
    photos.pass_on(other, kept, who=who)
    sessions = {part.session.id: part.session for part in speakers_listed.sessions_of(other)}
    for _, session in sorted(sessions.items()):
        edits.hold(session)
        _put_in_place(session, kept, other, who=who)
    _bring(other, TAKES_PART, to=False, says=f"was merged into {kept.slug}", who=who)
    return len(sessions)


def _put_in_place(session: Session, kept: Speaker, other: Speaker, *, who: str) -> None:
    parts = of_sessions.KIND.value(session, "appearances")
    theirs = [[kept.key if key == other.key else key, role] for key, role in parts]
    values = of_sessions.tidied({"appearances": theirs})
    edits.save(of_sessions.KIND, session, values, seen=session.version, who=who)


def delete(speaker: Speaker, *, who: str) -> None:
    """Remove a speaker who was never published and appears nowhere."""
    edits.hold(speaker)
    refusal = why_not_deleted(speaker)
    if refusal:
        raise InUse(refusal)
    history.record(f"{speaker.name} was deleted", about=KIND.about(speaker), who=who)
    db.session.delete(speaker)
    db.session.flush()


def why_not_deleted(speaker: Speaker) -> str:
    """Say why a speaker must stay on record; nothing when they need not."""
    if speakers_listed.was_published(speaker):
        return "Readers have seen this speaker in a release, so withdraw them instead"
    if speakers_listed.sessions_of(speaker):
        return "This speaker appears in a session: take them out of it first"
    return ""


def _bring(speaker: Speaker, field: str, *, to: bool, says: str, who: str) -> bool:
    edits.hold(speaker)
    made = edits.differing(KIND, speaker, {field: to})
    if made:
        edits.make(KIND, speaker, made)
        sentence = f"{speaker.name} {says}"
        history.record(sentence, about=KIND.about(speaker), who=who, made=made)
    return bool(made)
