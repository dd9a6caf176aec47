"""Deeds on the photos of speakers: give one, choose the part that is shown, take it away.

What is no longer somebody's photo stays as long as readers are shown it, which is until the next
release; what it was cut from goes at once. None of this is undone: the pictures of the past are
not kept.
"""

from hashlib import sha256

from sqlalchemy import select

from app import clock
from app.database import db
from app.errors import Refused
from app.history import services as history
from app.programme.cuts import MIDDLE, Cut
from app.programme.editing import edits
from app.programme.editing.of_speakers import KIND
from app.programme.models import Photo, Speaker
from app.programme.photos import square, taken

KEY_LENGTH = 32  # characters of a hash, which nobody guesses


def give(speaker: Speaker, body: bytes, description: str, *, who: str) -> bool:
    """Make what was handed in the photo of a speaker; tell whether that is news."""
    whole = taken(body)
    old = held(speaker)
    photo = made(speaker, whole, MIDDLE, description)
    if old is photo:
        return describe(speaker, description, who=who)
    says = "was replaced" if old is not None else "was added"
    photo.description = description
    put(speaker, old, photo)
    count(speaker, f"A photo of {speaker.name} {says}", who=who)
    return True


def describe(speaker: Speaker, description: str, *, who: str) -> bool:
    """Say what the photo of a speaker shows; tell whether that is news."""
    photo = held(speaker)
    if photo is None or photo.description == description:
        return False
    photo.description = description
    count(speaker, f"What the photo of {speaker.name} shows was said anew", who=who)
    return True


def cut(speaker: Speaker, wanted: Cut, *, who: str) -> bool:
    """Show another part of the picture that a photo was cut from; tell whether that is news."""
    old = held(speaker)
    whole = whole_of(old)
    photo = made(speaker, whole, wanted, old.description if old else "")
    if old is photo:
        return False
    put(speaker, old, photo)
    count(speaker, f"Another part of the photo of {speaker.name} was chosen", who=who)
    return True


def take_away(speaker: Speaker, *, who: str) -> bool:
    """Leave a speaker without a photo; tell whether there was one."""
    photo = held(speaker)
    if photo is None:
        return False
    let_go(photo)
    count(speaker, f"The photo of {speaker.name} was taken away", who=who)
    return True


def pass_on(other: Speaker, kept: Speaker, *, who: str) -> None:
    """Give the photo of one entry of a person to the other, which has none."""
    photo = held(other)
    if photo is None or held(kept) is not None:
        return
    photo.speaker_id = kept.id
    db.session.flush()
    db.session.expire(other, ["photo"])
    count(kept, f"A photo of {kept.name} was added", who=who)


def held(speaker: Speaker) -> Photo | None:
    """Let nobody else edit a speaker, and find their photo as it is now."""
    edits.hold(speaker)
    return db.session.scalar(select(Photo).where(Photo.speaker_id == speaker.id))


def made(speaker: Speaker, whole: bytes, wanted: Cut, description: str) -> Photo:
    """Make a photo of a speaker, which is nobody's yet, or find it: it may have been theirs."""
    return _kept(speaker, whole, wanted, description, said="")


def made_to_be_proposed(speaker: Speaker, whole: bytes, wanted: Cut, description: str) -> Photo:
    """Make a photo that is another one where its words are other ones: both are looked at."""
    return _kept(speaker, whole, wanted, description, said=description)


def _kept(speaker: Speaker, whole: bytes, wanted: Cut, description: str, *, said: str) -> Photo:
    picture = square(whole, wanted)
    key = sha256(f"{speaker.key}\n{said}".encode() + picture).hexdigest()[:KEY_LENGTH]
    photo = db.session.get(Photo, key)
    if photo is None:
        photo = Photo(key=key, picture=picture, made_at=clock.now(), description=description)
        db.session.add(photo)
    photo.whole, photo.cut = whole, str(wanted)
    return photo


def whole_of(photo: Photo | None) -> bytes:
    """Give the picture that a photo was cut from; raise Refused where it is no longer kept."""
    if photo is None or photo.whole is None:
        raise Refused("The whole picture is no longer kept: hand it in again")
    return photo.whole


def let_go(photo: Photo | None) -> None:
    """Let a photo be nobody's, and keep nothing of it but what readers may still be shown."""
    if photo is not None:
        photo.speaker_id = photo.whole = None
        db.session.flush()  # before the next one takes its place


def count(speaker: Speaker, sentence: str, *, who: str) -> None:
    """Count an edit of a speaker, and tell of it."""
    speaker.version += 1
    speaker.changed_at = clock.now()
    history.record(sentence, about=KIND.about(speaker), who=who)
    db.session.flush()
    db.session.expire(speaker, ["photo"])


def put(speaker: Speaker, old: Photo | None, photo: Photo) -> None:
    """Put a photo in the place of another."""
    let_go(old)
    photo.speaker_id = speaker.id
