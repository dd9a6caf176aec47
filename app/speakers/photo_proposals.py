"""Changes that speakers make to their photo, each as a proposal, like changes to texts.

The public photo stays until an organiser has approved the new one, or it is published
automatically if the settings trust speakers with photos (see ``app.proposals``).
"""

from hashlib import sha256
from secrets import compare_digest

from sqlalchemy import delete

from app import clock
from app.database import db, transaction
from app.errors import NotFound, require
from app.history import services as history
from app.programme.editing import versioned_edits
from app.programme.fields.speakers import PHOTO, SPEAKER_FIELDS
from app.programme.models import Photo, Speaker
from app.programme.photos import services as photos
from app.programme.photos.cropping import Crop
from app.programme.photos.services import PreparedPhoto
from app.proposals import merging, queries, services
from app.proposals.models import OPEN, Proposal
from app.proposals.photo_retention import UPLOAD_PREFIX, is_recent_upload
from app.proposals.services import SubmitResult
from app.speakers import questions
from app.web import signing

SALT = "photo upload"


def save(speaker: Speaker, prepared: PreparedPhoto, *, actor: str) -> str:
    """Store an upload in its own transaction; return its token."""
    key = _key(speaker, actor)
    with transaction():
        versioned_edits.lock(speaker)  # the same person may send two concurrently
        discard(speaker, actor=actor)
        db.session.add(
            Photo(
                key=key,
                picture=prepared.picture,
                original=prepared.original,
                crop=str(prepared.crop),
                description="",
                created_at=clock.real_now(),
                rendered_at=clock.real_now(),  # never encoded
            )
        )
    return _sign(key, prepared.picture)


def find(speaker: Speaker, token: str, *, actor: str) -> PreparedPhoto | None:
    """Return the upload of a token, or None."""
    photo = db.session.get(Photo, _key(speaker, actor))
    if photo is None or photo.original is None or not is_recent_upload(photo):
        return None
    if not compare_digest(token.encode(), _sign(photo.key, photo.picture).encode()):
        return None
    return PreparedPhoto(photo.original, Crop.parse(photo.crop), photo.picture)


def discard(speaker: Speaker, *, actor: str) -> None:
    """Delete the upload, if there is one."""
    db.session.execute(delete(Photo).where(Photo.key == _key(speaker, actor)))


def _key(speaker: Speaker, actor: str) -> str:
    return UPLOAD_PREFIX + sha256(f"{speaker.key}\n{actor}".encode()).hexdigest()


def _sign(key: str, picture: bytes) -> str:
    return signing.sign(SALT, f"{key} {sha256(picture).hexdigest()}")


def find_newest(speaker: Speaker) -> Photo | None:
    """Return the photo that the speaker proposed last, else the current one, or None."""
    key = queries.get_status(speaker).values[PHOTO]
    return db.session.get(Photo, key) if key else None


def propose_photo(
    speaker: Speaker, prepared: PreparedPhoto, description: str, *, actor: str
) -> SubmitResult:
    """Propose an uploaded picture."""
    photo = photos.get_or_create_proposed(speaker, prepared, description)
    return _propose(speaker, photo, actor)


def propose_description(speaker: Speaker, description: str, *, actor: str) -> SubmitResult:
    """Propose another description of the photo."""
    photo = _get_photo(speaker)
    if photo.description == description:
        return SubmitResult((), ())
    same_picture = PreparedPhoto(
        photos.get_original(photo), Crop.parse(photo.crop), bytes(photo.picture)
    )
    new_photo = photos.get_or_create_proposed(speaker, same_picture, description)
    return _propose(speaker, new_photo, actor)


def propose_crop(speaker: Speaker, prepared: PreparedPhoto, *, actor: str) -> SubmitResult:
    """Propose another crop of the picture."""
    photo = _get_photo(speaker)
    photos.require_same_original(photo, prepared)
    if photo.crop == str(prepared.crop):
        return SubmitResult((), ())
    new_photo = photos.get_or_create_proposed(speaker, prepared, photo.description)
    return _propose(speaker, new_photo, actor)


def propose_removal(speaker: Speaker, *, actor: str) -> SubmitResult:
    """Propose to remove the photo."""
    return _propose(speaker, None, actor)


def set_declined(speaker: Speaker, *, is_declined: bool, actor: str) -> bool:
    """Record whether a speaker declines to have a photo; return True if it changed."""
    versioned_edits.lock(speaker)
    answers = questions.get_or_create_answers(speaker)
    if (answers.photo_declined_at is not None) == is_declined:
        return False
    answers.photo_declined_at = clock.now() if is_declined else None
    says = "uses initials instead of a photo" if is_declined else "can have a photo after all"
    history.record(
        f"{speaker.name} {says}", subject=SPEAKER_FIELDS.history_subject(speaker), actor=actor
    )
    return True


def withdraw(speaker: Speaker, *, actor: str) -> bool:
    """Withdraw the proposed photo; return True if there was one. Proposed texts stay."""
    return services.withdraw(speaker, {PHOTO}, actor=actor)


def find_returned_proposal(speaker: Speaker) -> Proposal | None:
    """Return the proposal about the photo that was sent back, unless a later one followed."""
    return queries.get_status(speaker).restrict_to({PHOTO}).returned_proposal


def is_pending(speaker: Speaker) -> bool:
    """Return True if a proposal about the photo waits for a decision."""
    proposed = queries.list_proposed_names(Proposal.speaker_id, [speaker.id])
    return queries.latest_states(proposed, (PHOTO,)).get(speaker.id) == OPEN


def _get_photo(speaker: Speaker) -> Photo:
    return require(find_newest(speaker), NotFound("There is no photo yet"))


def _propose(speaker: Speaker, photo: Photo | None, actor: str) -> SubmitResult:
    if photo is not None:
        set_declined(speaker, is_declined=False, actor=actor)
    db.session.flush()
    base_fingerprints = merging.fingerprints(queries.get_status(speaker).values)
    values = {PHOTO: photo.key if photo else None}
    return services.propose(speaker, values, base_fingerprints=base_fingerprints, actor=actor)
