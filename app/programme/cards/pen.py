"""Draws cards of sessions: a small program of its own, run by ``services``.

It reads a JSON list of cards, draws each as a PNG of 1200 × 630 pixels, and ends; it knows
nothing of the site. Words that its font has no letters for are left out rather than shown as boxes.

    python -I pen.py < cards.json > pictures

Out come lines with a number of bytes, each followed by as many.
"""

import json
import os
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFont

FONTS: Final = Path(__file__).with_name("fonts")
WIDTH, HEIGHT = 1200, 630
FINE: Final = 2  # lines are drawn so many times as large, and then made small
EDGE: Final = 72
BRAND, WHITE, SKY = "#0b4f6c", "#ffffff", "#a9d7ee"
THEMES: Final = (  # light enough on the brand's own ground
    *("#74d6a4", "#d0a8ea", "#f3b76b", "#8fc1f5", "#f5a3c7", "#6cd3d6"),
    *("#cfd27a", "#dbb596", "#b5b9f7", "#eba9a3", "#a9c4db", "#a9d676"),
)
SHAPES: Final[dict[str, Sequence[tuple[float, float]]]] = {  # in a square of 24, as on pages
    "triangle": ((12, 1), (24, 22), (0, 22)),
    "square": ((2, 2), (22, 2), (22, 22), (2, 22)),
    "diamond": ((12, 0), (24, 12), (12, 24), (0, 12)),
    "hexagon": ((6, 1.5), (18, 1.5), (24, 12), (18, 22.5), (6, 22.5), (0, 12)),
    "star": (
        *((12, 0), (15.2, 8.2), (24, 8.7), (17.2, 14.3), (19.4, 22.8)),
        *((12, 18), (4.6, 22.8), (6.8, 14.3), (0, 8.7), (8.8, 8.2)),
    ),
    "cross": (
        *((8, 1), (16, 1), (16, 8), (23, 8), (23, 16), (16, 16)),
        *((16, 23), (8, 23), (8, 16), (1, 16), (1, 8), (8, 8)),
    ),
    "pentagon": ((12, 0.5), (24, 9.3), (19.4, 23), (4.6, 23), (0, 9.3)),
}
SIZES: Final = range(80, 40, -4)  # pixels of a title, the largest that fits
MOST_LINES: Final = 4
TITLE_TOP, TITLE_ROOM = 150, 256
COLOURS: Final = (24, 12, 6)
HEAVIEST: Final = 25 * 1024  # bytes
STEPS: Final = 600  # dots of a curve


class Pen:
    """Writes in one weight, what there are letters for."""

    def __init__(self, weight: str) -> None:
        self._file = str(FONTS / f"Inter-{weight}.woff2")
        self._sizes: dict[int, ImageFont.FreeTypeFont] = {}
        self._blank = self._shape("\uffff")

    def of(self, size: int) -> ImageFont.FreeTypeFont:
        """Give the font in a size."""
        if size not in self._sizes:
            self._sizes[size] = ImageFont.truetype(self._file, size)
        return self._sizes[size]

    def writable(self, words: str) -> str:
        """Give words as they can be written; nothing where letters are lacking."""
        whole = " ".join(unicodedata.normalize("NFC", words).split())
        lacking = any(self._shape(one) == self._blank for one in set(whole) - {" "})
        return "" if lacking else whole

    def lines(self, words: str, size: int, width: int) -> list[str]:
        """Break words into lines."""
        font, made = self.of(size), [""]
        for word in words.split():
            longer = f"{made[-1]} {word}".strip()
            if made[-1] and font.getlength(longer) > width:
                made.append(word)
            else:
                made[-1] = longer
        return [self.cut(line, size, width) for line in made]

    def cut(self, line: str, size: int, width: int) -> str:
        """Shorten a line that is too long."""
        font = self.of(size)
        if font.getlength(line) <= width:
            return line
        while line and font.getlength(f"{line}…") > width:
            line = line[:-1].rstrip()
        return f"{line}…"

    def _shape(self, letter: str) -> tuple[tuple[int, int], bytes]:
        mask = self.of(24).getmask(letter)
        return mask.size, bytes(mask)


