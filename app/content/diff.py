"""Comparison of two versions of a text, line by line or word by word."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

CONTEXT_LINES = 2  # unchanged lines shown around each difference
MAX_LINES = 2000  # lines compared; the rest of a longer text is ignored
MAX_WORDS = 2000  # longer texts are shown as replaced as a whole
WORD = re.compile(r"\s*\S+|\s+$")
DiffKind = Literal["same", "added", "removed", "left out"]


@dataclass(frozen=True)
class DiffLine:
    """A line or span of either version, or the number of unchanged lines that are left out."""

    kind: DiffKind
    text: str = ""
    count: int = 0


def diff_lines(old: str, new: str) -> Sequence[DiffLine]:
    """Compare two texts by lines; return () if they are equal."""
    if old == new:
        return ()
    return tuple(_iter_lines(old.splitlines()[:MAX_LINES], new.splitlines()[:MAX_LINES]))


def diff_words(old: str, new: str) -> tuple[Sequence[DiffLine], Sequence[DiffLine]]:
    """Compare two texts by words; return the spans of the old text and those of the new one."""
    before, after = _split_words(old), _split_words(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    opcodes = list(matcher.get_opcodes())
    return (
        tuple(
            _iter_spans("removed", before, [(what, one, two) for what, one, two, _, _ in opcodes])
        ),
        tuple(_iter_spans("added", after, [(what, one, two) for what, _, _, one, two in opcodes])),
    )


def _split_words(text: str) -> Sequence[str]:
    """Split a text into words with their leading spaces; one too long to compare stays whole."""
    words = WORD.findall(text)
    return words if len(words) <= MAX_WORDS else [text]


def _iter_spans(
    kind: DiffKind, words: Sequence[str], opcodes: Sequence[tuple[str, int, int]]
) -> Iterator[DiffLine]:
    for operation, begin, end in opcodes:
        if begin < end:
            yield DiffLine("same" if operation == "equal" else kind, "".join(words[begin:end]))


def _iter_lines(old: Sequence[str], new: Sequence[str]) -> Iterator[DiffLine]:
    matcher = SequenceMatcher(None, old, new)
    for operation, begin, end, new_begin, new_end in matcher.get_opcodes():
        if operation == "equal":
            is_first, is_last = begin == 0, end == len(old)
            yield from _collapse_equal(
                old[begin:end], 0 if is_first else CONTEXT_LINES, 0 if is_last else CONTEXT_LINES
            )
        else:
            yield from (DiffLine("removed", words) for words in old[begin:end])
            yield from (DiffLine("added", words) for words in new[new_begin:new_end])


def _collapse_equal(same: Sequence[str], after: int, before: int) -> Iterator[DiffLine]:
    """Yield the unchanged lines next to a difference, and the number of lines in between."""
    hidden = len(same) - after - before
    if hidden <= 1:
        yield from (DiffLine("same", words) for words in same)
        return
    yield from (DiffLine("same", words) for words in same[:after])
    yield DiffLine("left out", count=hidden)
    yield from (DiffLine("same", words) for words in same[len(same) - before :])
