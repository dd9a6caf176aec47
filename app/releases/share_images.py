"""Share images of sessions: the pictures that social networks show with a link (Open Graph).

An image contains a few words about a session, the same in all languages. Its key is a hash of its
content, so only what has changed is drawn again. The worker draws missing images in batches, with
``draw_share_images`` as a separate process and no open transaction, and deletes unused ones. Pages
refer to the images only when all are drawn; until then they use a general picture. Only one worker
draws at a time, so that no image is drawn twice.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from sqlalchemy import CursorResult, delete, or_, select, update

from app import cache_version, clock
from app.cache_version import SiteState, bump_cache_version
from app.database import db, read_only_connection, transaction
from app.errors import NotFound, require
from app.log import log
from app.programme.snapshot import Conference, Session
from app.releases import current_release
from app.releases.models import ShareImage
from app.releases.published_programme import PublishedProgramme
from app.web.formatting import format_time

STYLE_VERSION: Final = 1  # increment when the design changes
KEY_LENGTH: Final = 32  # hexadecimal characters

ShareImageContent = dict[str, str | int]


def build_share_image_content(session: Session, conference: Conference) -> ShareImageContent:
    """Return the content of a session's share image."""
    theme = session.theme
    return {
        "conference": conference.title,
        "title": session.title,
        "when": _format_when(session, conference.time_zone),
        "where": ", ".join(
            filter(None, (_room_name(session), _illustrative_label(session, conference)))
        ),
        "theme": theme.name if theme else "",
        "shape": theme.shape if theme else "",
        "palette": theme.palette if theme else 1,
    }


def content_hash(content: ShareImageContent) -> str:
    """Return the key of a share image: a hash of its content and style."""
    serialised = json.dumps([STYLE_VERSION, content], sort_keys=True)
    return sha256(serialised.encode()).hexdigest()[:KEY_LENGTH]


def _format_when(session: Session, time_zone: str) -> str:
    if session.is_cancelled:
        return "Cancelled"
    if session.starts_at is None:
        return ""
    zone = ZoneInfo(time_zone)
    start = session.starts_at.astimezone(zone)
    text = f"{start:%A} {start.day} {start:%B} {start.year}, {format_time(start)}"
    if session.ends_at:
        text += f" to {format_time(session.ends_at.astimezone(zone))}"
    return f"{text}, {time_zone.rpartition('/')[2].replace('_', ' ')} time"


def _room_name(session: Session) -> str:
    return session.room.name if session.room else ""


def _illustrative_label(session: Session, conference: Conference) -> str:
    if not session.is_illustrative:
        return ""
    return "invented" if conference.is_invented else "illustrative"


def get_picture(key: str) -> bytes:
    """Return a share image as a PNG; raise NotFound."""
    body = db.session.scalar(select(ShareImage.picture).where(ShareImage.key == key))
    return require(body, NotFound("There is no picture at that web address"))


def get_key(session: Session, programme: PublishedProgramme) -> str:
    """Return the key of a session's share image, or "" if it has not been drawn yet."""
    key = content_hash(build_share_image_content(session, programme.conference))
    return key if key in programme.share_image_keys else ""


def list_keys() -> frozenset[str]:
    """Return the keys of all share images."""
    with read_only_connection(db.engine) as connection:
        return frozenset(connection.scalars(select(ShareImage.key)))


DRAW_SCRIPT: Final = Path(__file__).with_name("draw_share_images.py")
BATCH_SIZE: Final = 10  # images in one run of the script
DRAW_TIMEOUT: Final = 60  # seconds
LEASE: Final = timedelta(seconds=2 * DRAW_TIMEOUT)
RETENTION: Final = timedelta(days=30)  # so that old links that were shared still show their image


@dataclass
class MissingImages:
    """The share images still to be drawn for the current cache version."""

    cards: dict[str, ShareImageContent]
    has_drawn: bool = False


def draw_missing() -> None:
    """Draw a batch of the current release's missing share images, unless another worker does."""
    missing = cache_version.cached_globally("cards lacking", _find_missing)
    if not missing.cards or not _acquire_lease():
        return
    try:
        _draw_batch(missing)
    finally:
        with transaction():
            db.session.execute(update(SiteState).values(drawing_until=None))


def _acquire_lease() -> bool:
    """Return True if only this worker may draw from now on; if it dies, the lease expires."""
    now = clock.real_now()
    is_free = or_(SiteState.drawing_until.is_(None), SiteState.drawing_until < now)
    with transaction():
        taken = db.session.execute(
            update(SiteState).where(is_free).values(drawing_until=now + LEASE)
        )
        return bool(cast(CursorResult[Any], taken).rowcount)


def _draw_batch(missing: MissingImages) -> None:
    """Draw images that are still missing, and update pages when all are drawn."""
    for key in list_keys():
        missing.cards.pop(key, None)
    batch = [missing.cards.popitem() for _ in range(min(BATCH_SIZE, len(missing.cards)))]
    pictures = _draw([card for _, card in batch])
    drawn = [(key, body) for (key, _), body in zip(batch, pictures, strict=False)]
    missing.has_drawn = missing.has_drawn or bool(drawn)
    with transaction():
        for key, body in drawn:
            db.session.add(ShareImage(key=key, picture=body, created_at=clock.real_now()))
        if missing.has_drawn and not missing.cards:
            bump_cache_version()  # pages refer to all of them at once


def purge_unused() -> None:
    """Delete old share images that no session uses."""
    unused = delete(ShareImage).where(
        ShareImage.created_at < clock.real_now() - RETENTION,
        ShareImage.key.not_in(_required_cards()),
    )
    db.session.execute(unused)


def _find_missing() -> MissingImages:
    existing = list_keys()
    return MissingImages(
        {key: card for key, card in _required_cards().items() if key not in existing}
    )


def _required_cards() -> dict[str, ShareImageContent]:
    programme = current_release.get_programme()
    cards = (
        build_share_image_content(session, programme.conference)
        for session in programme.sessions
        if session.has_page
    )
    return {content_hash(card): card for card in cards}


def _draw(cards: Sequence[ShareImageContent]) -> list[bytes]:
    """Draw images; return none on failure, to be retried after the next release."""
    if not cards:
        return []
    try:
        result = subprocess.run(  # noqa: S603 - our own script
            [sys.executable, "-I", str(DRAW_SCRIPT)],
            input=json.dumps(cards).encode(),
            capture_output=True,
            check=True,
            timeout=DRAW_TIMEOUT,
        )
    except (OSError, subprocess.SubprocessError) as error:
        log.error("cards cannot be drawn", kind=type(error).__name__)
        return []
    return list(_split_pictures(result.stdout))


def _split_pictures(output: bytes) -> Iterator[bytes]:
    """Parse the output of ``draw_share_images``."""
    while output:
        length, _, rest = output.partition(b"\n")
        yield rest[: int(length)]
        output = rest[int(length) :]
