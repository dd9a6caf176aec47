"""Renditions of photos: the sizes and kinds of file that browsers choose from.

The worker has them painted, a photo at a time, within seconds of its being handed in; until then
readers are sent the photo itself. A photo is lent to one worker for a short while, and the painting
is done by a process of its own (``paint``) while nothing in the database is held.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select, update

from app import clock
from app.database import db, reading, transaction
from app.edition import raise_edition
from app.log import log
from app.programme.cuts import MIDDLE
from app.programme.models import Conference, Photo, Release, Rendition

PAINTER: Final = Path(__file__).with_name("paint.py")
LENT: Final = timedelta(minutes=2)
LONGEST: Final = 60  # seconds that painting may take


@dataclass(frozen=True)
class Lent:
    """A photo in the hand of a worker."""

    key: str
    body: bytes
    cut: str  # which square of it, as paint.py is told


def paint_what_waits() -> None:
    """Make the renditions of every photo that has none, as long as no other worker does."""
    while is_anything_waiting():
        with transaction():
            lent = _borrow()
        if lent is None:
            return
        made = _painted(lent)
        with transaction():
            _keep(lent.key, made)


def is_anything_waiting() -> bool:
    """Whether a photo waits for its renditions; asked often, so it takes no lock."""
    with reading(db.engine) as connection:
        return connection.execute(select(Photo.key).where(_waits()).limit(1)).first() is not None


def _waits() -> ColumnElement[bool]:
    now = clock.real_now()
    return and_(
        Photo.painted_at.is_(None),
        or_(Photo.painting_until.is_(None), Photo.painting_until < now),
    )


def _borrow() -> Lent | None:
    """Lend the photo that has waited longest, unless others hold all of them."""
    wanted = select(Photo).where(_waits()).order_by(Photo.made_at, Photo.key).limit(1)
    photo = db.session.scalar(wanted.with_for_update(skip_locked=True))
    if photo is None:
        return None
    photo.painting_until = clock.real_now() + LENT
    if photo.whole is None:
        return Lent(photo.key, photo.picture, str(MIDDLE))
    return Lent(photo.key, photo.whole, photo.cut)


def _keep(key: str, made: list[Rendition]) -> None:
    """Keep what was painted, unless the photo has gone or another worker was faster."""
    still = and_(Photo.key == key, Photo.painted_at.is_(None))
    done = update(Photo).where(still).values(painted_at=clock.real_now()).returning(Photo.key)
    if db.session.scalar(done) is None:
        return
    db.session.add_all(made)
    if made and key in shown():
        raise_edition()


def shown() -> str:
    """Give the release that readers see, as it is written."""
    current = select(Release.document).join(
        Conference, Conference.current_release == Release.number
    )
    return db.session.scalar(current) or ""


def _painted(lent: Lent) -> list[Rendition]:
    """Have a photo painted; nothing where that fails, which no second try would mend."""
    try:
        done = subprocess.run(  # noqa: S603 - our own program, and numbers
            [sys.executable, "-I", str(PAINTER), *lent.cut.split()],
            input=lent.body,
            capture_output=True,
            check=True,
            timeout=LONGEST,
        )
    except (OSError, subprocess.SubprocessError) as fault:
        log.error("a photo cannot be painted", photo=lent.key, kind=type(fault).__name__)
        return []
    return [Rendition(photo_key=lent.key, **one) for one in _read(done.stdout)]


def _read(written: bytes) -> Iterator[dict[str, object]]:
    """Read what the painter wrote."""
    while written:
        head, _, rest = written.partition(b"\n")
        kind, side, length = head.split()
        yield {"kind": kind.decode(), "side": int(side), "body": rest[: int(length)]}
        written = rest[int(length) :]
