"""An uploaded photo becomes a small square JPEG, or is refused with an explanation."""

import random
import subprocess
import sys
from typing import Any

import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from app.errors import InvalidFile, RuleViolation
from app.programme.photos import cropping, normalise_upload
from app.programme.photos.cropping import Crop
from config import ROOT
from tests.materials.sample_files import make_zip
from tests.programme.sample_pictures import (
    BLUE,
    GREEN,
    RED,
    encode,
    make_animation,
    make_decompression_bomb,
    make_display_p3_profile,
    make_picture,
    make_rotated,
    make_rotated_with_location,
    open_jpeg,
    repeat_last_scan,
)

MIDDLE = (240, 240)
TOLERANCE = 6  # of 255: a JPEG is not exact


def process(body: bytes) -> bytes:
    """Ingest a picture, and crop the default square."""
    return cropping.crop_square(normalise_upload.normalise_upload(body))


def is_near(found: object, wanted: tuple[int, int, int]) -> bool:
    assert isinstance(found, tuple)
    return all(abs(one - other) <= TOLERANCE for one, other in zip(found, wanted, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("size", [(640, 480), (480, 900), (100, 100), (1500, 3000)])
def test_any_picture_format_becomes_a_square_jpeg_of_the_same_colour(
    kind: str, size: tuple[int, int]
) -> None:
    made = open_jpeg(process(make_picture(kind, size, GREEN)))

    assert (made.size, made.mode, made.format) == ((480, 480), "RGB", "JPEG")
    assert is_near(made.getpixel(MIDDLE), GREEN)


def test_the_middle_of_a_wide_picture_is_kept() -> None:
    wide = Image.new("RGB", (900, 300), RED)
    wide.paste(GREEN, (300, 0, 600, 300))

    made = open_jpeg(process(encode(wide)))

    assert all(is_near(made.getpixel(at), GREEN) for at in [(12, 12), MIDDLE, (467, 467)])


def test_a_photo_is_rotated_upright_and_loses_its_location_metadata() -> None:
    body = make_rotated_with_location()
    assert b"Secretcam" in body

    made = process(body)

    assert is_near(open_jpeg(made).getpixel((240, 40)), RED)  # what was at the left is at the top
    assert is_near(open_jpeg(made).getpixel((240, 440)), BLUE)
    assert not open_jpeg(made).getexif()
    assert set(open_jpeg(made).info) <= {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
        "progressive",
        "progression",
    }
    assert not any(word in made for word in (b"Secretcam", b"Exif", b"home", b"ICC_PROFILE"))


def test_transparent_areas_become_white() -> None:
    made = open_jpeg(process(make_picture("PNG", colour=(0, 0, 0, 0), mode="RGBA")))

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
def test_other_colour_modes_are_converted(
    kind: str, mode: str, colour: object, wanted: tuple[int, int, int]
) -> None:
    made = open_jpeg(process(make_picture(kind, colour=colour, mode=mode)))

    assert is_near(made.getpixel(MIDDLE), wanted)


def test_colour_profiles_are_converted_to_srgb() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made = open_jpeg(process(make_picture(colour=GREEN, icc_profile=lab)))
    assert is_near(made.getpixel(MIDDLE), GREEN)

    broken = open_jpeg(process(make_picture(colour=GREEN, icc_profile=b"no profile at all")))
    assert is_near(broken.getpixel(MIDDLE), GREEN)


def test_a_detailed_picture_stays_within_the_file_size_limit() -> None:
    noise = Image.effect_noise((1200, 1200), 120).convert("RGB")

    assert len(process(encode(noise))) <= 25 * 1024


def test_a_photo_at_phone_resolution_is_accepted() -> None:
    body = make_picture(size=(4032, 3024), colour=BLUE)

    assert is_near(open_jpeg(process(body)).getpixel(MIDDLE), BLUE)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
UNSUPPORTED = "Choose a JPEG, PNG or WebP picture"
BROKEN = "This picture is damaged. Choose another"
TWO_THINGS = "We do not recognise this type of file. Save the picture as a JPEG"
TOO_MANY = normalise_upload.TOO_MANY_PIXELS


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        pytest.param(b"", UNSUPPORTED, id="empty"),
        pytest.param(SVG, UNSUPPORTED, id="svg"),
        pytest.param(b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)//", UNSUPPORTED, id="gif and js"),
        pytest.param(make_picture("GIF", mode="P", colour=0), UNSUPPORTED, id="gif"),
        pytest.param(make_picture("TIFF"), UNSUPPORTED, id="tiff"),
        pytest.param(b"%PDF-1.4\n" + make_picture(), UNSUPPORTED, id="pdf and jpeg"),
        pytest.param(make_picture()[:900], BROKEN, id="half a jpeg"),
        pytest.param(make_picture("PNG", (900, 900))[:-40], BROKEN, id="half a png"),
        pytest.param(make_picture("WEBP")[:90], BROKEN, id="half a webp"),
        pytest.param(make_decompression_bomb(4_000, 4_000), TOO_MANY, id="bomb"),
        pytest.param(make_decompression_bomb(60_000, 60_000), TOO_MANY, id="large bomb"),
        pytest.param(make_decompression_bomb(3_000, 3_000), BROKEN, id="less than it says"),
        pytest.param(
            make_picture(size=(6_000, 3_000), mode="L", colour=0, progressive=True),
            TOO_MANY,
            id="large in many ways over",
        ),
        pytest.param(make_picture("WEBP", (3000, 2100)), TOO_MANY, id="large webp"),
        pytest.param(
            repeat_last_scan(make_picture(progressive=True), 300),
            "We cannot read this picture. Save it as a JPEG",
            id="many ways over",
        ),
        pytest.param(
            make_picture(size=(99, 400)),
            "This picture is too small. Each side must be at least 100 pixels",
            id="small",
        ),
        pytest.param(
            make_picture() + bytes(normalise_upload.MAX_UPLOAD_BYTES),
            "The picture must be smaller than 10 MB",
            id="12 MB",
        ),
    ],
)
def test_unsupported_pictures_are_refused_with_a_clear_message(body: bytes, sentence: str) -> None:
    with pytest.raises(InvalidFile) as refusal:
        process(body)

    assert str(refusal.value) == sentence


