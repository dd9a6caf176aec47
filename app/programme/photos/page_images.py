"""Pictures in the text of pages: uploads are checked and reduced, and encoded by the worker.

They are checked and encoded like photos of speakers, and stored by ``app.content.images``. Until
they are encoded, visitors get the JPEG from the upload.
"""

from io import BytesIO
from typing import Final, NamedTuple

from PIL import Image
from sqlalchemy import and_, select, update

from app import clock
from app.cache_version import bump_cache_version
from app.content.images import PreparedImage
from app.content.models import PageImage, PageImageRendition
from app.database import db, read_only_connection, transaction
from app.programme.photos.normalise_upload import normalise_whole
from app.programme.photos.renditions import (
    ENCODE_TIMEOUT_SECONDS,
    LEASE_TIME,
    EncodingTimeout,
    is_pending,
    postpone,
    run_encoder,
)

IS_PENDING: Final = is_pending(PageImage)
ANY_PENDING: Final = select(PageImage.key).where(IS_PENDING).limit(1)  # built once


class LeasedImage(NamedTuple):
    """A picture that this worker has leased."""

    key: str
    picture: bytes


def prepare_upload(body: bytes) -> PreparedImage:
    """Decode and reduce an upload; raise InvalidFile if it is not a picture."""
    picture = normalise_whole(body)
    with Image.open(BytesIO(picture), formats=["JPEG"]) as decoded:
        return PreparedImage(picture, *decoded.size)


def render_pending(timeout: float = ENCODE_TIMEOUT_SECONDS) -> None:
    """Encode all pictures that are not encoded or leased yet."""
    while has_pending():
        with transaction():
            leased = _lease_next()
        if leased is None:
            return
        try:
            encoded = run_encoder(leased.key, leased.picture, ["whole"], timeout)
        except EncodingTimeout:
            with transaction():
                postpone(PageImage, leased.key)
        else:
            with transaction():
                _store(leased.key, encoded)


def has_pending() -> bool:
    """Return True if a picture has to be encoded; called often, so it takes no lock."""
    with read_only_connection(db.engine) as connection:
        return connection.execute(ANY_PENDING, {"now": clock.real_now()}).first() is not None


def _lease_next() -> LeasedImage | None:
    """Lease the picture that has waited longest, of those with the fewest attempts.

    Return None if other workers have leased them all.
    """
    now = clock.real_now()
    order = (PageImage.render_attempts, PageImage.created_at, PageImage.key)
    oldest = select(PageImage).where(IS_PENDING).order_by(*order)
    wanted = oldest.limit(1).with_for_update(skip_locked=True)
    image = db.session.scalar(wanted, {"now": now})
    if image is None:
        return None
    image.rendering_until = now + LEASE_TIME
    image.render_attempts += 1
    return LeasedImage(image.key, image.picture)


def _store(key: str, encoded: list[tuple[str, int, bytes]]) -> None:
    """Store the renditions, unless the picture was deleted or another worker was faster."""
    still = and_(PageImage.key == key, PageImage.rendered_at.is_(None))
    now = clock.real_now()
    done = update(PageImage).where(still).values(rendered_at=now).returning(PageImage.key)
    if db.session.scalar(done) is None:
        return
    db.session.add_all(
        PageImageRendition(image_key=key, kind=kind, width=width, body=body)
        for kind, width, body in encoded
    )
    bump_cache_version()
