"""Photos: response time of an upload, cost of decoding, and what visitors download."""

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
from app.cache_version import bump_cache_version
from app.database import db, transaction
from app.programme.models import Photo, Rendition, Speaker
from app.programme.photos import cropping, normalise_upload, renditions
from app.releases import services
from benchmarks import first_visits
from benchmarks.copies import SiteCopy
from benchmarks.figures import Figure, at_most
from benchmarks.people import RegisteringVisitor
from benchmarks.wire import Connection
from config import ROOT

TWELVE_MEGAPIXELS = (4032, 3024)
READ_SCRIPT = (
    "import sys, time, app.cli; "
    "from app.programme.photos.cropping import crop_square; import PIL.Image; "
    "from app.programme.photos.normalise_upload import normalise_upload; "
    "body = sys.stdin.buffer.read(); began = time.perf_counter(); "
    "crop_square(normalise_upload(body)); print(time.perf_counter() - began); "
    "print(*(one.split()[1] for one in open('/proc/self/status') if one.startswith('VmHWM')))"
)


def measure(folder: Path) -> Iterator[Figure]:
    """Read a photo as a telephone makes it; then give 250 speakers one each, and look."""
    body = make_photo(TWELVE_MEGAPIXELS)
    seconds, most = read_photo(body)
    what = f"a photo of 12 megapixels ({len(body) / 1e6:.1f} MB)"
    yield Figure(f"{what}: read and cut", f"{seconds:.2f} s", seconds, at_most(1.5, 0.5, "s"))
    yield Figure(
        f"{what}: memory at most", f"{most / 1e3:.0f} MB", most / 1e3, at_most(200, 160, "MB")
    )
    copy = SiteCopy(folder / "photos")
    with copy.app_context():
        took, heaviest, slug = add_photos()
        yield Figure(
            "rendering one photo in nine renditions", f"{took:.2f} s", took, at_most(3, 1, "s")
        )
        yield Figure(
            "a photo at the size of the list, heaviest",
            f"{heaviest:.1f} kB",
            heaviest,
            at_most(25, 10, "kB"),
        )
    with copy.start_server(), closing(Connection(copy.port)) as visitor:
        page = visitor.get("/speakers", Accept_Encoding="br")
        assert page.status == 200
        size = page.size / 1000
        yield Figure(
            "/speakers with 250 photos, br, before its pictures",
            f"{size:.1f} kB",
            size,
            at_most(60, 35, "kB"),
        )
        visit = first_visits.measure_visit(
            RegisteringVisitor(visitor, 1, encoding="br"), "speaker", f"/speakers/{slug}"
        )
        yield Figure(
            "first visit to a speaker with a photo, sharp screen, br, everything",
            f"{visit.size / 1000:.1f} kB ({visit.requests} requests)",
            visit.size / 1000,
            first_visits.BAR,
        )


def read_photo(body: bytes) -> tuple[float, float]:
    """Decode a photo in a process and return the seconds and the peak kB."""
    done = subprocess.run(
        [sys.executable, "-c", READ_SCRIPT], cwd=ROOT, input=body, capture_output=True, check=True
    )
    seconds, most = map(float, done.stdout.split())
    return seconds, most


def make_photo(size: tuple[int, int]) -> bytes:
    """Make a picture with as much detail as a camera's."""
    out = BytesIO()
    grain = Image.effect_noise(size, 30).convert("RGB")
    Image.blend(Image.linear_gradient("L").resize(size).convert("RGB"), grain, 0.3).save(
        out, "JPEG", quality=88
    )
    return out.getvalue()


def add_photos() -> tuple[float, float, str]:
    """Give every speaker a photo with renditions; tell how long one took, its weight, and whose."""
    original = normalise_upload.normalise_upload(make_photo((1600, 1200)))
    picture = cropping.crop_square(original)
    with transaction():
        for speaker in db.session.scalars(select(Speaker)):
            photo = Photo(
                key=token_hex(16),
                speaker_id=speaker.id,
                description="Somebody",
                picture=picture,
                created_at=clock.now(),
                rendered_at=clock.real_now(),
            )
            db.session.add(photo)
        db.session.flush()
        keys = list(db.session.scalars(select(Photo.key)))
        first = db.session.get_one(Photo, keys[0])
        first.rendered_at, first.original = None, original
    started_at = time.perf_counter()
    renditions.render_pending()
    duration = time.perf_counter() - started_at
    with transaction():
        for key in keys[1:]:
            db.session.add(Rendition(photo_key=key, kind="avif", side=96, body=b""))
        services.create_release()
        bump_cache_version()
    listed = select(func.max(func.length(Rendition.body))).where(Rendition.side <= 192)
    owner = select(Speaker.slug).join(Photo).where(Photo.key == keys[0])
    heaviest = (db.session.scalar(listed) or 0) / 1000
    return duration, heaviest, db.session.scalars(owner).one()