def test_a_truncated_picture_causes_no_other_error_than_refusal() -> None:
    for body in (make_rotated_with_location(), make_picture("PNG"), make_picture("WEBP")):
        for length in range(0, len(body), max(1, len(body) // 40)):
            try:
                process(body[:length])
            except InvalidFile:
                continue


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_is_rotated_upright(orientation: int) -> None:
    made = open_jpeg(process(make_rotated(orientation)))

    assert is_near(made.getpixel((40, 40)), GREEN)
    assert is_near(made.getpixel((440, 40)), RED)
    assert is_near(made.getpixel((240, 440)), BLUE)


def test_a_wide_gamut_colour_becomes_the_nearest_srgb_colour() -> None:
    plain = make_picture(colour=(0, 200, 0))
    wide = make_picture(colour=(0, 200, 0), icc_profile=make_display_p3_profile())

    red, green, blue = open_jpeg(process(wide)).getpixel(MIDDLE)  # type: ignore[misc]

    assert is_near(open_jpeg(process(plain)).getpixel(MIDDLE), (0, 200, 0))
    assert green > 200  # a wider green is more of the web's own
    assert max(red, blue) < 60


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_the_first_frame_of_an_animation_is_used(kind: str) -> None:
    assert is_near(open_jpeg(process(make_animation(kind))).getpixel(MIDDLE), GREEN)


def test_a_16_bit_picture_is_converted_to_8_bits() -> None:
    grey = Image.new("I;16", (600, 400), 0xC0C0)

    assert is_near(open_jpeg(process(encode(grey, "PNG"))).getpixel(MIDDLE), (192, 192, 192))


def test_excessive_metadata_is_refused_or_removed() -> None:
    told = PngInfo()
    for number in range(80):
        told.add_text(f"note {number}", "x" * 900_000, zip=True)
    long = encode(Image.new("RGB", (300, 300), GREEN), "PNG", pnginfo=told)
    exif = Image.Exif()
    exif[0x010E] = "y" * 60_000
    camera = encode(Image.new("RGB", (300, 300), GREEN), exif=exif.tobytes(), comment=b"z" * 60_000)

    with pytest.raises(InvalidFile, match=BROKEN):
        process(long)
    assert len(process(camera)) < 2000


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(make_picture() + make_zip({"a.html": b"x"}), id="jpeg and zip"),
        pytest.param(make_picture(comment=b"%PDF-1.4 1 0 obj"), id="jpeg and pdf"),
        pytest.param(make_picture() + b"<script>alert(1)</script>", id="jpeg and script"),
        pytest.param(make_picture(comment=b"<?php system($_GET[1]); ?>"), id="jpeg and php"),
        pytest.param(make_picture("PNG") + b"<HTML><body onload=x>", id="png and html"),
        pytest.param(make_picture("WEBP") + make_zip({"x.class": b"y"}), id="webp and jar"),
    ],
)
def test_a_polyglot_file_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidFile) as refusal:
        process(body)

    assert str(refusal.value) == TWO_THINGS


