"""The order of questions: moving one, while the standard questions of a page stay together."""

from collections.abc import Sequence
from itertools import chain, groupby

from app.questions.definitions import Definition
from app.text import parse_number

STEPS = {"up": -1, "down": 1}
MAX_POSITION_DIGITS = 4


def find_target(direction: str, index: int) -> int:
    """Return the position, from 0, for "up", "down" or a position from 1 ("3")."""
    if direction in STEPS:
        return index + STEPS[direction]
    place = parse_number(direction, MAX_POSITION_DIGITS)
    return index if place is None else place - 1


def move(asked: Sequence[Definition], index: int, target: int) -> Sequence[Definition]:
    """Return the questions with one of them in another position.

    Within its page a standard question moves alone, beyond it with the whole page; no other
    question can be between those of a page.
    """
    blocks = _split_into_blocks(asked)
    places = [number for number, block in enumerate(blocks) for _ in block]
    source, destination = places[index], places[target]
    if source == destination:
        block, first = blocks[source], places.index(source)
        block.insert(target - first, block.pop(index - first))
    else:
        blocks.insert(destination, blocks.pop(source))
    return list(chain.from_iterable(blocks))


def _split_into_blocks(asked: Sequence[Definition]) -> list[list[Definition]]:
    """Return blocks: each organisers' question alone, and the standard ones page by page."""
    return [list(block) for _, block in groupby(asked, key=lambda one: one.page or one.id)]


def add(restored: Definition, asked: Sequence[Definition]) -> Sequence[Definition]:
    """Return the questions with a restored one: last, or last on its own page."""
    on_page = [
        place for place, one in enumerate(asked) if restored.page and one.page == restored.page
    ]
    place = on_page[-1] + 1 if on_page else len(asked)
    return [*asked[:place], restored, *asked[place:]]
