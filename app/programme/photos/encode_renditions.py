"""Encode one photo in every size and format: a standalone script, run by ``renditions``.

Image encoders use much memory and do not return it, so they do not run in a long-lived process.
This script reads a JPEG, writes the renditions and exits; it imports nothing from the site.

    python -I encode_renditions.py 50 50 100 < original.jpg > renditions

The arguments are the square to encode, as ``cropping.Crop`` writes it: horizontal position,
vertical position and size, in per cent.

The output is, for each rendition, a header line such as ``avif 192 4566`` (format, side in
pixels, length) followed by that number of bytes.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

from PIL import Image

SIDES: Final = (96, 192, 480)
MAX_BYTES: Final = 25 * 1024  # of one rendition
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


def _encode(picture: Image.Image, kind: str) -> bytes:
    """Encode a picture at the best quality within ``MAX_BYTES``, or else at the lowest."""
    how, qualities = ENCODERS[kind]
    for quality in qualities:
        out = BytesIO()
        picture.save(out, PIL_FORMATS[kind], quality=quality, **how)
        if out.tell() <= MAX_BYTES:
            break
    return out.getvalue()


def main() -> None:
    """Read a JPEG from standard input and write its renditions to standard output."""
    across, down, part = map(int, sys.argv[1:])
    for kind, side, body in encode_all(sys.stdin.buffer.read(), across, down, part):
        sys.stdout.buffer.write(f"{kind} {side} {len(body)}\n".encode() + body)


if __name__ == "__main__":
    main()
