"""Photos of speakers: a picture that somebody hands in becomes the one that readers are shown.

What was handed in is read once and never kept. It is turned upright, brought to the colours of the
web, made small and written anew, so that nothing else of the file is left: not where it was taken,
by which camera, or what was hidden behind the picture. From this small whole the square is cut
that readers see, and can be cut again elsewhere.
"""

import re
import struct
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Final

from app.errors import Unreadable
from app.programme.cuts import MIDDLE, Cut

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST: Final = 10 * 1024 * 1024  # bytes, as handed in
SIDE: Final = 480  # pixels, as readers are shown it
WHOLE: Final = 960  # pixels of the shorter side of what is kept to be cut again
LONGEST: Final = 2  # times as long as wide; what lies farther from the middle is no portrait
LEAST: Final = 100  # pixels of the shorter side: below that nobody would be recognised
HEAVIEST: Final = 25 * 1024  # bytes, as readers are sent it
QUALITIES: Final = range(86, 4, -8)
QUALITY_OF_WHOLE: Final = 90
JPEG: Final = frozenset({"JPEG", "MPO"})
MOST_PIXELS: Final = 12_500_000  # as telephones make them; all of them are held at once
MOST_OF_JPEG: Final = 64_000_000  # which can be read at less than its full size
MOST_OF_WEBP: Final = 6_000_000  # whose reader holds them several times over
SCAN, MOST_SCANS = b"\xff\xda", 200  # ways over a JPEG; each takes as long as the whole picture
HEIF: Final = re.compile(rb"....ftyp(hei|hev|mif1|msf1)", re.DOTALL)
PDF, PDF_WITHIN = b"%PDF-", 1024  # bytes, in which readers of PDF look for it
ZIP_ENDS, ZIP_WITHIN = b"PK\x05\x06", 65_557  # bytes at the end of a file (APPNOTE 4.3.16)
PROGRAM: Final = re.compile(rb"<(?:script|html|svg|iframe|\?php)", re.IGNORECASE)
BROKEN: Final = (  # what readers of pictures stumble over in broken and hostile files
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


def taken(body: bytes) -> bytes:
    """Take a picture in: upright, small, and nothing besides; raise Unreadable."""
    from PIL import (  # noqa: PLC0415 - the memory of a web worker: few ever need it
        Image,
        UnidentifiedImageError,
    )

    _check_what_it_is(body)
    try:
        with Image.open(BytesIO(body), formats=["JPEG", "PNG", "WEBP"]) as picture:
            _check_size(picture, body)
            _check_that_it_is_nothing_else(body)
            return _written(_in_colours_of_the_web(_upright(picture)), QUALITY_OF_WHOLE)
    except Image.DecompressionBombError:
        raise Unreadable(_too_many_pixels()) from None
    except UnidentifiedImageError:
        raise Unreadable("Choose a JPEG, PNG or WebP picture: this file is none of them") from None
    except BROKEN:
        raise Unreadable("This picture is broken, so it cannot be shown") from None


def square(whole: bytes, cut: Cut = MIDDLE) -> bytes:
    """Cut the square that readers are shown, as a JPEG as good as its weight allows."""
    from PIL import Image  # noqa: PLC0415 - as above

    with Image.open(BytesIO(whole), formats=["JPEG"]) as picture:
        box = cut.box(*picture.size)
        small = picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS, box=box)
    for quality in QUALITIES:
        written = _written(small, quality)
        if len(written) <= HEAVIEST:
            break
    return written


def _check_what_it_is(body: bytes) -> None:
    """Refuse what is too large, and what we do not read."""
    if len(body) > LARGEST:
        raise Unreadable("This picture is larger than 10 MB")
    if HEIF.match(body):
        raise Unreadable(
            "This is a HEIC picture, as iPhones keep them. Send it as a JPEG: choose it in the "
            "browser of the phone itself, or save it as JPEG first"
        )


def _check_size(picture: "Image", body: bytes) -> None:
    """Look at what the file says of its size, before anything of it is drawn."""
    is_jpeg = picture.format in JPEG
    if picture.width * picture.height > _most_pixels(picture):
        raise Unreadable(_too_many_pixels())
    if min(picture.size) < LEAST:
        raise Unreadable("This picture is too small: each side needs 100 pixels or more")
    if is_jpeg and body.count(SCAN) > MOST_SCANS:
        raise Unreadable("This picture would take too long to read: save it anew as a JPEG")


def _most_pixels(picture: "Image") -> int:
    """Tell how many pixels can be read without holding more than a web process may."""
    if picture.format in JPEG and "progressive" not in picture.info:
        return MOST_OF_JPEG
    return MOST_OF_WEBP if picture.format == "WEBP" else MOST_PIXELS


def _check_that_it_is_nothing_else(body: bytes) -> None:
    """Refuse a file that other programs would take for something else than a picture."""
    is_archive = ZIP_ENDS in body[-ZIP_WITHIN:]
    if is_archive or PDF in body[:PDF_WITHIN] or PROGRAM.search(body):
        raise Unreadable(
            "Choose a picture that holds nothing else: this file is two things at once"
        )


def _too_many_pixels() -> str:
    return "This picture has too many pixels: make it smaller, or save it as a plain JPEG"


def _upright(picture: "Image") -> "Image":
    """Make a picture small, and turn it as the camera was held."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - as above

    picture.draft(None, (WHOLE, WHOLE))
    plain = _mixable(picture)
    shorter = min(plain.size)
    width, height = (min(one, LONGEST * shorter) for one in plain.size)
    left, top = (plain.width - width) // 2, (plain.height - height) // 2
    share = min(1, WHOLE / shorter)
    small = plain.resize(
        (round(width * share), round(height * share)),
        Image.Resampling.LANCZOS,
        box=(left, top, left + width, top + height),
        reducing_gap=3,
    )
    small.info = dict(picture.info)
    return ImageOps.exif_transpose(small)


def _mixable(picture: "Image") -> "Image":
    """Give a picture in which colours can be mixed."""
    if picture.mode in {"P", "PA"} or "transparency" in picture.info:
        return picture.convert("RGBA")
    if picture.mode.startswith("I"):  # greys of 16 bits
        return picture.convert("I")
    return picture.convert("L") if picture.mode == "1" else picture


def _in_colours_of_the_web(picture: "Image") -> "Image":
    """Give a picture in sRGB, on white where it is transparent."""
    from PIL import Image, ImageCms  # noqa: PLC0415 - as above

    profile = picture.info.get("icc_profile")
    if picture.mode == "I":
        picture = picture.point(lambda grey: grey / 256).convert("L")
    if "A" in picture.mode:
        clear = picture.convert("RGBA")
        picture = Image.new("RGB", picture.size, "white")
        picture.paste(clear, mask=clear.getchannel("A"))
    if profile:
        try:
            theirs, ours = (
                ImageCms.ImageCmsProfile(BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
            )
            turned = ImageCms.profileToProfile(picture, theirs, ours, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):  # a profile that does not fit is no profile
            turned = None
        if turned is not None:
            return turned
    return picture.convert("RGB")


def _written(picture: "Image", quality: int) -> bytes:
    """Write a picture, and nothing besides."""
    picture.info = {}
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()
