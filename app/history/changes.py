"""What a deed changed: each field before and after, for people to read and for an undo to use."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter


@dataclass(frozen=True)
class Change:
    """One field of one thing, before and after."""

    field: str  # the name by which an undo finds it
    before: Any  # as JSON can hold it: text, a number, yes or no, nothing, or a list of these
    after: Any
    label: str  # what people call the field
    old: str  # before, in words; empty for nothing
    new: str


_json = TypeAdapter(tuple[Change, ...])


def written(made: Sequence[Change]) -> str:
    """Give changes as JSON."""
    return _json.dump_json(tuple(made)).decode()


def read(text: str) -> tuple[Change, ...]:
    """Read changes back from their JSON; an entry that has none gives none."""
    return _json.validate_json(text) if text else ()
