"""The square crop of a photo: its position, and the resulting picture."""

import re
from dataclasses import dataclass
from io import BytesIO
from typing import Final, Self

from PIL import Image

from app.errors import RuleViolation

CROP_PATTERN: Final = re.compile(r"(\d{1,3}) (\d{1,3}) (\d{1,3})")
MIN_SIZE_PERCENT: Final = 40  # a smaller square could have too few pixels
PRESET_PERCENTS: Final = (0, 50, 100)
PHOTO_SIDE: Final = 480  # pixels, of the public photo
MAX_PHOTO_BYTES: Final = 25 * 1024  # of the public photo
QUALITIES: Final = range(86, 4, -8)


@dataclass(frozen=True)
class Crop:
    """Position and size of a square crop, in per cent."""

    x: int = 50  # of the free space: 0 is the left edge, 100 the right
    y: int = 50
    size: int = 100  # of the picture's shorter side

    def __post_init__(self) -> None:
        lies_inside = 0 <= self.x <= 100 and 0 <= self.y <= 100
        if not (lies_inside and MIN_SIZE_PERCENT <= self.size <= 100):
            raise RuleViolation("Choose an area inside the picture")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a crop from "x y size", for example ``50 0 75``; raise RuleViolation."""
        found = CROP_PATTERN.fullmatch(text)
        if found is None:
            raise RuleViolation("Choose an area inside the picture")
        return cls(*map(int, found.groups()))

    def __str__(self) -> str:
        return f"{self.x} {self.y} {self.size}"

    @property
    def preset(self) -> str:
        """Which of the nine preset positions the crop has, as "x y", or ""."""
        is_one = self.x in PRESET_PERCENTS and self.y in PRESET_PERCENTS
        return f"{self.x} {self.y}" if is_one else ""

    def box(self, width: int, height: int) -> tuple[float, float, float, float]:
        """Return the crop as (left, top, right, bottom) in pixels for a picture of this size."""
        side = min(width, height) * self.size / 100
        left, top = (width - side) * self.x / 100, (height - side) * self.y / 100
        return left, top, left + side, top + side


CENTRED_CROP: Final = Crop()


def crop_square(original: bytes, crop: Crop = CENTRED_CROP) -> bytes:
    """Return the square as a JPEG, at the best quality that stays within ``MAX_PHOTO_BYTES``."""
    with Image.open(BytesIO(original), formats=["JPEG"]) as picture:
        box = crop.box(*picture.size)
        small = picture.resize((PHOTO_SIDE, PHOTO_SIDE), Image.Resampling.LANCZOS, box=box)
    for quality in QUALITIES:
        written = encode_jpeg(small, quality)
        if len(written) <= MAX_PHOTO_BYTES:
            break
    return written


def encode_jpeg(picture: Image.Image, quality: int) -> bytes:
    """Encode a picture without metadata."""
    picture.info = {}
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()
