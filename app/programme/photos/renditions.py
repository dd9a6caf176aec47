"""Renditions of photos: the sizes and formats from which browsers choose.

The worker encodes one photo at a time, within seconds of the upload; until then visitors get the
photo itself. A worker leases a photo for a short time, and ``encode_renditions`` runs as a separate
process while no database transaction is open. If it takes too long, such as on a busy machine, it
is killed and tried again later, after the others.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import ColumnElement, and_, bindparam, or_, select, update

from app import clock
from app.cache_version import bump_cache_version
from app.content.models import PageImage
from app.database import db, read_only_connection, transaction
from app.log import log
from app.programme.models import Conference, Photo, Release, Rendition
from app.programme.photos.cropping import CENTRED_CROP

ENCODER_SCRIPT: Final = Path(__file__).with_name("encode_renditions.py")
LEASE_TIME: Final = timedelta(minutes=2)
ENCODE_TIMEOUT_SECONDS: Final = 60
MAX_ATTEMPTS: Final = 5
RETRY_AFTER: Final = timedelta(hours=1)


class EncodingTimeout(Exception):
    """Encoding a picture took too long; a retry may succeed."""


def is_pending(model: type[Photo | PageImage]) -> ColumnElement[bool]:
    """Return the condition that a picture must be encoded and no worker has leased it."""
    return and_(
        model.rendered_at.is_(None),
        model.render_attempts < MAX_ATTEMPTS,
        or_(model.rendering_until.is_(None), model.rendering_until < bindparam("now")),
    )


IS_PENDING: Final = is_pending(Photo)
ANY_PENDING: Final = select(Photo.key).where(IS_PENDING).limit(1)  # built once, as it runs often


@dataclass(frozen=True)
class LeasedPhoto:
    """A photo that this worker has leased."""

    key: str
    body: bytes
    crop: str  # arguments of encode_renditions.py


def render_pending(timeout: float = ENCODE_TIMEOUT_SECONDS) -> None:
    """Encode the renditions of all photos that have none and are not leased."""
    while has_pending():
        with transaction():
            leased = _lease_next()
        if leased is None:
            return
        try:
            renditions = _encode(leased, timeout)
        except EncodingTimeout:
            with transaction():
                postpone(Photo, leased.key)
        else:
            with transaction():
                _store(leased.key, renditions)


def postpone(model: type[Photo | PageImage], key: str) -> None:
    """Postpone a picture to a later attempt."""
    later = clock.real_now() + RETRY_AFTER
    db.session.execute(update(model).where(model.key == key).values(rendering_until=later))


def has_pending() -> bool:
    """Return True if a photo needs renditions; called often, so it takes no lock."""
    with read_only_connection(db.engine) as connection:
        return connection.execute(ANY_PENDING, {"now": clock.real_now()}).first() is not None


def _lease_next() -> LeasedPhoto | None:
    """Lease the photo that has waited longest, of those with the fewest attempts.

    Return None if other workers have leased them all.
    """
    now = clock.real_now()
    order = (Photo.render_attempts, Photo.created_at, Photo.key)
    wanted = select(Photo).where(IS_PENDING).order_by(*order).limit(1)
    photo = db.session.scalar(wanted.with_for_update(skip_locked=True), {"now": now})
    if photo is None:
        return None
    photo.rendering_until = now + LEASE_TIME
    photo.render_attempts += 1
    if photo.original is None:
        return LeasedPhoto(photo.key, photo.picture, str(CENTRED_CROP))
    return LeasedPhoto(photo.key, photo.original, photo.crop)


def _store(key: str, renditions: list[Rendition]) -> None:
    """Store the renditions, unless the photo was deleted or another worker was faster."""
    still = and_(Photo.key == key, Photo.rendered_at.is_(None))
    done = update(Photo).where(still).values(rendered_at=clock.real_now()).returning(Photo.key)
    if db.session.scalar(done) is None:
        return
    db.session.add_all(renditions)
    if renditions and key in get_public_snapshot_text():
        bump_cache_version()


def get_public_snapshot_text() -> str:
    """Return the JSON of the current release's snapshot, or "" if there is none."""
    current = select(Release.snapshot).join(
        Conference, Conference.current_release == Release.number
    )
    return db.session.scalar(current) or ""


def _encode(leased: LeasedPhoto, timeout: float) -> list[Rendition]:
    encoded = run_encoder(leased.key, leased.body, leased.crop.split(), timeout)
    return [
        Rendition(photo_key=leased.key, kind=kind, side=side, body=body)
        for kind, side, body in encoded
    ]


def run_encoder(
    key: str, body: bytes, arguments: Sequence[str], timeout: float
) -> list[tuple[str, int, bytes]]:
    """Run ``encode_renditions`` and return the format, width and data of each rendition.

    The result is empty on failure, because a second attempt would fail too. Raise EncodingTimeout
    if it takes longer than ``timeout`` seconds.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own script with numeric arguments
            [sys.executable, "-I", str(ENCODER_SCRIPT), *arguments],
            input=body,
            capture_output=True,
            check=True,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired as fault:
        log.warning("a photo takes too long to encode", photo=key)
        raise EncodingTimeout(key) from fault
    except (OSError, subprocess.SubprocessError) as fault:
        log.error("a photo cannot be painted", photo=key, kind=type(fault).__name__)
        return []
    return list(_parse_output(done.stdout))


def _parse_output(output: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Parse the output of ``encode_renditions``."""
    while output:
        head, _, rest = output.partition(b"\n")
        kind, width, length = head.split()
        yield kind.decode(), int(width), rest[: int(length)]
        output = rest[int(length) :]
