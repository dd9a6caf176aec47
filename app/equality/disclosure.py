"""Which counts may be published, so that small ones cannot be worked out.

Counts are rounded down to a multiple of five: a count below five reads “Fewer than 5”, even if no
one chose the answer. An observer may know exactly how many people answered. So counts are published
only if, with that number, each of them can still be any of the five that round to it; and again
only after at least five more people have answered for each count that changes, so that two views
never differ by one person's answer.
"""

from collections.abc import Mapping
from typing import Final

STEP: Final = 5
MOST_HIDDEN: Final = STEP - 1  # of each count, by rounding

Counts = Mapping[str, int]


def round_down(number: int) -> int:
    """Return the number that is published in place of a count."""
    return number - number % STEP


def choose_published(counts: Counts, before: Counts, new_answers: int) -> Counts:
    """Choose the counts to publish: the previous ones, until new ones do not identify anyone."""
    rounded = {name: round_down(number) for name, number in counts.items()}
    changed = [name for name, number in rounded.items() if number != before.get(name, 0)]
    if new_answers < STEP * max(1, len(changed)):
        return before
    return rounded if hides_each(counts) else before


def hides_each(counts: Counts) -> bool:
    """Return True if each rounded count can be any of five values, even if the sum is known."""
    hidden = sum(number % STEP for number in counts.values())
    return MOST_HIDDEN <= hidden <= MOST_HIDDEN * (len(counts) - 1)
