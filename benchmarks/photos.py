"""Photos: how soon somebody has an answer, what reading one takes, and what readers are sent."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from secrets import token_hex

from PIL import Image
from sqlalchemy import func, select

from app import clock
from app.database import db, transaction
from app.edition import raise_edition
from app.programme import photos, renditions
from app.programme import services as programme
from app.programme.models import Photo, Rendition, Speaker
from benchmarks import first_visits
from benchmarks.copies import Copy
from benchmarks.figures import Figure, at_most
from benchmarks.people import Person
from benchmarks.running import ROOT
from benchmarks.wire import Connection

TWELVE_MEGAPIXELS = (4032, 3024)
READ = (
    "import sys, time, app, app.commands; from app.programme import photos; import PIL.Image; "
    "body = sys.stdin.buffer.read(); began = time.perf_counter(); "
    "photos.square(photos.taken(body)); print(time.perf_counter() - began); "
    "print(*(one.split()[1] for one in open('/proc/self/status') if one.startswith('VmHWM')))"
)


def measure(folder: Path) -> Iterator[Figure]:
    """Read a photo as a telephone makes it; then give 250 speakers one each, and look."""
    body = _photo(TWELVE_MEGAPIXELS)
    done = subprocess.run(
        [sys.executable, "-c", READ], cwd=ROOT, input=body, capture_output=True, check=True
    )
    seconds, most = map(float, done.stdout.split())
    what = f"a photo of 12 megapixels ({len(body) / 1e6:.1f} MB)"
    yield Figure(f"{what}: read and cut", f"{seconds:.2f} s", seconds, at_most(1.5, 0.5, "s"))
    yield Figure(
        f"{what}: memory at most", f"{most / 1e3:.0f} MB", most / 1e3, at_most(200, 160, "MB")
    )
    copy = Copy(folder / "photos")
    with copy.at_work():
        took, heaviest, slug = _with_photos()
        yield Figure(
            "painting one photo in nine renditions", f"{took:.2f} s", took, at_most(3, 1, "s")
        )
        yield Figure(
            "a photo at the size of the list, heaviest",
            f"{heaviest:.1f} kB",
            heaviest,
            at_most(25, 10, "kB"),
        )
    with copy.server(), closing(Connection(copy.port)) as visitor:
        page = visitor.get("/speakers", Accept_Encoding="br")
        assert page.status == 200
        size = page.size / 1000
        yield Figure(
            "/speakers with 250 photos, br, before its pictures",
            f"{size:.1f} kB",
            size,
            at_most(60, 35, "kB"),
        )
        visit = first_visits.visit(
            Person(visitor, 1, encoding="br"), "speaker", f"/speakers/{slug}"
        )
        yield Figure(
            "first visit to a speaker with a photo, sharp screen, br, everything",
            f"{visit.size / 1000:.1f} kB ({visit.requests} requests)",
            visit.size / 1000,
            first_visits.BAR,
        )


def _photo(size: tuple[int, int]) -> bytes:
    """Make a picture with as much detail as a camera's."""
    out = BytesIO()
    grain = Image.effect_noise(size, 30).convert("RGB")
    Image.blend(Image.linear_gradient("L").resize(size).convert("RGB"), grain, 0.3).save(
        out, "JPEG", quality=88
    )
    return out.getvalue()


def _with_photos() -> tuple[float, float, str]:
    """Give every speaker a photo with renditions; tell how long one took, its weight, and whose."""
    whole = photos.taken(_photo((1600, 1200)))
    picture = photos.square(whole)
    with transaction():
        for speaker in db.session.scalars(select(Speaker)):
            usual = {"description": "Somebody", "picture": picture, "made_at": clock.now()}
            done = {"painted_at": clock.real_now()}
            db.session.add(Photo(key=token_hex(16), speaker_id=speaker.id, **usual, **done))
        db.session.flush()
        keys = list(db.session.scalars(select(Photo.key)))
        first = db.session.get_one(Photo, keys[0])
        first.painted_at, first.whole = None, whole
    began = time.perf_counter()
    renditions.paint_what_waits()
    took = time.perf_counter() - began
    with transaction():
        for key in keys[1:]:
            db.session.add(Rendition(photo_key=key, kind="avif", side=96, body=b""))
        programme.publish()
        raise_edition()
    listed = select(func.max(func.length(Rendition.body))).where(Rendition.side <= 192)
    of_whom = select(Speaker.slug).join(Photo).where(Photo.key == keys[0])
    heaviest = (db.session.scalar(listed) or 0) / 1000
    return took, heaviest, db.session.scalars(of_whom).one()
