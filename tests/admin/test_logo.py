"""Organisers give the site a logo; what could not be seen or would be slow is refused."""

from io import BytesIO
from random import Random
from typing import Any

import pytest
from PIL import Image

from app.content.models import SiteLogo
from app.database import db
from app.history import queries as history
from app.onboarding import services as onboarding
from config import ROOT
from tests.browser import Browser, Browsers, Page
from tests.factories import make_delegate, sign_in
from tests.lookups import booking_url
from tests.programme.sample_pictures import encode, make_logo, make_picture

LOGO, LOOK = "/organise/look/logo", "/organise/look"
WHITE, NAVY = "#ffffff", "#10243a"
PLATE = "A white background, for a dark or coloured logo"
TOO_WIDE = (
    "A logo can be up to eight times as wide as it is high, and up to twice as high as it is wide"
)
NOT_ON_HEADER = (
    "This logo is hard to see on the colour of the header. Choose the white background, or "
    "a lighter version of the logo"
)
NOT_ON_PLATE = (
    "This logo is hard to see on white. Choose the colour of the header, or a darker version of "
    "the logo"
)
YEAR = "public, max-age=31536000, immutable"


@pytest.fixture
def organiser(new_browser: Browsers) -> Browser:
    return sign_in(new_browser(), "grace@conference.example")


def add(organiser: Browser, body: bytes, status: int = 200, **typed: Any) -> Page:
    page = organiser.open(LOGO)
    label = "Picture" if "Another picture" not in page.text else "Another picture (optional)"
    return organiser.press("Save", {label: ("logo.png", body), **typed}, status)


def list_logos(page: Page) -> list[dict[str, str | None]]:
    images = [one for one in page.tree.find_all("img") if "logo" in (one.get("class") or "")]
    return [{name: one.get(name) for name in ("src", "alt", "class")} for one in images]


def read_saved() -> SiteLogo:
    db.session.rollback()
    return db.session.query(SiteLogo).one()


@pytest.mark.both_databases
def test_a_logo_can_be_added_to_every_page_and_removed(
    organiser: Browser, visitor: Browser
) -> None:
    assert list_logos(visitor.open("/")) == []

    page = add(organiser, make_logo(WHITE))

    assert "The logo has been saved. Every page has it now." in page.source
    address = f"/logo/{read_saved().key}.webp"
    shown = {"src": address, "alt": "", "class": "logo"}
    assert list_logos(visitor.open("/")) == [shown]
    assert list_logos(visitor.open("/programme")) == [shown]
    assert list_logos(visitor.open("/not-there", 404)) == [shown]
    assert list_logos(organiser.open("/organise")) == [shown]
    assert list_logos(visitor.open("/now?display=1")) == [shown]
    assert address in visitor.open("/offline.json").source
    answer = visitor.fetch("GET", address)
    assert (answer.headers["Content-Type"], answer.headers["Cache-Control"]) == ("image/webp", YEAR)

    organiser.open(LOOK)
    page = organiser.press("Remove the logo")

    assert "The logo has been removed." in page.source
    assert list_logos(visitor.open("/")) == []
    visitor.open(address, 404)
    told = [one.summary for one in history.list_newest("look")]
    assert told == ["The logo was removed", "A logo was added"]


def test_a_logo_is_trimmed_resized_and_stays_transparent(
    organiser: Browser, visitor: Browser
) -> None:
    add(organiser, make_logo(WHITE, (3000, 1000)))

    body = visitor.fetch("GET", f"/logo/{read_saved().key}.webp").data
    assert len(body) < 8 * 1024
    with Image.open(BytesIO(body), formats=["WEBP"]) as opened:
        assert opened.size == (240, 120)  # an ellipse twice as wide as high, without its margins
        pixels = opened.convert("RGBA")
    assert (pixels.getpixel((0, 0)), pixels.getpixel((120, 60))) == (
        (0, 0, 0, 0),
        (255, 255, 255, 255),
    )


def test_a_ticket_has_the_logo(organiser: Browser, visitor: Browser) -> None:
    add(organiser, make_logo(WHITE), description_of_the_logo="Ministry of Tides")
    delegate = make_delegate()

    page = visitor.open(booking_url(delegate))

    assert [one["alt"] for one in list_logos(page)] == ["Ministry of Tides"] * 2


def test_a_logo_that_contains_the_name_is_shown_alone(organiser: Browser, visitor: Browser) -> None:
    add(organiser, make_logo(WHITE), show_the_name_of_the_conference_beside_the_logo=False)

    page = visitor.open("/")
    assert [one["alt"] for one in list_logos(page)] == ["Tides and Harbours"]
    (link,) = page.tree.find_by_class("brand")
    assert [one.tag for one in link] == ["img"]


