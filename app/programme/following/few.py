"""A few things that never change, held in memory: what was asked for longest ago leaves first."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Few(Generic[Made]):
    """Things by their numbers, no more than ``most`` of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[int, Made] = OrderedDict()
        self._arranging = Lock()

    def find(self, number: int, make: Callable[[int], Made]) -> Made:
        """Give a thing, making it when it is not held; two at once may both make it."""
        with self._arranging:
            if number in self._held:
                self._held.move_to_end(number)
                return self._held[number]
        made = make(number)
        with self._arranging:
            self._held[number] = made
            if len(self._held) > self._most:
                self._held.popitem(last=False)
        return made
