"""Take the pictures of the README again: ``make pictures``.

They show a running site with an invented conference on the day when registration opens.
"""

from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from PIL import Image
from playwright.sync_api import Browser

from app.database import transaction
from app.interchange.demo.generator import generate_delegates
from app.registration import demo
from benchmarks.back_office import SignedInSite, sign_in_organiser
from benchmarks.copies import SiteCopy
from tests import chromium
from tests.waiting import HOST

PICTURES: Final = Path(__file__).parent.parent / "docs" / "pictures"
SIZE: Final = (60, 80)  # sessions and speakers
DELEGATES: Final = 140
MAX_BYTES: Final = 80_000


class Picture(NamedTuple):
    """A page of the site, and the window it is seen in; a phone has two pixels for each of CSS."""

    name: str
    path: str
    width: int
    height: int
    scale: int = 1


ALL: Final = (
    Picture("front-page", "/", 1280, 800),
    Picture("programme-on-a-phone", "/programme#day-2008-11-06", 390, 664, scale=2),
    Picture("schedule-board", "/organise/board", 1280, 1000),
)


def main() -> None:
    """Start a site, and take each picture."""
    PICTURES.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="conference-pictures-") as folder:
        copy = SiteCopy(Path(folder), SIZE)
        with copy.app_context(), transaction():
            demo.create(generate_delegates(DELEGATES))
        site = sign_in_organiser(copy)
        with copy.start_server(), chromium.launch() as browser:
            for picture in ALL:
                _store(picture.name, _take(browser, site, picture))


def _take(browser: Browser, site: SignedInSite, picture: Picture) -> bytes:
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        device_scale_factor=picture.scale,
    )
    cookie = site.client.get_cookie("session", domain=HOST)
    if cookie:
        context.add_cookies([{"name": "session", "value": cookie.value, "url": site.address}])
    page = context.new_page()
    page.goto(f"{site.address}{picture.path}", wait_until="networkidle")
    page.reload(wait_until="networkidle")  # with the typeface, which may come too late at first
    taken = page.screenshot()
    context.close()
    return taken


def _store(name: str, taken: bytes) -> None:
    """Keep a picture as WebP."""
    file = PICTURES / f"{name}.webp"
    Image.open(BytesIO(taken)).save(file, quality=62, method=6)
    size = file.stat().st_size
    print(f"{file.relative_to(PICTURES.parent.parent)}: {size / 1000:.0f} kB")
    if size > MAX_BYTES:
        raise SystemExit(f"This is too large for the README: at most {MAX_BYTES / 1000:.0f} kB")


if __name__ == "__main__":
    main()
