"""Draw share images of sessions: a standalone script, run by ``share_images``.

It reads a JSON list of image contents, draws each as a PNG of 1200 × 630 pixels and exits; it
imports nothing from the site. Text with characters that the font lacks is left out rather than
drawn as boxes.

    python -I draw_share_images.py < contents.json > pictures

The output is, for each image, a line with its length in bytes, followed by the PNG.
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
SUPERSAMPLING: Final = 2  # for smooth edges
MARGIN: Final = 72
BRAND, WHITE, SKY = "#0b4f6c", "#ffffff", "#a9d7ee"
THEME_COLOURS: Final = (  # light enough on the brand colour
    *("#74d6a4", "#d0a8ea", "#f3b76b", "#8fc1f5", "#f5a3c7", "#6cd3d6"),
    *("#cfd27a", "#dbb596", "#b5b9f7", "#eba9a3", "#a9c4db", "#a9d676"),
)
# points in a 24 × 24 square, as in the pages' icons
SHAPES: Final[dict[str, Sequence[tuple[float, float]]]] = {
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
TITLE_SIZES: Final = range(80, 40, -4)  # font sizes in pixels; the largest that fits is used
MAX_TITLE_LINES: Final = 4
TITLE_TOP, TITLE_HEIGHT = 150, 256
COLOUR_COUNTS: Final = (24, 12, 6)
MAX_BYTES: Final = 25 * 1024  # of one image
CURVE_STEPS: Final = 600  # dots that a curve is drawn with


class TextRenderer:
    """Text in one weight of the font; text with missing glyphs is not drawn."""

    def __init__(self, weight: str) -> None:
        self._file = str(FONTS / f"Inter-{weight}.woff2")
        self._sizes: dict[int, ImageFont.FreeTypeFont] = {}
        self._missing_glyph = self._glyph("\uffff")

    def font(self, size: int) -> ImageFont.FreeTypeFont:
        """Return the font in a size, in pixels."""
        if size not in self._sizes:
            self._sizes[size] = ImageFont.truetype(self._file, size)
        return self._sizes[size]

    def renderable(self, text: str) -> str:
        """Return the text, normalised, or "" if the font lacks one of its characters."""
        normalised = " ".join(unicodedata.normalize("NFC", text).split())
        has_missing_glyph = any(
            self._glyph(one) == self._missing_glyph for one in set(normalised) - {" "}
        )
        return "" if has_missing_glyph else normalised

    def wrap(self, text: str, size: int, width: int) -> list[str]:
        """Wrap text into lines no wider than ``width`` pixels."""
        font, lines = self.font(size), [""]
        for word in text.split():
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and font.getlength(longer) > width:
                lines.append(word)
            else:
                lines[-1] = longer
        return [self.truncate(line, size, width) for line in lines]

    def truncate(self, line: str, size: int, width: int) -> str:
        """Shorten a line to ``width`` pixels, ending in an ellipsis."""
        font = self.font(size)
        if font.getlength(line) <= width:
            return line
        while line and font.getlength(f"{line}…") > width:
            line = line[:-1].rstrip()
        return f"{line}…"

    def _glyph(self, letter: str) -> tuple[tuple[int, int], bytes]:
        mask = self.font(24).getmask(letter)
        return mask.size, bytes(mask)


def draw_all(cards: Sequence[dict[str, Any]]) -> Iterator[bytes]:
    """Yield the PNG of each image."""
    bold, plain = TextRenderer("Bold"), TextRenderer("Regular")
    background = _draw_background()
    for card in cards:
        picture = background.copy()
        draw = ImageDraw.Draw(picture)
        room = WIDTH - 2 * MARGIN
        name = plain.truncate(plain.renderable(card["conference"]), 30, room - 80)
        draw.text((MARGIN + 76, 74), name, WHITE, plain.font(30), anchor="lm")
        _draw_title(draw, bold, card["title"])
        _draw_facts(draw, plain, card, room)
        yield _encode_png(picture)


def _draw_title(draw: ImageDraw.ImageDraw, renderer: TextRenderer, title: str) -> None:
    words = renderer.renderable(title)
    width = WIDTH - 2 * MARGIN
    for size in TITLE_SIZES:
        lines = renderer.wrap(words, size, width)
        if len(lines) <= MAX_TITLE_LINES and len(lines) * size * 1.12 <= TITLE_HEIGHT:
            break
    else:
        lines = lines[:MAX_TITLE_LINES]
        lines[-1] = renderer.truncate(f"{lines[-1]} …", size, width)
    for number, line in enumerate(lines):
        draw.text((MARGIN, TITLE_TOP + number * size * 1.12), line, WHITE, renderer.font(size))


def _draw_facts(
    draw: ImageDraw.ImageDraw, renderer: TextRenderer, card: dict[str, Any], width: int
) -> None:
    top = TITLE_TOP + TITLE_HEIGHT + 24
    for words in (card["when"], card["where"]):
        line = renderer.truncate(renderer.renderable(words), 32, width)
        draw.text((MARGIN, top), line, SKY, renderer.font(32))
        top += 46 if line else 0
    name = renderer.renderable(card["theme"])
    if card["shape"]:
        colour = THEME_COLOURS[(card["palette"] - 1) % len(THEME_COLOURS)]
        _draw_shape(draw, card["shape"], (MARGIN, top + 5), 30, colour)
        draw.text(
            (MARGIN + 46, top), renderer.truncate(name, 32, width - 46), colour, renderer.font(32)
        )


def _draw_shape(
    draw: ImageDraw.ImageDraw, name: str, top_left: tuple[float, float], size: int, colour: str
) -> None:
    left, top = top_left
    if name not in SHAPES:
        draw.ellipse((left, top, left + size, top + size), fill=colour)
        return
    scale = size / 24
    draw.polygon([(left + x * scale, top + y * scale) for x, y in SHAPES[name]], fill=colour)


def _draw_background() -> Image.Image:
    """Draw what all images share: the logo and the converging lines."""
    picture = Image.new("RGB", (WIDTH * SUPERSAMPLING, HEIGHT * SUPERSAMPLING), BRAND)
    draw = ImageDraw.Draw(picture)
    for start, colour in ((104, SKY), (44, WHITE)):  # the logo
        _draw_curve(
            draw,
            ((MARGIN, start), (MARGIN + 38, start), (MARGIN + 28, 74), (MARGIN + 60, 74)),
            colour,
            8,
        )
    for start, colour in ((622, "#4f9bc4"), (574, WHITE)):
        _draw_curve(draw, ((0, start), (560, start), (620, 598), (980, 598)), colour, 6)
        _draw_curve(draw, ((980, 598), (1050, 598), (1150, 598), (1200, 598)), colour, 6)
    return picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def _draw_curve(
    draw: ImageDraw.ImageDraw, points: Sequence[tuple[int, int]], colour: str, width: int
) -> None:
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points
    half = width / 2
    for number in range(CURVE_STEPS + 1):  # dots: Pillow's thick lines are ragged
        t = number / CURVE_STEPS
        parts = (1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3
        x = parts[0] * x0 + parts[1] * x1 + parts[2] * x2 + parts[3] * x3
        y = parts[0] * y0 + parts[1] * y1 + parts[2] * y2 + parts[3] * y3
        box = (x - half, y - half, x + half, y + half)
        draw.ellipse([SUPERSAMPLING * one for one in box], fill=colour)


def _encode_png(picture: Image.Image) -> bytes:
    """Encode a picture with as many colours as fit within ``MAX_BYTES``."""
    for colours in COLOUR_COUNTS:
        out = BytesIO()
        few = picture.quantize(colours, dither=Image.Dither.NONE)
        few.save(out, "PNG", optimize=True)
        if out.tell() <= MAX_BYTES:
            break
    return out.getvalue()


def main() -> None:
    """Read contents from standard input and write PNGs to standard output, at low priority."""
    os.nice(10)
    for body in draw_all(json.load(sys.stdin)):
        sys.stdout.buffer.write(f"{len(body)}\n".encode() + body)


if __name__ == "__main__":
    main()
