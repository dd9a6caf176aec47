"""The logo of the conference: checked, reduced, encoded again, and measured against its background.

Transparency is preserved. The uploaded file is discarded.
"""

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any, Final

from PIL import Image

from app.content.logo import PreparedLogo
from app.content.palette import SHAPE_CONTRAST, get_contrast
from app.errors import InvalidFile
from app.programme.photos.normalise_upload import FileFormats, decode_upload, to_srgb_with_alpha

MAX_BYTES: Final = 8 * 1024  # of the picture sent to visitors
BOX: Final = (480, 120)  # pixels: two and a half times the largest displayed size
SHARES: Final = (1.0, 0.75, 0.5)  # of the box, if the whole would exceed the limit
QUALITIES: Final = range(90, 30, -12)
MAX_WIDTH_RATIO: Final = 8  # width to height
MAX_HEIGHT_RATIO: Final = 2  # height to width
MIN_SIDE: Final = 40  # pixels
FORMATS: Final = FileFormats(("PNG", "WEBP"), "Choose a PNG or WebP picture", MIN_SIDE)
SVG_WITHIN: Final = 4096  # bytes
VISIBLE_FROM: Final = 128  # of 255, the opacity
MIN_READABLE: Final = 1 / 3  # of the visible pixels
OPAQUE_FROM: Final = 0.95  # of all pixels: the picture has its own background
MIN_PART: Final = 0.03  # of all pixels: smaller parts are ignored
SAMPLE_SIZE: Final = (96, 48)  # pixels used for measuring
COLOUR_STEP: Final = 17  # of 255: smaller differences are ignored when measuring


def prepare_upload(body: bytes) -> PreparedLogo:
    """Decode, trim, reduce and encode an upload; raise InvalidFile if it is not a logo."""
    if b"<svg" in body[:SVG_WITHIN].lower():
        raise InvalidFile(
            "We cannot use SVG files, because they may contain programs. Save the logo as a PNG"
        )
    return _encode(decode_upload(body, FORMATS, _read))


def is_readable_on(picture: bytes, ground: str) -> bool:
    """Return True if enough of a logo stands out from a background colour."""
    with Image.open(BytesIO(picture), formats=["WEBP"]) as opened:
        small = opened.convert("RGBA")
    small.thumbnail(SAMPLE_SIZE)
    colours = _count_colours(small)
    total = sum(colours.values())
    if total >= OPAQUE_FROM * small.width * small.height and _has_inner_contrast(colours):
        return True
    readable_count = sum(
        count for colour, count in colours.items() if get_contrast(colour, ground) >= SHAPE_CONTRAST
    )
    return readable_count >= MIN_READABLE * total


def _read(picture: Image.Image) -> Image.Image:
    """Return the picture without its transparent margins, which would make it look small."""
    whole = to_srgb_with_alpha(picture)
    edges = whole.getchannel("A").getbbox()
    if edges is None:
        raise InvalidFile("This picture is empty. Choose another")
    logo = whole.crop(edges)
    if logo.width > MAX_WIDTH_RATIO * logo.height or logo.height > MAX_HEIGHT_RATIO * logo.width:
        raise InvalidFile(
            "A logo can be up to eight times as wide as it is high, and up to twice as high as it "
            "is wide"
        )
    return logo


def _encode(logo: Image.Image) -> PreparedLogo:
    """Encode a logo as well as the size limit allows."""
    for small, options in _iterate_attempts(logo):
        out = BytesIO()
        small.save(out, "WEBP", method=6, **options)
        if out.tell() <= MAX_BYTES:
            break
    return PreparedLogo(out.getvalue(), *small.size)


def _iterate_attempts(logo: Image.Image) -> Iterator[tuple[Image.Image, dict[str, Any]]]:
    """Yield sizes and options with decreasing numbers of bytes: lossless first."""
    for share in SHARES:
        small = logo.copy()
        small.thumbnail((BOX[0] * share, BOX[1] * share), Image.Resampling.LANCZOS)
        yield small, {"lossless": True}
        yield from ((small, {"quality": quality}) for quality in QUALITIES)


def _count_colours(small: Image.Image) -> dict[str, int]:
    """Count the visible pixels of each colour, roughly."""
    counts: dict[str, int] = {}
    pixels = small.tobytes()
    for at in range(0, len(pixels), 4):
        if pixels[at + 3] >= VISIBLE_FROM:
            rough = [pixel // COLOUR_STEP * COLOUR_STEP for pixel in pixels[at : at + 3]]
            name = "#" + "".join(f"{one:02x}" for one in rough)
            counts[name] = counts.get(name, 0) + 1
    return counts


def _has_inner_contrast(colours: dict[str, int]) -> bool:
    """Return True if the picture itself has enough contrast between light and dark parts."""
    by_light = sorted(colours, key=lambda colour: get_contrast(colour, "#000000"))
    lightest = _skip(reversed(by_light), colours)
    return get_contrast(_skip(by_light, colours), lightest) >= SHAPE_CONTRAST


def _skip(ordered: Iterable[str], colours: dict[str, int]) -> str:
    """Return the first colour after skipping a small share of all pixels."""
    remaining = MIN_PART * sum(colours.values())
    for colour in ordered:
        remaining -= colours[colour]
        if remaining <= 0:
            return colour
    raise ValueError("a picture without colours")