def drawn(cards: Sequence[dict[str, Any]]) -> Iterator[bytes]:
    """Draw cards."""
    bold, plain = Pen("Bold"), Pen("Regular")
    ground = _ground()
    for card in cards:
        picture = ground.copy()
        draw = ImageDraw.Draw(picture)
        room = WIDTH - 2 * EDGE
        name = plain.cut(plain.writable(card["conference"]), 30, room - 80)
        draw.text((EDGE + 76, 74), name, WHITE, plain.of(30), anchor="lm")
        _title(draw, bold, card["title"])
        _facts(draw, plain, card, room)
        yield _written(picture)


def _title(draw: ImageDraw.ImageDraw, pen: Pen, title: str) -> None:
    words = pen.writable(title)
    width = WIDTH - 2 * EDGE
    for size in SIZES:
        lines = pen.lines(words, size, width)
        if len(lines) <= MOST_LINES and len(lines) * size * 1.12 <= TITLE_ROOM:
            break
    else:
        lines = lines[:MOST_LINES]
        lines[-1] = pen.cut(f"{lines[-1]} …", size, width)
    for number, line in enumerate(lines):
        draw.text((EDGE, TITLE_TOP + number * size * 1.12), line, WHITE, pen.of(size))


def _facts(draw: ImageDraw.ImageDraw, pen: Pen, card: dict[str, Any], room: int) -> None:
    top = TITLE_TOP + TITLE_ROOM + 24
    for words in (card["when"], card["where"]):
        line = pen.cut(pen.writable(words), 32, room)
        draw.text((EDGE, top), line, SKY, pen.of(32))
        top += 46 if line else 0
    name = pen.writable(card["theme"])
    if card["shape"]:
        colour = THEMES[(card["palette"] - 1) % len(THEMES)]
        _shape(draw, card["shape"], (EDGE, top + 5), 30, colour)
        draw.text((EDGE + 46, top), pen.cut(name, 32, room - 46), colour, pen.of(32))


def _shape(
    draw: ImageDraw.ImageDraw, name: str, at: tuple[float, float], side: int, colour: str
) -> None:
    left, top = at
    if name not in SHAPES:
        draw.ellipse((left, top, left + side, top + side), fill=colour)
        return
    scale = side / 24
    draw.polygon([(left + x * scale, top + y * scale) for x, y in SHAPES[name]], fill=colour)


def _ground() -> Image.Image:
    """Draw what is the same on every card: the mark, and the lines that meet."""
    picture = Image.new("RGB", (WIDTH * FINE, HEIGHT * FINE), BRAND)
    draw = ImageDraw.Draw(picture)
    for start, colour in ((104, SKY), (44, WHITE)):  # the mark
        _curve(
            draw, ((EDGE, start), (EDGE + 38, start), (EDGE + 28, 74), (EDGE + 60, 74)), colour, 8
        )
    for start, colour in ((622, "#4f9bc4"), (574, WHITE)):
        _curve(draw, ((0, start), (560, start), (620, 598), (980, 598)), colour, 6)
        _curve(draw, ((980, 598), (1050, 598), (1150, 598), (1200, 598)), colour, 6)
    return picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def _curve(
    draw: ImageDraw.ImageDraw, points: Sequence[tuple[int, int]], colour: str, width: int
) -> None:
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points
    half = width / 2
    for number in range(STEPS + 1):  # a dot beside a dot: a thick line drawn in one is ragged
        t = number / STEPS
        parts = (1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3
        x = parts[0] * x0 + parts[1] * x1 + parts[2] * x2 + parts[3] * x3
        y = parts[0] * y0 + parts[1] * y1 + parts[2] * y2 + parts[3] * y3
        box = (x - half, y - half, x + half, y + half)
        draw.ellipse([FINE * one for one in box], fill=colour)


def _written(picture: Image.Image) -> bytes:
    """Write a picture with as many colours as its weight allows."""
    for colours in COLOURS:
        out = BytesIO()
        few = picture.quantize(colours, dither=Image.Dither.NONE)
        few.save(out, "PNG", optimize=True)
        if out.tell() <= HEAVIEST:
            break
    return out.getvalue()


def main() -> None:
    """Read cards, and write their pictures; whatever else the machine has to do comes first."""
    os.nice(10)
    for body in drawn(json.load(sys.stdin)):
        sys.stdout.buffer.write(f"{len(body)}\n".encode() + body)


if __name__ == "__main__":
    main()
