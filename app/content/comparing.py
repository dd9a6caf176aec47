"""Two versions of a text side by side, line by line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

AROUND = 2  # lines shown that are the same, before and after each difference
MOST_LINES = 2000  # compared one with another; of longer texts the rest is shown as replaced
Mark = Literal["same", "added", "removed", "left out"]


@dataclass(frozen=True)
class Line:
    """A line of either version, or how many are left out because they are the same."""

    mark: Mark
    words: str = ""
    count: int = 0


def lines(old: str, new: str) -> Sequence[Line]:
    """Compare two texts; nothing when they are the same."""
    if old == new:
        return ()
    return tuple(_compared(old.splitlines()[:MOST_LINES], new.splitlines()[:MOST_LINES]))


def _compared(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    matcher = SequenceMatcher(None, old, new)
    for what, begin, end, new_begin, new_end in matcher.get_opcodes():
        if what == "equal":
            is_first, is_last = begin == 0, end == len(old)
            yield from _same(old[begin:end], 0 if is_first else AROUND, 0 if is_last else AROUND)
        else:
            yield from (Line("removed", words) for words in old[begin:end])
            yield from (Line("added", words) for words in new[new_begin:new_end])


def _same(same: Sequence[str], after: int, before: int) -> Iterator[Line]:
    """Show the lines next to a difference, and count those in between."""
    hidden = len(same) - after - before
    if hidden <= 1:
        yield from (Line("same", words) for words in same)
        return
    yield from (Line("same", words) for words in same[:after])
    yield Line("left out", count=hidden)
    yield from (Line("same", words) for words in same[len(same) - before :])
