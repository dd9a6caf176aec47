"""The lens: how one request sees the site through another programme or at another moment.

A preview shows the working programme to whoever holds its link; a rehearsal shows what is
published as of a chosen moment. While a request looks through a lens the clock stands at its
moment, nothing that is made is remembered for anybody else, and nothing is written.

It stands beneath everything, for the clock, the edition and the database all ask for it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar, cast

Made = TypeVar("Made")
Kind = Literal["preview", "rehearsal"]


@dataclass(frozen=True)
class Lens:
    """What one request looks through."""

    kind: Kind
    prefix: str  # what stands before every address inside, after the language
    moment: datetime | None = None  # at which the clock stands; none: the site's own time
    is_full: bool = False  # whether every place is shown as taken
    is_past: bool = False  # whether the moment has gone by outside
    ends_at: datetime | None = None  # by the real clock: then the link shows nothing more
    _made: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def kept(self, name: str, make: Callable[[], Made]) -> Made:
        """Give what was made for this request, making it when it is first asked for."""
        if name not in self._made:
            self._made[name] = make()
        return cast(Made, self._made[name])


_lens: ContextVar[Lens | None] = ContextVar("lens", default=None)

current = _lens.get


@contextmanager
def looking_through(lens: Lens) -> Iterator[None]:
    """See the site through a lens for a while."""
    token = _lens.set(lens)
    try:
        yield
    finally:
        _lens.reset(token)


def prefix() -> str:
    """Tell what stands before every address inside the lens; nothing without one."""
    seen = current()
    return "" if seen is None else seen.prefix


def shows_full() -> bool:
    """Whether every place is shown as taken."""
    seen = current()
    return seen is not None and seen.is_full
