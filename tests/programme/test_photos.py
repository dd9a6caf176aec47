"""What somebody hands in as a photo becomes a small square JPEG, or is refused in plain words."""

import subprocess
import sys

import pytest
from PIL import Image, ImageCms

from app.errors import Unreadable
from app.programme import photos
from config import ROOT
from tests.programme.pictures import (
    BLUE,
    GREEN,
    RED,
    a_bomb,
    a_picture,
    in_a_file,
    many_times_over,
    opened,
    turned_and_located,
)

MIDDLE = (240, 240)
TOLERANCE = 6  # of 255: a JPEG is not exact


def prepared(body: bytes) -> bytes:
    """Take a picture in, and cut the square that readers are shown first."""
    return photos.square(photos.taken(body))


def is_near(found: object, wanted: tuple[int, int, int]) -> bool:
    assert isinstance(found, tuple)
    return all(abs(one - other) <= TOLERANCE for one, other in zip(found, wanted, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("size", [(640, 480), (480, 900), (100, 100), (2000, 3000)])
def test_any_picture_becomes_a_square_of_the_same_colour(kind: str, size: tuple[int, int]) -> None:
    made = opened(prepared(a_picture(kind, size, GREEN)))

    assert (made.size, made.mode, made.format) == ((480, 480), "RGB", "JPEG")
    assert is_near(made.getpixel(MIDDLE), GREEN)


def test_the_middle_is_kept() -> None:
    wide = Image.new("RGB", (900, 300), RED)
    wide.paste(GREEN, (300, 0, 600, 300))

    made = opened(prepared(in_a_file(wide)))

    assert all(is_near(made.getpixel(at), GREEN) for at in [(12, 12), MIDDLE, (467, 467)])


def test_it_stands_upright_and_nothing_tells_where_it_was_taken() -> None:
    body = turned_and_located()
    assert b"Secretcam" in body

    made = prepared(body)

    assert is_near(opened(made).getpixel((240, 40)), RED)  # what was at the left is at the top
    assert is_near(opened(made).getpixel((240, 440)), BLUE)
    assert not opened(made).getexif()
    assert set(opened(made).info) <= {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
        "progressive",
        "progression",
    }
    assert not any(word in made for word in (b"Secretcam", b"Exif", b"home", b"ICC_PROFILE"))


def test_what_is_transparent_is_white() -> None:
    made = opened(prepared(a_picture("PNG", colour=(0, 0, 0, 0), mode="RGBA")))

    assert is_near(made.getpixel(MIDDLE), (255, 255, 255))


@pytest.mark.parametrize(
    ("kind", "mode", "colour", "wanted"),
    [
        ("JPEG", "CMYK", (0, 255, 255, 0), (255, 0, 0)),
        ("JPEG", "L", 120, (120, 120, 120)),
        ("PNG", "LA", (120, 255), (120, 120, 120)),
        ("PNG", "P", 0, (0, 0, 0)),
        ("PNG", "1", 1, (255, 255, 255)),
        ("PNG", "I;16", 0x8080, (128, 128, 128)),
    ],
)
def test_other_ways_to_write_colours_are_read(
    kind: str, mode: str, colour: object, wanted: tuple[int, int, int]
) -> None:
    made = opened(prepared(a_picture(kind, colour=colour, mode=mode)))

    assert is_near(made.getpixel(MIDDLE), wanted)


def test_the_colours_of_a_profile_are_brought_to_those_of_the_web() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made = opened(prepared(a_picture(colour=GREEN, icc_profile=lab)))
    assert is_near(made.getpixel(MIDDLE), GREEN)

    broken = opened(prepared(a_picture(colour=GREEN, icc_profile=b"no profile at all")))
    assert is_near(broken.getpixel(MIDDLE), GREEN)


def test_a_picture_full_of_detail_weighs_no_more_than_it_may() -> None:
    noise = Image.effect_noise((1200, 1200), 120).convert("RGB")

    assert len(prepared(in_a_file(noise))) <= 25 * 1024


def test_a_photo_of_a_phone_is_read_at_once() -> None:
    body = a_picture(size=(4032, 3024), colour=BLUE)

    assert is_near(opened(prepared(body)).getpixel(MIDDLE), BLUE)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
NONE_OF_THEM = "Choose a JPEG, PNG or WebP picture: this file is none of them"
BROKEN = "This picture is broken, so it cannot be shown"
TOO_MANY = "This picture has too many pixels: make it smaller, or save it as a plain JPEG"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        pytest.param(b"", NONE_OF_THEM, id="empty"),
        pytest.param(SVG, NONE_OF_THEM, id="svg"),
        pytest.param(b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)//", NONE_OF_THEM, id="gif and js"),
        pytest.param(a_picture("GIF", mode="P", colour=0), NONE_OF_THEM, id="gif"),
        pytest.param(a_picture("TIFF"), NONE_OF_THEM, id="tiff"),
        pytest.param(b"%PDF-1.4\n" + a_picture(), NONE_OF_THEM, id="pdf and jpeg"),
        pytest.param(a_picture()[:900], BROKEN, id="half a jpeg"),
        pytest.param(a_picture("PNG", (900, 900))[:-40], BROKEN, id="half a png"),
        pytest.param(a_picture("WEBP")[:90], BROKEN, id="half a webp"),
        pytest.param(a_bomb(4_000, 4_000), TOO_MANY, id="bomb"),
        pytest.param(a_bomb(60_000, 60_000), TOO_MANY, id="large bomb"),
        pytest.param(a_bomb(3_000, 3_000), BROKEN, id="less than it says"),
        pytest.param(
            a_picture(size=(6_000, 3_000), mode="L", colour=0, progressive=True),
            TOO_MANY,
            id="large in many ways over",
        ),
        pytest.param(
            many_times_over(a_picture(progressive=True), 300),
            "This picture would take too long to read: save it anew as a JPEG",
            id="many ways over",
        ),
        pytest.param(
            a_picture(size=(99, 400)),
            "This picture is too small: each side needs 100 pixels or more",
            id="small",
        ),
        pytest.param(
            a_picture() + bytes(photos.LARGEST), "This picture is larger than 10 MB", id="12 MB"
        ),
    ],
)
def test_what_is_no_fit_picture_is_refused_in_plain_words(body: bytes, sentence: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        prepared(body)

    assert str(refusal.value) == sentence


def test_every_beginning_of_a_picture_is_refused_or_read_and_nothing_else() -> None:
    for body in (turned_and_located(), a_picture("PNG"), a_picture("WEBP")):
        for length in range(0, len(body), max(1, len(body) // 40)):
            try:
                prepared(body[:length])
            except Unreadable:
                continue


def test_the_site_starts_without_the_library_that_reads_pictures() -> None:
    said = (
        "import sys, app, app.commands; print(any(m.split('.')[0] == 'PIL' for m in sys.modules))"
    )

    run = subprocess.run(
        [sys.executable, "-c", said], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert run.stdout.strip() == "False"
