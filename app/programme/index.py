"""Things by the first letter of their names, as an index at the end of a book has them."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.programme import names

Thing = TypeVar("Thing")

MANY = 40  # things, from which on they are looked up by letter


@dataclass(frozen=True)
class Initial(Generic[Thing]):
    """The things whose names begin with one letter."""

    letter: str
    things: tuple[Thing, ...]


def by_initial(
    things: Sequence[Thing], named: Callable[[Thing], str]
) -> tuple[Initial[Thing], ...]:
    """Part things, in their order, by the first letter of their names; few are not parted."""
    if len(things) <= MANY:
        return ()
    found: dict[str, list[Thing]] = defaultdict(list)
    for thing in things:
        found[names.letter(named(thing))].append(thing)
    ordered = sorted(found, key=lambda letter: (letter == names.ELSEWHERE, letter))
    return tuple(Initial(letter, tuple(found[letter])) for letter in ordered)
