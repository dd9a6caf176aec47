"""Operations on photos of speakers: add, describe, crop, remove, move to a merged entry.

A photo that a speaker no longer has is kept while it is public, that is until the next release;
its original is deleted at once. These operations cannot be undone, because old pictures are not
kept.

Pictures are decoded by ``prepare_upload`` and ``prepare_crop``, before the transaction that writes
(``app.request_transaction.read_first``).
"""

from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import select

from app import clock
from app.database import db
from app.errors import RuleViolation
from app.history import services as history
from app.programme.editing import versioned_edits
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.models import Photo, Speaker
from app.programme.photos.cropping import CENTRED_CROP, Crop, crop_square
from app.programme.photos.normalise_upload import normalise_upload

KEY_LENGTH = 32  # hexadecimal characters: cannot be guessed


@dataclass(frozen=True)
class PreparedPhoto:
    """A decoded photo: the original, and the square cropped from it."""

    original: bytes
    crop: Crop
    picture: bytes


def prepare_upload(body: bytes) -> PreparedPhoto:
    """Decode and crop an upload; raise InvalidFile if it is not a picture."""
    return _crop(normalise_upload(body), CENTRED_CROP)


def prepare_crop(photo: Photo | None, crop: Crop) -> PreparedPhoto:
    """Crop another square; raise RuleViolation if the original is no longer stored."""
    return _crop(get_original(photo), crop)


def _crop(original: bytes, crop: Crop) -> PreparedPhoto:
    return PreparedPhoto(original, crop, crop_square(original, crop))


def set_photo(speaker: Speaker, prepared: PreparedPhoto, description: str, *, actor: str) -> bool:
    """Set a speaker's photo; return True if anything changed."""
    old = lock_with_photo(speaker)
    photo = _get_or_create(speaker, prepared, description, key_suffix="")
    if old is photo:
        return set_description(speaker, description, actor=actor)
    says = "was replaced" if old is not None else "was added"
    photo.description = description
    replace_photo(speaker, old, photo)
    record_edit(speaker, f"A photo of {speaker.name} {says}", actor=actor)
    return True


def set_description(speaker: Speaker, description: str, *, actor: str) -> bool:
    """Set the photo's text alternative; return True if anything changed."""
    photo = lock_with_photo(speaker)
    if photo is None or photo.description == description:
        return False
    photo.description = description
    record_edit(speaker, f"The description of the photo of {speaker.name} was changed", actor=actor)
    return True


def set_crop(speaker: Speaker, prepared: PreparedPhoto, *, actor: str) -> bool:
    """Select another square of the photo; return True if anything changed."""
    old = lock_with_photo(speaker)
    require_same_original(old, prepared)
    photo = _get_or_create(speaker, prepared, old.description if old else "", key_suffix="")
    if old is photo:
        return False
    replace_photo(speaker, old, photo)
    record_edit(speaker, f"The photo of {speaker.name} was cropped", actor=actor)
    return True


def remove(speaker: Speaker, *, actor: str) -> bool:
    """Remove a speaker's photo; return True if there was one."""
    photo = lock_with_photo(speaker)
    if photo is None:
        return False
    detach_photo(photo)
    record_edit(speaker, f"The photo of {speaker.name} was removed", actor=actor)
    return True


def transfer(duplicate: Speaker, target: Speaker, *, actor: str) -> None:
    """Move the photo of a duplicate speaker to the other record, if that has none."""
    photo = lock_with_photo(duplicate)
    if photo is None or lock_with_photo(target) is not None:
        return
    photo.speaker_id = target.id
    db.session.flush()
    db.session.expire(duplicate, ["photo"])
    record_edit(target, f"A photo of {target.name} was added", actor=actor)


def lock_with_photo(speaker: Speaker) -> Photo | None:
    """Lock a speaker until the transaction ends, and return their current photo."""
    versioned_edits.lock(speaker)
    return db.session.scalar(select(Photo).where(Photo.speaker_id == speaker.id))


def get_or_create_proposed(speaker: Speaker, prepared: PreparedPhoto, description: str) -> Photo:
    """Return a photo for a proposal; a new description makes a new one, to review both."""
    return _get_or_create(speaker, prepared, description, key_suffix=description)


def _get_or_create(
    speaker: Speaker, prepared: PreparedPhoto, description: str, *, key_suffix: str
) -> Photo:
    """Return the photo with this picture, which has no speaker yet or this speaker already."""
    secret = f"{speaker.key}\n{key_suffix}".encode() + prepared.picture
    key = sha256(secret).hexdigest()[:KEY_LENGTH]
    photo = db.session.get(Photo, key)
    if photo is None:
        photo = Photo(
            key=key, picture=prepared.picture, created_at=clock.now(), description=description
        )
        db.session.add(photo)
    photo.original, photo.crop = prepared.original, str(prepared.crop)
    return photo


def require_same_original(photo: Photo | None, prepared: PreparedPhoto) -> None:
    """Raise RuleViolation if the photo was replaced or removed since it was cropped."""
    if get_original(photo) != prepared.original:
        raise RuleViolation("The photo has been replaced since you opened this page. Crop it again")


def get_original(photo: Photo | None) -> bytes:
    """Return the original of a photo; raise RuleViolation if it is no longer stored."""
    if photo is None or photo.original is None:
        raise RuleViolation("We no longer have the whole picture. Upload it again")
    return photo.original


def detach_photo(photo: Photo | None) -> None:
    """Detach a photo from its speaker and delete its original; the photo may still be public."""
    if photo is not None:
        photo.speaker_id = photo.original = None
        db.session.flush()  # a speaker has at most one photo (unique)


def record_edit(speaker: Speaker, sentence: str, *, actor: str) -> None:
    """Increment a speaker's version and record the edit in the history."""
    speaker.version += 1
    speaker.changed_at = clock.now()
    history.record(sentence, subject=SPEAKER_FIELDS.history_subject(speaker), actor=actor)
    db.session.flush()
    db.session.expire(speaker, ["photo"])


def replace_photo(speaker: Speaker, old: Photo | None, photo: Photo) -> None:
    """Detach the old photo, if any, and attach the new one."""
    detach_photo(old)
    photo.speaker_id = speaker.id
