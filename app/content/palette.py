"""The two colours of the site, their contrast, and the style sheet generated from them.

Contrast follows WCAG 2.2: 4.5 for text on its background, 3 for lines and shapes. Two colours are
chosen, the others derived. Those for dark mode have the same hue, lightened as far as needed.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from colorsys import hls_to_rgb, rgb_to_hls
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Final

TEXT_CONTRAST: Final = 4.5  # WCAG 2.2, 1.4.3
SHAPE_CONTRAST: Final = 3.0  # WCAG 2.2, 1.4.11
DARK_LINK_CONTRAST: Final = 7.0  # as in the shipped look: links stand out from text
LIGHT_GROUNDS: Final = ("#ffffff", "#f3f6f8", "#e6eef2")  # in assets/scss/_colours.scss
DARK_GROUNDS: Final = ("#0d1924", "#14232f", "#1b2d3b")
ON_BRAND: Final = ("#ffffff", "#e9eff3")  # in light and dark mode
TYPED: Final = re.compile(r"#?([0-9a-f]{6})", re.IGNORECASE)
STEPS: Final = 400  # of lightness, when searching for a colour
# The colours of text and backgrounds around the two, for the preview in admin.
LIGHT_PAGE: Final = {
    "ground": "#ffffff",
    "ink": "#10243a",
    "on-brand": ON_BRAND[0],
    "on-action": "#ffffff",
}
DARK_PAGE: Final = {
    "ground": DARK_GROUNDS[0],
    "ink": "#e9eff3",
    "on-brand": ON_BRAND[1],
    "on-action": DARK_GROUNDS[0],
}


@dataclass(frozen=True)
class Palette:
    """The colours that an organiser chooses, as #rrggbb."""

    brand: str = "#0b4f6c"  # the background of the header, with white text on it
    accent: str = "#0a5a85"  # links and buttons

    @property
    def is_shipped(self) -> bool:
        """Return True if these are the colours of the shipped look."""
        return self == SHIPPED

    @property
    def fingerprint(self) -> str:
        """Return a fingerprint of the style sheet, which changes with the rules in here too."""
        return blake2b(build_stylesheet(self).encode(), digest_size=4).hexdigest()

    def find_faults(self) -> dict[str, "ContrastFault"]:
        """Return the fault of each unreadable colour, by name."""
        pairs = {"brand": (self.brand, ON_BRAND), "accent": (self.accent, LIGHT_GROUNDS)}
        faults = {name: _find_fault(*pair) for name, pair in pairs.items()}
        return {name: fault for name, fault in faults.items() if fault is not None}


@dataclass(frozen=True)
class ContrastFault:
    """Why a colour is refused."""

    ratio: float  # rounded down, so that 4.49 does not read as 4.5
    nearest: str  # the colour of the same hue that passes


SHIPPED: Final = Palette()


def parse_colour(typed: str) -> str | None:
    """Return a colour as #rrggbb in lower case, or None if it is invalid."""
    found = TYPED.fullmatch(typed.strip())
    return f"#{found[1].lower()}" if found else None


