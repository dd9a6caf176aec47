"""Two versions of a text side by side, line by line or word by word."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

AROUND = 2  # lines shown that are the same, before and after each difference
MOST_LINES = 2000  # compared one with another; of longer texts the rest is shown as replaced
MOST_WORDS = 2000  # compared one with another
WORD = re.compile(r"\s*\S+|\s+$")
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


def pieces(old: str, new: str) -> tuple[Sequence[Line], Sequence[Line]]:
    """Compare two texts word by word: the old one, and the new one, each in its pieces."""
    before, after = _words(old), _words(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    found = list(matcher.get_opcodes())
    return (
        tuple(_pieces("removed", before, [(what, one, two) for what, one, two, _, _ in found])),
        tuple(_pieces("added", after, [(what, one, two) for what, _, _, one, two in found])),
    )


def _words(text: str) -> Sequence[str]:
    """Give the words of a text, each with the spaces before it; what is too long is one word."""
    found = WORD.findall(text)
    return found if len(found) <= MOST_WORDS else [text]


def _pieces(
    mark: Mark, words: Sequence[str], found: Sequence[tuple[str, int, int]]
) -> Iterator[Line]:
    for what, begin, end in found:
        if begin < end:
            yield Line("same" if what == "equal" else mark, "".join(words[begin:end]))


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