def test_a_logo_needs_enough_contrast_with_its_background(
    organiser: Browser, visitor: Browser
) -> None:
    page = add(organiser, make_logo(NAVY), 422)

    assert page.errors == [NOT_ON_HEADER]
    add(organiser, make_logo(NAVY), behind_the_logo=PLATE)
    assert [one["class"] for one in list_logos(visitor.open("/"))] == ["logo logo--plate"]
    page = add(organiser, make_logo(WHITE), 422)
    assert page.errors == [NOT_ON_PLATE]


def test_header_colours_with_too_little_logo_contrast_are_refused(organiser: Browser) -> None:
    add(organiser, make_logo("#e58a4d"))
    organiser.open(LOOK)

    page = organiser.press("Save", None, 422, header="#9a4a10")

    assert page.errors == [
        "The logo is hard to see on this colour. Give it a white background first"
    ]


def test_the_most_detailed_logo_becomes_a_small_file(organiser: Browser) -> None:
    size = (600, 150)
    noise = Random(7).randbytes(size[0] * size[1] * 3)

    add(organiser, encode(Image.frombytes("RGB", size, noise), "PNG"), behind_the_logo=PLATE)

    assert len(read_saved().picture or b"") <= 8 * 1024


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (
            b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
            "We cannot use SVG files, because they may contain programs. Save the logo as a PNG",
        ),
        (make_picture("JPEG"), "Choose a PNG or WebP picture"),
        (b"GIF89a" + bytes(100), "Choose a PNG or WebP picture"),
        (
            make_picture("PNG", (30, 30)),
            "This picture is too small. Each side must be at least 40 pixels",
        ),
        (
            make_picture("PNG", (900, 100)),
            TOO_WIDE,
        ),
        (
            make_picture("PNG", (90, 90), (0, 0, 0, 0), "RGBA"),
            "This picture is empty. Choose another",
        ),
        (make_logo(WHITE)[:200], "This picture is damaged. Choose another"),
        (b"", "This file is empty"),
    ],
)
def test_an_unsuitable_logo_is_refused_with_the_reason(
    organiser: Browser, visitor: Browser, body: bytes, why: str
) -> None:
    page = add(organiser, body, 422)

    assert page.errors == [why]
    assert list_logos(visitor.open("/")) == []


def test_a_logo_needs_a_picture_and_a_description(organiser: Browser) -> None:
    organiser.open(LOGO)
    page = organiser.press("Save", status=422)
    assert page.errors == ["Choose a picture"]
    page = organiser.press("Save", status=422, description_of_the_logo=" ")
    assert page.errors == ["Enter a description of the logo"]


def test_logo_options_can_be_changed_without_another_picture(
    organiser: Browser, visitor: Browser
) -> None:
    add(organiser, make_logo("#d04040", (600, 200)), behind_the_logo=PLATE)
    key = read_saved().key
    organiser.open(LOOK)
    organiser.follow("Change the logo")

    page = organiser.press("Save", description_of_the_logo="Ministry of Tides")

    assert "The logo has been saved." in page.source
    assert [one["alt"] for one in list_logos(visitor.open("/"))] == ["Ministry of Tides"]
    assert read_saved().key == key


def test_a_stale_edit_of_the_logo_shows_both_versions(
    organiser: Browser, new_browser: Browsers
) -> None:
    other = sign_in(new_browser(), "wanda@conference.example")
    organiser.open(LOGO)
    add(other, make_logo(WHITE), description_of_the_logo="Theirs")

    page = organiser.press(
        "Save",
        status=409,
        picture=("mine.png", make_logo("#eeeeee")),
        description_of_the_logo="Mine",
    )

    assert "Two versions" in page.text
    assert page.errors == ["Choose the picture again, then save"]
    assert read_saved().description == "Theirs"
    organiser.press("Save")
    assert read_saved().description == "Mine"


def test_a_new_conference_has_no_logo(organiser: Browser, visitor: Browser) -> None:
    add(organiser, make_logo(WHITE))

    onboarding.load_example_again(ROOT / "content", expected_fingerprint=None, actor="Grace")
    db.session.commit()

    assert list_logos(visitor.open("/")) == []


def test_public_pages_need_no_queries_for_the_logo(
    organiser: Browser, visitor: Browser, queries: list[str]
) -> None:
    add(organiser, make_logo(WHITE))
    (logo,) = list_logos(visitor.open("/help"))
    queries.clear()

    visitor.open("/help?again=1")
    visitor.fetch("GET", str(logo["src"]))

    assert [one for one in queries if "FROM site_state" not in one] == []
