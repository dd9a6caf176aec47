"""The fields that an operation changed, with values before and after, for display and for undo."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter


@dataclass(frozen=True)
class Change:
    """One changed field with its values before and after."""

    field: str  # the name that an undo uses
    before: Any  # a JSON value: text, number, boolean, null or a list of these
    after: Any
    label: str  # the name of the field on pages
    old: str  # the value before as text; empty for none
    new: str


_json = TypeAdapter(tuple[Change, ...])


def dump(changes: Sequence[Change]) -> str:
    """Return changes as JSON."""
    return _json.dump_json(tuple(changes)).decode()


def load(text: str) -> tuple[Change, ...]:
    """Parse changes from JSON; an empty text gives none."""
    return _json.validate_json(text) if text else ()
