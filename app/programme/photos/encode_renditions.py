"""Encode one photo in every size and format: a standalone script, run by ``renditions``.

Image encoders use much memory and do not return it, so they do not run in a long-lived process.
This script reads a JPEG, writes the renditions and exits; it imports nothing from the site.

    python -I encode_renditions.py 50 50 100 < original.jpg > renditions

The arguments are the square to encode, as ``cropping.Crop`` writes it: horizontal position,
vertical position and size, in per cent. The single argument ``whole`` is for a picture in the text
of a page: it is encoded in several widths, uncropped.

The output is, for each rendition, a header line such as ``avif 192 4566`` (format, width in pixels,
length) followed by that number of bytes.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

from PIL import Image

SIDES: Final = (96, 192, 480)
MAX_BYTES: Final = 25 * 1024  # of one rendition
WIDTHS: Final = (480, 960, 1600)  # of pictures in the text of a page
MAX_BYTES_PER_WIDTH: Final = 200  # per pixel of width
# options, and qualities to try in order
ENCODERS: Final[dict[str, tuple[dict[str, Any], range]]] = {
    "avif": ({"speed": 6, "max_threads": 1}, range(65, 5, -10)),
    "webp": ({"method": 5}, range(82, 6, -12)),
    "jpg": ({"optimize": True, "progressive": True}, range(84, 4, -10)),
}
PIL_FORMATS: Final = {"avif": "AVIF", "webp": "WEBP", "jpg": "JPEG"}


def encode_all(body: bytes, x: int, y: int, size: int) -> Iterator[tuple[str, int, bytes]]:
    """Yield (format, side, data) for every rendition of the square."""
    with Image.open(BytesIO(body), formats=["JPEG"]) as picture:
        whole = picture.convert("RGB")
    length = min(whole.size) * size / 100
    left, top = (whole.width - length) * x / 100, (whole.height - length) * y / 100
    box = (left, top, left + length, top + length)
    for side in SIDES:
        small = whole.resize((side, side), Image.Resampling.LANCZOS, box=box)
        for kind in ENCODERS:
            yield kind, side, _encode(small, kind)


def encode_whole(body: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Yield (format, width, data) for every rendition of a picture in the text of a page."""
    with Image.open(BytesIO(body), formats=["JPEG"]) as picture:
        whole = picture.convert("RGB")
    for width in sorted({min(one, whole.width) for one in WIDTHS}):
        height = max(1, round(whole.height * width / whole.width))
        small = whole.resize((width, height), Image.Resampling.LANCZOS)
        for kind in ENCODERS:
            yield kind, width, _encode(small, kind, MAX_BYTES_PER_WIDTH * width)


def _encode(picture: Image.Image, kind: str, max_bytes: int = MAX_BYTES) -> bytes:
    """Encode a picture at the best quality within a size, or else at the lowest."""
    how, qualities = ENCODERS[kind]
    for quality in qualities:
        out = BytesIO()
        picture.save(out, PIL_FORMATS[kind], quality=quality, **how)
        if out.tell() <= max_bytes:
            break
    return out.getvalue()


def main() -> None:
    """Read a JPEG from standard input and write its renditions to standard output."""
    original = sys.stdin.buffer.read()
    if sys.argv[1:] == ["whole"]:
        renditions = encode_whole(original)
    else:
        across, down, part = map(int, sys.argv[1:])
        renditions = encode_all(original, across, down, part)
    for kind, width, body in renditions:
        sys.stdout.buffer.write(f"{kind} {width} {len(body)}\n".encode() + body)


if __name__ == "__main__":
    main()
