"""Validation and processing of speakers' photos.

An uploaded picture is decoded once and never stored. It is rotated upright, converted to sRGB,
scaled down and encoded again, so that nothing else of the file remains: no location, no camera
details, nothing hidden behind the picture. The square that visitors see is cropped from this
reduced original and can be cropped again later.
"""

import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Final, TypeVar

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from app.errors import InvalidFile
from app.programme.photos.cropping import encode_jpeg

MAX_UPLOAD_BYTES: Final = 10 * 1024 * 1024  # 10 MiB
ORIGINAL_SIDE: Final = 960  # pixels of the shorter side of the stored original
PAGE_SIDE: Final = 1600  # pixels of the longer side of a picture in the text of a page
MAX_ASPECT_RATIO: Final = 2  # longer side to shorter side; the rest is cut off at both ends
MIN_SIDE: Final = 100  # pixels of the shorter side
ORIGINAL_QUALITY: Final = 90
JPEG_FORMATS: Final = frozenset({"JPEG", "MPO"})
MAX_PIXELS: Final = 12_500_000  # enough for phones; all are decoded at once
MAX_JPEG_PIXELS: Final = 64_000_000  # a JPEG can be decoded at reduced size
MAX_WEBP_PIXELS: Final = 6_000_000  # the decoder needs several times the memory
MAX_JPEG_SCANS: Final = 200  # each scan takes as long as decoding the whole picture
# markers that start a segment; image data contains none (ITU-T T.81, B.1.1.2)
JPEG_MARKER: Final = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])", re.DOTALL)
JPEG_START, JPEG_SCAN, JPEG_END = b"\xd8", b"\xda", b"\xd9"
HEIF_SIGNATURE: Final = re.compile(rb"....ftyp(hei|hev|mif1|msf1)", re.DOTALL)
PDF_SIGNATURE, PDF_WITHIN = b"%PDF-", 1024  # searched by PDF viewers for the signature
# the end record of an archive, with a comment up to the end of the file (APPNOTE 4.3.16)
ZIP_END_SIGNATURE, ZIP_END_LENGTH, MAX_ZIP_COMMENT = b"PK\x05\x06", 22, 65_535
# with text after it: "<svg" alone occurs by chance in the bytes of a photo
ACTIVE_CONTENT: Final = re.compile(
    rb"<(?:script|html|svg|iframe|\?php)[\t\n\r -~]{16}", re.IGNORECASE
)
TOO_MANY_PIXELS: Final = (
    "This picture has too many pixels. The limit is 64 megapixels for a standard JPEG, 12 for "
    "a PNG or progressive JPEG and 6 for a WebP. Make it smaller, or save it as a standard JPEG"
)
DECODING_ERRORS: Final = (  # raised by decoders for broken and hostile files
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

T = TypeVar("T")


@dataclass(frozen=True)
class FileFormats:
    """The picture formats accepted for one purpose."""

    accepted: tuple[str, ...]  # Pillow's names
    wrong_format: str  # the error message for others
    min_side: int = MIN_SIDE


PHOTO_FORMATS: Final = FileFormats(("JPEG", "PNG", "WEBP"), "Choose a JPEG, PNG or WebP picture")


def normalise_upload(body: bytes) -> bytes:
    """Return an upload as an upright, reduced JPEG without metadata; raise InvalidFile."""
    return _normalise(body, _shrink_for_crop)


def normalise_whole(body: bytes) -> bytes:
    """Do the same without cutting anything off, for a picture in the text of a page."""
    return _normalise(body, _shrink_whole)


def decode_upload(body: bytes, formats: FileFormats, read: Callable[[Image.Image], T]) -> T:
    """Return the result of ``read`` on an upload; raise InvalidFile if it is not safe."""
    _check_file(body)
    try:
        with Image.open(BytesIO(body), formats=formats.accepted) as picture:
            _check_size(picture, body, formats.min_side)
            _refuse_polyglot(body)
            return read(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InvalidFile(TOO_MANY_PIXELS) from None
    except UnidentifiedImageError:
        raise InvalidFile(formats.wrong_format) from None
    except DECODING_ERRORS:
        raise InvalidFile("This picture is damaged. Choose another") from None


def to_srgb_with_alpha(picture: Image.Image) -> Image.Image:
    """Convert a picture to sRGB, preserving transparency."""
    plain = _to_blendable_mode(picture)
    alpha = plain.convert("RGBA").getchannel("A")
    opaque = plain.convert("RGB") if "A" in plain.mode else plain
    opaque.info = dict(picture.info)
    converted = _to_srgb(opaque)
    converted.putalpha(alpha)
    return converted


def _normalise(body: bytes, shrink: Callable[[Image.Image], Image.Image]) -> bytes:
    def read(picture: Image.Image) -> bytes:
        small = shrink(picture)
        small.info = dict(picture.info)
        upright = ImageOps.exif_transpose(small)
        return encode_jpeg(_to_srgb(upright), ORIGINAL_QUALITY)

    return decode_upload(body, PHOTO_FORMATS, read)


def _check_file(body: bytes) -> None:
    """Refuse files that are too large or in an unsupported format."""
    if len(body) > MAX_UPLOAD_BYTES:
        raise InvalidFile("The picture must be smaller than 10 MB")
    if HEIF_SIGNATURE.match(body):
        raise InvalidFile(
            "This is a HEIC picture from an iPhone. Choose it in the browser on your phone, or "
            "save it as a JPEG first"
        )


def _check_size(picture: Image.Image, body: bytes, min_side: int) -> None:
    """Check the dimensions that the file claims, before it is decoded."""
    if picture.width * picture.height > _max_pixels(picture):
        raise InvalidFile(TOO_MANY_PIXELS)
    if min(picture.size) < min_side:
        raise InvalidFile(
            f"This picture is too small. Each side must be at least {min_side} pixels"
        )
    if picture.format in JPEG_FORMATS and _count_scans(body) > MAX_JPEG_SCANS:
        raise InvalidFile("We cannot read this picture. Save it as a JPEG")


def _count_scans(body: bytes) -> int:
    """Count the scans of a JPEG up to its end marker; phones may append a film."""
    at = scans = 0
    while (found := JPEG_MARKER.search(body, at)) and found[1] != JPEG_END:
        scans += found[1] == JPEG_SCAN
        at = found.end()
        if found[1] != JPEG_START:
            at += max(2, int.from_bytes(body[at : at + 2], "big"))
    return scans


def _max_pixels(picture: Image.Image) -> int:
    """Return how many pixels can be decoded within the memory of a web worker."""
    if picture.format in JPEG_FORMATS and "progressive" not in picture.info:
        return MAX_JPEG_PIXELS
    return MAX_WEBP_PIXELS if picture.format == "WEBP" else MAX_PIXELS


def _refuse_polyglot(body: bytes) -> None:
    """Refuse a file that other programs would open as something other than a picture."""
    if _ends_as_archive(body) or PDF_SIGNATURE in body[:PDF_WITHIN] or ACTIVE_CONTENT.search(body):
        raise InvalidFile("We do not recognise this type of file. Save the picture as a JPEG")


def _ends_as_archive(body: bytes) -> bool:
    """Return True if the end record of an archive reaches to the end of the file."""
    first = max(0, len(body) - ZIP_END_LENGTH - MAX_ZIP_COMMENT)
    at = body.rfind(ZIP_END_SIGNATURE, first)
    while at >= 0:
        comment = int.from_bytes(body[at + ZIP_END_LENGTH - 2 : at + ZIP_END_LENGTH], "little")
        if at + ZIP_END_LENGTH + comment == len(body):
            return True
        at = body.rfind(ZIP_END_SIGNATURE, first, at)
    return False


def _shrink_whole(picture: Image.Image) -> Image.Image:
    """Scale a picture down until its longer side fits a page."""
    picture.draft(None, (PAGE_SIDE, PAGE_SIDE))
    plain = _to_blendable_mode(picture)
    share = min(1, PAGE_SIDE / max(plain.size))
    width, height = (max(1, round(side * share)) for side in plain.size)
    return plain.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3)


def _shrink_for_crop(picture: Image.Image) -> Image.Image:
    """Scale a picture down, and cut off what no square crop can include."""
    picture.draft(None, (ORIGINAL_SIDE, ORIGINAL_SIDE))
    plain = _to_blendable_mode(picture)
    shorter = min(plain.size)
    width, height = (min(one, MAX_ASPECT_RATIO * shorter) for one in plain.size)
    left, top = (plain.width - width) // 2, (plain.height - height) // 2
    share = min(1, ORIGINAL_SIDE / shorter)
    return plain.resize(
        (round(width * share), round(height * share)),
        Image.Resampling.LANCZOS,
        box=(left, top, left + width, top + height),
        reducing_gap=3,
    )


def _to_blendable_mode(picture: Image.Image) -> Image.Image:
    """Convert a picture to a mode in which it can be resampled."""
    if picture.mode in {"P", "PA"} or "transparency" in picture.info:
        return picture.convert("RGBA")
    if picture.mode.startswith("I"):  # 16-bit greyscale
        return picture.convert("I")
    return picture.convert("L") if picture.mode == "1" else picture


def _to_srgb(picture: Image.Image) -> Image.Image:
    """Convert a picture to sRGB, on white where it is transparent."""
    profile = picture.info.get("icc_profile")
    if picture.mode == "I":
        picture = picture.point(lambda grey: grey / 256).convert("L")
    if "A" in picture.mode:
        clear = picture.convert("RGBA")
        picture = Image.new("RGB", picture.size, "white")
        picture.paste(clear, mask=clear.getchannel("A"))
    if profile:
        try:
            embedded_profile, srgb_profile = (
                ImageCms.ImageCmsProfile(BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
            )
            converted = ImageCms.profileToProfile(
                picture, embedded_profile, srgb_profile, outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError):  # ignore a broken colour profile
            converted = None
        if converted is not None:
            return converted
    return picture.convert("RGB")
