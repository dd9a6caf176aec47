"""Photos of speakers: a picture that somebody hands in becomes the one that readers are shown.

What was handed in is read once and never served. It is turned upright, brought to the colours
of the web, cut to a square and written anew, so that nothing else of the file is left: not where
it was taken, by which camera, or what was hidden behind the picture.
"""

import struct
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Final

from app.errors import Unreadable

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST: Final = 10 * 1024 * 1024  # bytes, as handed in
SIDE: Final = 480  # pixels, as readers are shown it
LEAST: Final = 100  # pixels of the shorter side: below that nobody would be recognised
HEAVIEST: Final = 25 * 1024  # bytes, as readers are sent it
QUALITIES: Final = range(86, 4, -8)
JPEG: Final = frozenset({"JPEG", "MPO"})
MOST_PIXELS: Final = 12_500_000  # as telephones make them; all of them are held at once
MOST_OF_JPEG: Final = 64_000_000  # which can be read at less than its full size
SCAN, MOST_SCANS = b"\xff\xda", 200  # ways over a JPEG; each takes as long as the whole picture
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


def prepared(body: bytes) -> bytes:
    """Make the picture that readers are shown, a square JPEG; raise Unreadable."""
    from PIL import (  # noqa: PLC0415 - the memory of a web worker: few ever need it
        Image,
        UnidentifiedImageError,
    )

    if len(body) > LARGEST:
        raise Unreadable("This picture is larger than 10 MB")
    try:
        with Image.open(BytesIO(body), formats=["JPEG", "PNG", "WEBP"]) as picture:
            _check_size(picture, body)
            return _written(_in_colours_of_the_web(_upright_square(picture)))
    except Image.DecompressionBombError:
        raise Unreadable(_too_many_pixels()) from None
    except UnidentifiedImageError:
        raise Unreadable("Choose a JPEG, PNG or WebP picture: this file is none of them") from None
    except BROKEN:
        raise Unreadable("This picture is broken, so it cannot be shown") from None


def _check_size(picture: "Image", body: bytes) -> None:
    """Look at what the file says of its size, before anything of it is drawn."""
    is_jpeg = picture.format in JPEG
    at_less = is_jpeg and "progressive" not in picture.info
    if picture.width * picture.height > (MOST_OF_JPEG if at_less else MOST_PIXELS):
        raise Unreadable(_too_many_pixels())
    if min(picture.size) < LEAST:
        raise Unreadable("This picture is too small: each side needs 100 pixels or more")
    if is_jpeg and body.count(SCAN) > MOST_SCANS:
        raise Unreadable("This picture would take too long to read: save it anew as a JPEG")


def _too_many_pixels() -> str:
    return "This picture has too many pixels: make it smaller, or save it as a plain JPEG"


def _upright_square(picture: "Image") -> "Image":
    """Cut out the middle, small, and turn it as the camera was held."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - as above

    picture.draft(None, (2 * SIDE, 2 * SIDE))
    plain = _without_palette(picture)
    side = min(plain.size)
    left, top = (plain.width - side) // 2, (plain.height - side) // 2
    box = (left, top, left + side, top + side)
    small = plain.resize((SIDE, SIDE), Image.Resampling.LANCZOS, box=box, reducing_gap=3)
    small.info = dict(picture.info)
    return ImageOps.exif_transpose(small)


def _without_palette(picture: "Image") -> "Image":
    """Give a picture in which colours can be mixed."""
    if picture.mode in {"P", "PA"} or "transparency" in picture.info:
        return picture.convert("RGBA")
    if picture.mode.startswith("I"):  # greys of 16 bits
        return picture.convert("I").point(lambda grey: grey / 256).convert("L")
    return picture.convert("L") if picture.mode == "1" else picture


def _in_colours_of_the_web(picture: "Image") -> "Image":
    """Give a picture in sRGB, on white where it is transparent."""
    from PIL import Image, ImageCms  # noqa: PLC0415 - as above

    profile = picture.info.get("icc_profile")
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


def _written(picture: "Image") -> bytes:
    """Write a picture as well as its weight allows, and nothing besides."""
    picture.info = {}
    for quality in QUALITIES:
        out = BytesIO()
        picture.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        if out.tell() <= HEAVIEST:
            break
    return out.getvalue()
