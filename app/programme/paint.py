"""Paints one picture in every size and kind: a small program of its own, run by ``renditions``.

What encodes pictures takes much memory and never gives it back, so no process that lives long does
it. This one reads a JPEG, writes the renditions, and ends; it knows nothing of the site.

    python -I paint.py 50 50 100 < whole.jpg > renditions

It is told the square to paint as ``cuts.Cut`` writes it: where it lies across and down in the room
that it has, and its side, in hundredths.

Out come lines such as ``avif 192 4566``, each followed by as many bytes.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

from PIL import Image

SIDES: Final = (96, 192, 480)
HEAVIEST: Final = 25 * 1024  # bytes
KINDS: Final[dict[str, tuple[dict[str, Any], range]]] = {  # each with its qualities, the best first
    "avif": ({"speed": 6, "max_threads": 1}, range(65, 5, -10)),
    "webp": ({"method": 5}, range(82, 6, -12)),
    "jpg": ({"optimize": True, "progressive": True}, range(84, 4, -10)),
}
NAMES: Final = {"avif": "AVIF", "webp": "WEBP", "jpg": "JPEG"}


def painted(body: bytes, across: int, down: int, part: int) -> Iterator[tuple[str, int, bytes]]:
    """Give every rendition of a square of a picture."""
    with Image.open(BytesIO(body), formats=["JPEG"]) as picture:
        whole = picture.convert("RGB")
    length = min(whole.size) * part / 100
    left, top = (whole.width - length) * across / 100, (whole.height - length) * down / 100
    box = (left, top, left + length, top + length)
    for side in SIDES:
        small = whole.resize((side, side), Image.Resampling.LANCZOS, box=box)
        for kind in KINDS:
            yield kind, side, _written(small, kind)


def _written(picture: Image.Image, kind: str) -> bytes:
    """Write a picture as well as its weight allows."""
    how, qualities = KINDS[kind]
    for quality in qualities:
        out = BytesIO()
        picture.save(out, NAMES[kind], quality=quality, **how)
        if out.tell() <= HEAVIEST:
            break
    return out.getvalue()


def main() -> None:
    """Read a picture, and write its renditions."""
    across, down, part = map(int, sys.argv[1:])
    for kind, side, body in painted(sys.stdin.buffer.read(), across, down, part):
        sys.stdout.buffer.write(f"{kind} {side} {len(body)}\n".encode() + body)


if __name__ == "__main__":
    main()
