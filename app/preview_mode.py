"""Preview mode: how one request sees the site with another programme or at another time.

A preview shows the working programme to anyone with its link; a rehearsal shows the published
programme at a chosen moment. During such a request the clock stands still at that moment, nothing
is cached for other requests, and nothing is written.

It imports no other module: the clock, the cache version and the database depend on it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar, cast

T = TypeVar("T")
PreviewKind = Literal["preview", "rehearsal"]


@dataclass(frozen=True)
class PreviewMode:
    """What one request previews."""

    kind: PreviewKind
    prefix: str  # path prefix of every URL, after the language
    moment: datetime | None = None  # shown by the clock; None: the site's own time
    is_full: bool = False  # whether all places are shown as taken
    is_past: bool = False  # whether the moment is before the site's own time
    ends_at: datetime | None = None  # when the link expires, in real time
    _cache: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def cached(self, name: str, make: Callable[[], T]) -> T:
        """Return the value cached for this request, computing it when first needed."""
        if name not in self._cache:
            self._cache[name] = make()
        return cast(T, self._cache[name])


_active: ContextVar[PreviewMode | None] = ContextVar("lens", default=None)

current = _active.get


@contextmanager
def activate(mode: PreviewMode) -> Iterator[None]:
    """Use a preview mode within a block."""
    token = _active.set(mode)
    try:
        yield
    finally:
        _active.reset(token)


def prefix() -> str:
    """Return the path prefix of all URLs in preview mode; "" otherwise."""
    mode = current()
    return "" if mode is None else mode.prefix


def simulates_full() -> bool:
    """Return True if the conference is shown as fully booked."""
    mode = current()
    return mode is not None and mode.is_full
