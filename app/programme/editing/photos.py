"""Deeds on the photos of speakers: give one, say what it shows, take it away.

What is no longer somebody's photo stays as long as readers are shown it, which is until the next
release. None of this is undone: the pictures of the past are not kept.
"""

from hashlib import sha256

from sqlalchemy import select

from app import clock
from app.database import db, hold
from app.history import services as history
from app.programme.editing import edits
from app.programme.editing.of_speakers import KIND
from app.programme.models import Conference, Photo, Release, Speaker
from app.programme.photos import prepared

KEY_LENGTH = 32  # characters of a hash, which nobody guesses


def give(speaker: Speaker, body: bytes, description: str, *, who: str) -> bool:
    """Make what was handed in the photo of a speaker; tell whether that is news."""
    picture = prepared(body)
    old = _held(speaker)
    key = sha256(f"{speaker.key}\n".encode() + picture).hexdigest()[:KEY_LENGTH]
    if old is not None and old.key == key:
        return describe(speaker, description, who=who)
    says = "was replaced" if old is not None else "was added"
    _let_go(old)
    photo = db.session.get(Photo, key)  # it may have been theirs before
    if photo is None:
        photo = Photo(key=key, picture=picture, made_at=clock.now())
        db.session.add(photo)
    photo.speaker_id, photo.description = speaker.id, description
    _count(speaker, f"A photo of {speaker.name} {says}", who=who)
    return True


def describe(speaker: Speaker, description: str, *, who: str) -> bool:
    """Say what the photo of a speaker shows; tell whether that is news."""
    photo = _held(speaker)
    if photo is None or photo.description == description:
        return False
    photo.description = description
    _count(speaker, f"What the photo of {speaker.name} shows was said anew", who=who)
    return True


def take_away(speaker: Speaker, *, who: str) -> bool:
    """Leave a speaker without a photo; tell whether there was one."""
    photo = _held(speaker)
    if photo is None:
        return False
    _let_go(photo)
    _count(speaker, f"The photo of {speaker.name} was taken away", who=who)
    return True


def pass_on(other: Speaker, kept: Speaker, *, who: str) -> None:
    """Give the photo of one entry of a person to the other, which has none."""
    photo = _held(other)
    if photo is None or _held(kept) is not None:
        return
    photo.speaker_id = kept.id
    db.session.flush()
    db.session.expire(other, ["photo"])
    _count(kept, f"A photo of {kept.name} was added", who=who)


def forget_unseen() -> None:
    """Let go of the photos that are nobody's and that readers are no longer shown."""
    loose = select(Photo).where(Photo.speaker_id.is_(None))
    if db.session.scalars(loose.limit(1)).first() is None:
        return
    hold(Conference)  # so that nobody goes back to another release meanwhile
    current = select(Release.document).join(
        Conference, Conference.current_release == Release.number
    )
    shown = db.session.scalar(current) or ""
    for photo in db.session.scalars(loose):
        if photo.key not in shown:
            db.session.delete(photo)


def _held(speaker: Speaker) -> Photo | None:
    """Let nobody else edit a speaker, and find their photo as it is now."""
    edits.hold(speaker)
    return db.session.scalar(select(Photo).where(Photo.speaker_id == speaker.id))


def _let_go(photo: Photo | None) -> None:
    if photo is not None:
        photo.speaker_id = None
        db.session.flush()  # before the next one takes its place


def _count(speaker: Speaker, sentence: str, *, who: str) -> None:
    speaker.version += 1
    speaker.changed_at = clock.now()
    history.record(sentence, about=KIND.about(speaker), who=who)
    db.session.flush()
    db.session.expire(speaker, ["photo"])
