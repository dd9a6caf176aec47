"""A cut: which square of a picture readers are shown, whatever the size of the picture."""

import re
from dataclasses import dataclass
from typing import Final, Self

from app.errors import Refused

WRITTEN: Final = re.compile(r"(\d{1,3}) (\d{1,3}) (\d{1,3})")
NEAREST: Final = 40  # per cent: below that a square would have too few pixels
THIRDS: Final = (0, 50, 100)


@dataclass(frozen=True)
class Cut:
    """Where the square lies in the room it has, and how large it is; all in hundredths."""

    across: int = 50  # 0: at the left edge; 100: at the right
    down: int = 50
    side: int = 100  # of the shorter side of the picture

    def __post_init__(self) -> None:
        lies_inside = 0 <= self.across <= 100 and 0 <= self.down <= 100
        if not (lies_inside and NEAREST <= self.side <= 100):
            raise Refused("Choose a part that lies inside the picture")

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a cut as it is written: ``50 0 75``."""
        found = WRITTEN.fullmatch(text)
        if found is None:
            raise Refused("Choose a part that lies inside the picture")
        return cls(*map(int, found.groups()))

    def __str__(self) -> str:
        return f"{self.across} {self.down} {self.side}"

    @property
    def position(self) -> str:
        """Which of the nine positions it has, if any."""
        is_one = self.across in THIRDS and self.down in THIRDS
        return f"{self.across} {self.down}" if is_one else ""

    def box(self, width: int, height: int) -> tuple[float, float, float, float]:
        """Give its corners in a picture of this size."""
        side = min(width, height) * self.side / 100
        left, top = (width - side) * self.across / 100, (height - side) * self.down / 100
        return left, top, left + side, top + side


MIDDLE: Final = Cut()