def test_a_motion_photo_video_is_removed() -> None:
    film = b"\0\0\0\x18ftypmp42" + bytes(20_000)

    assert film not in normalise_upload.normalise_upload(make_picture() + film)


@pytest.mark.parametrize(
    "found_by_chance",
    [b"<svg", b"<SVG\x8f", b"PK\x05\x06", b"PK\x05\x06" + bytes(18) + b"\x01", b"\xff\xda" * 300],
)
def test_a_photo_is_not_refused_for_signature_bytes_that_occur_by_chance(
    found_by_chance: bytes,
) -> None:
    noise = random.Random(14).randbytes(60_000)
    film = b"\0\0\0\x18ftypmp42" + noise[:30_000] + found_by_chance + noise[30_000:]

    process(make_picture() + film)


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"hevc", b"mif1", b"msf1"])
def test_a_heic_picture_is_refused_with_advice(brand: bytes) -> None:
    with pytest.raises(InvalidFile, match="save it as a JPEG first"):
        process(b"\0\0\0\x24ftyp" + brand + bytes(400))


@pytest.mark.parametrize("size", [(3000, 300), (200, 4000)])
def test_a_very_long_picture_is_cropped_to_its_middle(size: tuple[int, int]) -> None:
    whole = open_jpeg(normalise_upload.normalise_upload(make_picture(size=size)))

    assert max(whole.size) <= 2 * min(whole.size)


@pytest.mark.parametrize(
    ("kind", "size", "told"),
    [
        ("JPEG", (4032, 3024), {"quality": 90}),
        ("JPEG", (4032, 3024), {"progressive": True, "subsampling": 0}),
        ("PNG", (4032, 3024), {}),
        ("WEBP", (2800, 2100), {}),
    ],
)
def test_processing_a_12_megapixel_photo_needs_little_memory(
    kind: str, size: tuple[int, int], told: dict[str, Any]
) -> None:
    script = (
        "import re, sys, app.cli; from app.programme.photos import cropping, normalise_upload; "
        "peak = lambda: int(re.search('VmHWM:.*?([0-9]+)', open('/proc/self/status').read())[1]); "
        "body = sys.stdin.buffer.read(); before = peak(); "
        "cropping.crop_square(normalise_upload.normalise_upload(body)); print(peak() - before)"
    )
    body = make_picture(kind, size, BLUE, **told)

    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, input=body, capture_output=True, check=True
    )

    assert 1_000 < int(run.stdout) <= 100_000  # kB, beside the site itself


@pytest.mark.parametrize("written", ["", "50 50", "50 50 39", "101 0 100", "0 0 101", "a b c"])
def test_a_crop_outside_the_picture_is_refused(written: str) -> None:
    with pytest.raises(RuleViolation, match="inside the picture"):
        Crop.parse(written)
