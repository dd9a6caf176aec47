"""Make the site's display typeface: Hanken Grotesk Bold, cut down to what the pages need.

    python -m venv /tmp/typeface
    /tmp/typeface/bin/pip install fonttools==4.68.0 brotli==1.2.1
    npm pack @expo-google-fonts/hanken-grotesk@0.4.3
    tar xzf expo-google-fonts-hanken-grotesk-0.4.3.tgz
    /tmp/typeface/bin/python scripts/typeface.py package/700Bold/HankenGrotesk_700Bold.ttf

It writes static/fonts/display.woff2 and prints the numbers that assets/scss/_typeface.scss needs:
the version in the font's address, and the metrics of the fallback.

The font keeps Latin letters of European languages, figures (all of one width) and signs. It loses
hinting, ligatures and most kerning: pairs that are seen in large headings are kept.
"""

import sys
from hashlib import blake2b
from pathlib import Path

from fontTools import subset
from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem

TARGET = Path(__file__).parents[1] / "static" / "fonts" / "display.woff2"
LETTERS = [
    *range(0x20, 0x7F),
    *range(0xC0, 0x180),
    *(0xA0, 0x218, 0x219, 0x21A, 0x21B, 0x1E9E),
]
LEFT_OUT = "ĈĉĜĝĤĥĴĵŜŝŬŭĔĕĬĭŎŏĨĩŨũĿŀŉĸŦŧſĲĳŌōŔŕŖŗŊŋĊċĠġĦħŴŵŶŷ"  # the rarest of them
SIGNS = "–—‘’“”„…·€£«»¡¿→×−"  # noqa: RUF001 – a minus, not a hyphen
UNITS_PER_EM = 500  # coarser than the original, and finer than a screen shows
# Of the original's thousands of pairs: those that leave a hole in English headings.
KERNING = """
@T = [T]; @VW = [V W]; @Y = [Y]; @round = [a c d e g o q s]; @x = [m n p r u z]; @v = [v w y];
feature kern {
  pos @T @round -43; pos @T @x -35; pos @T @v -20; pos @T A -47; pos @T [period comma hyphen] -40;
  pos @VW @round -28; pos @VW @x -14; pos @VW A -43; pos @VW [period comma] -40;
  pos @Y @round -42; pos @Y @x -24; pos @Y A -48; pos @Y [period comma hyphen] -40;
  pos [A] @T -47; pos [A] @VW -43; pos [A] @Y -48; pos [A L] @v -29; pos [A L] quoteright -29;
  pos [L] @T -56; pos [L] @VW -53; pos [L] @Y -56;
  pos [P F] A -42; pos [P F] [period comma] -42; pos [r] [period comma] -40;
  pos @v [period comma] -24; pos @v @round -9; pos @round @v -9;
} kern;
"""


OPTIONS = subset.Options(
    flavor="woff2",
    layout_features=[],
    hinting=False,
    name_IDs=[0, 1, 2],
    notdef_outline=False,
    drop_tables=["GDEF", "GPOS", "GSUB", "STAT", "gasp", "meta", "DSIG"],
)


def cut_down(source: Path) -> TTFont:
    """Return the font with fewer characters, a coarser grid and our own kerning."""
    font = TTFont(source, recalcTimestamp=False)  # so that the file is the same each time
    subsetter = subset.Subsetter(OPTIONS)
    subsetter.populate(unicodes={*LETTERS, *map(ord, SIGNS)} - set(map(ord, LEFT_OUT)))
    subsetter.subset(font)
    scale_upem(font, UNITS_PER_EM)
    addOpenTypeFeaturesFromString(font, KERNING)
    return font


def main() -> None:
    """Write the font and print what its style sheet needs."""
    font = cut_down(Path(sys.argv[1]))
    subset.save_font(font, str(TARGET), OPTIONS)
    body = TARGET.read_bytes()
    metrics = font["hhea"]
    print(f"{len(body)} bytes, {len(font.getBestCmap())} characters")
    print(f"?v={blake2b(body, digest_size=4).hexdigest()}")
    print(f"ascent {metrics.ascent}, descent {metrics.descent}, of {UNITS_PER_EM}")


main()
