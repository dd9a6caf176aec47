"""Who was taken off a session, so that their own calendar can tell that it is off for them.

A calendar keeps what it is not told about. What readers saw of a session before and see no more
is remembered when the worker finds another release, and forgotten when somebody is back.
"""

from sqlalchemy import delete, select

from app.database import db
from app.programme.document import Document
from app.programme.models import Speaker
from app.speakers.models import TakenOff

Parts = set[tuple[int, str]]  # by the speaker's id and the session's key


def remember(old: Document, new: Document) -> None:
    """Remember who appears no more where they did; of another conference nobody was told."""
    if old.conference.acronym != new.conference.acronym:
        db.session.execute(delete(TakenOff))
        return
    ids = dict(db.session.execute(select(Speaker.key, Speaker.id)).tuples().all())
    now = _parts(new, ids)
    gone = _parts(old, ids) - now
    for row in db.session.scalars(select(TakenOff)):
        gone.discard((row.speaker_id, row.session_key))
        if (row.speaker_id, row.session_key) in now:
            db.session.delete(row)
    db.session.add_all(
        TakenOff(speaker_id=speaker, session_key=session) for speaker, session in gone
    )


def left_by(speaker: Speaker) -> set[str]:
    """Give the keys of the sessions that a speaker was taken off."""
    such = TakenOff.speaker_id == speaker.id
    return set(db.session.scalars(select(TakenOff.session_key).where(such)))


def _parts(document: Document, ids: dict[str, int]) -> Parts:
    keys = {one.slug: one.key or one.slug for one in document.speakers}
    return {
        (ids[keys[part.slug]], session.key)
        for session in document.sessions
        for part in session.parts
        if keys.get(part.slug) in ids
    }
