"""Renditions of photos: the sizes and formats from which browsers choose.

The worker encodes one photo at a time, within seconds of the upload; until then visitors get the
photo itself. A worker leases a photo for a short time, and ``encode_renditions`` runs as a
separate process while no database transaction is open.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import and_, bindparam, or_, select, update

from app import clock
from app.cache_version import bump_cache_version
from app.database import db, read_only_connection, transaction
from app.log import log
from app.programme.models import Conference, Photo, Release, Rendition
from app.programme.photos.cropping import CENTRED_CROP

ENCODER_SCRIPT: Final = Path(__file__).with_name("encode_renditions.py")
LEASE_TIME: Final = timedelta(minutes=2)
ENCODE_TIMEOUT_SECONDS: Final = 60
IS_PENDING: Final = and_(
    Photo.rendered_at.is_(None),
    or_(Photo.rendering_until.is_(None), Photo.rendering_until < bindparam("now")),
)
ANY_PENDING: Final = select(Photo.key).where(IS_PENDING).limit(1)  # built once: it is asked often


@dataclass(frozen=True)
class LeasedPhoto:
    """A photo that this worker has leased."""

    key: str
    body: bytes
    crop: str  # arguments of encode_renditions.py


def render_pending() -> None:
    """Encode the renditions of all photos that have none and are not leased by another worker."""
    while has_pending():
        with transaction():
            leased = _lease_next()
        if leased is None:
            return
        renditions = _encode(leased)
        with transaction():
            _store(leased.key, renditions)


def has_pending() -> bool:
    """Return True if a photo needs renditions; called often, so it takes no lock."""
    with read_only_connection(db.engine) as connection:
        return connection.execute(ANY_PENDING, {"now": clock.real_now()}).first() is not None


def _lease_next() -> LeasedPhoto | None:
    """Lease the photo that has waited longest; return None if others have leased them all."""
    now = clock.real_now()
    wanted = select(Photo).where(IS_PENDING).order_by(Photo.created_at, Photo.key).limit(1)
    photo = db.session.scalar(wanted.with_for_update(skip_locked=True), {"now": now})
    if photo is None:
        return None
    photo.rendering_until = now + LEASE_TIME
    if photo.original is None:
        return LeasedPhoto(photo.key, photo.picture, str(CENTRED_CROP))
    return LeasedPhoto(photo.key, photo.original, photo.crop)


def _store(key: str, renditions: list[Rendition]) -> None:
    """Store the renditions, unless the photo is gone or another worker was faster."""
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


def _encode(leased: LeasedPhoto) -> list[Rendition]:
    encoded = run_encoder(leased.key, leased.body, leased.crop.split())
    return [
        Rendition(photo_key=leased.key, kind=kind, side=side, body=body)
        for kind, side, body in encoded
    ]


def run_encoder(key: str, body: bytes, arguments: Sequence[str]) -> list[tuple[str, int, bytes]]:
    """Return the format, width and data of each rendition that ``encode_renditions`` makes.

    It returns none on failure, because a second attempt would fail too.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own script, and numbers
            [sys.executable, "-I", str(ENCODER_SCRIPT), *arguments],
            input=body,
            capture_output=True,
            check=True,
            timeout=ENCODE_TIMEOUT_SECONDS,
        )
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