def get_contrast(one: str, other: str) -> float:
    """Return the contrast of two colours by WCAG 2.2, from 1 to 21."""
    darker, lighter = sorted((_get_luminance(one), _get_luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@lru_cache(maxsize=64)
def build_stylesheet(palette: Palette) -> str:
    """Return the style sheet that replaces the shipped colours.

    It applies to screens only: print has no colours of its own. In forced colours mode, lines use
    the system colours.
    """
    forced = dict.fromkeys(("upper", "lower", "sky"), "CanvasText")
    return (
        f"@media screen{{{_rule(':root', _derive_light(palette))}}}\n"
        "@media screen and (prefers-color-scheme:dark)"
        f"{{{_rule(':root', _derive_dark(palette))}}}\n"
        f"@media (forced-colors:active){{{_rule(':root', forced)}}}\n"
    )


def build_preview_stylesheet(palette: Palette) -> str:
    """Return the style sheet of the two samples in admin, a light and a dark one."""
    light, dark = _derive_light(palette), _derive_dark(palette)
    return (
        f"{_rule('.look-sample', LIGHT_PAGE | light)}\n"
        f"{_rule('.look-sample--dark', DARK_PAGE | light | dark)}\n"
    )


def _derive_light(palette: Palette) -> dict[str, str]:
    accent = palette.accent
    return {
        "brand": palette.brand,
        "brand-deep": _scale(palette.brand, 0.75),
        "sky": _lighten(accent, _passes([palette.brand], TEXT_CONTRAST)),
        "upper": accent,
        "lower": _find_lightest(accent, _passes(LIGHT_GROUNDS, SHAPE_CONTRAST)),
        "action": accent,
        "action-hover": _scale(accent, 0.75),
        "link": accent,
    }


def _derive_dark(palette: Palette) -> dict[str, str]:
    link = _lighten(palette.accent, _passes(DARK_GROUNDS, DARK_LINK_CONTRAST))
    return {
        "upper": link,
        "lower": _lighten(palette.accent, _passes(DARK_GROUNDS, TEXT_CONTRAST)),
        "action": link,
        "action-hover": _lighten(link, _passes(DARK_GROUNDS, 10.0)),
        "link": link,
    }


def _find_fault(colour: str, others: Iterable[str]) -> ContrastFault | None:
    others = tuple(others)
    ratio = min(get_contrast(colour, other) for other in others)
    if ratio >= TEXT_CONTRAST:
        return None
    rounded_down = int(ratio * 100) / 100
    return ContrastFault(rounded_down, _find_nearest(colour, _passes(others, TEXT_CONTRAST)))


def _passes(others: Iterable[str], least: float) -> Callable[[str], bool]:
    """Return a predicate for whether a colour has at least this contrast with all others."""
    listed = tuple(others)
    return lambda colour: all(get_contrast(colour, other) >= least for other in listed)


def _find_nearest(colour: str, passes: Callable[[str], bool]) -> str:
    """Return the passing colour of the same hue with the least difference in lightness."""
    _, lightness, _ = _to_hls(colour)
    found = [one for one in _list_lightnesses(colour) if passes(_with_lightness(colour, one))]
    return _with_lightness(colour, min(found, key=lambda one: abs(one - lightness)))


def _lighten(colour: str, passes: Callable[[str], bool]) -> str:
    """Return a passing colour: the colour itself, or lightened as little as possible."""
    if passes(colour):
        return colour
    _, lightness, _ = _to_hls(colour)
    lighter = (one for one in _list_lightnesses(colour) if one > lightness)
    return next(
        filter(passes, (_with_lightness(colour, candidate) for candidate in lighter)), "#ffffff"
    )


def _find_lightest(colour: str, passes: Callable[[str], bool]) -> str:
    """Return the lightest passing colour of the same hue."""
    shades = (
        _with_lightness(colour, lightness) for lightness in reversed(_list_lightnesses(colour))
    )
    return next(filter(passes, shades), colour)


def _list_lightnesses(colour: str) -> list[float]:
    _, lightness, _ = _to_hls(colour)
    return sorted({lightness, *(step / STEPS for step in range(STEPS + 1))})


def _with_lightness(colour: str, lightness: float) -> str:
    hue, _, saturation = _to_hls(colour)
    parts = hls_to_rgb(hue, lightness, saturation)
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)


def _scale(colour: str, factor: float) -> str:
    return _with_lightness(colour, _to_hls(colour)[1] * factor)


def _to_hls(colour: str) -> tuple[float, float, float]:
    red, green, blue = _split(colour)
    return rgb_to_hls(red, green, blue)


def _get_luminance(colour: str) -> float:
    linear = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in _split(colour)
    )
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _split(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _rule(selector: str, values: Mapping[str, str]) -> str:
    return selector + "{" + ";".join(f"--{name}:{value}" for name, value in values.items()) + "}"
