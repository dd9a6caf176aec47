"""Sessions from which a speaker was removed: their own calendar shows them as cancelled.

Calendar applications keep entries that are merely missing from a feed. So when the worker finds a
new release, it stores the sessions from which a speaker was removed, and deletes them if they
return.
"""

from sqlalchemy import delete, select

from app.database import db, lock_table
from app.programme import snapshot
from app.programme.models import Conference, Release, Speaker
from app.programme.snapshot import Snapshot
from app.speakers.models import LastComparedRelease, RemovedAppearance

AppearanceKeys = set[tuple[int, str]]  # speaker id, session key


def record_release() -> None:
    """Record removals by the current release, unless that has been done."""
    number = db.session.scalar(select(Conference.current_release))
    if number is None or number == _get_last_number():
        return
    lock_table(LastComparedRelease)
    last_number = _get_last_number()
    if number == last_number:
        return
    if last_number is None:
        db.session.add(LastComparedRelease(id=1, number=number))
        return
    db.session.get_one(LastComparedRelease, 1).number = number
    record_removed(_load_snapshot(last_number), _load_snapshot(number))


def record_removed(old: Snapshot, new: Snapshot) -> None:
    """Store the appearances that are in ``old`` but not in ``new``, within one conference."""
    if old.conference.acronym != new.conference.acronym:
        db.session.execute(delete(RemovedAppearance))
        return
    ids = dict(db.session.execute(select(Speaker.key, Speaker.id)).tuples().all())
    now = _appearance_keys(new, ids)
    removed = _appearance_keys(old, ids) - now
    for row in db.session.scalars(select(RemovedAppearance)):
        removed.discard((row.speaker_id, row.session_key))
        if (row.speaker_id, row.session_key) in now:
            db.session.delete(row)
    db.session.add_all(
        RemovedAppearance(speaker_id=speaker, session_key=session) for speaker, session in removed
    )


def list_removed_from(speaker: Speaker) -> set[str]:
    """Return the keys of the sessions from which a speaker was removed."""
    condition = RemovedAppearance.speaker_id == speaker.id
    return set(db.session.scalars(select(RemovedAppearance.session_key).where(condition)))


def _appearance_keys(document: Snapshot, ids: dict[str, int]) -> AppearanceKeys:
    keys = {speaker.slug: speaker.key or speaker.slug for speaker in document.speakers}
    return {
        (ids[keys[part.slug]], session.key)
        for session in document.sessions
        for part in session.parts
        if keys.get(part.slug) in ids
    }


def _get_last_number() -> int | None:
    return db.session.scalar(select(LastComparedRelease.number))


def _load_snapshot(number: int) -> Snapshot:
    return snapshot.load(db.session.get_one(Release, number).snapshot)
