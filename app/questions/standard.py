"""What the code says of the standard questions of a form: those that every site asks.

Each is a row like a question of the organisers, with a key. The key says which answer it asks for,
and so where that is kept, how it is checked and who reads it. All else follows the row: the words,
the order, who is asked, and whether anybody is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class StandardQuestion:
    """One of them, as it is until organisers change it."""

    key: str
    page: str  # the page of the form that asks it, with others of the same page
    label: Any
    help: Any
    purpose: Any
    readers: str
    erasure: str
    is_required: bool = False
    can_be_required: bool = False  # whether organisers may require an answer, or none
    can_be_hidden: bool = False  # and asked of some people only
    can_be_erased_early: bool = False  # before the rest
    is_private: bool = False  # no other question may depend on its answer


_declared: dict[str, Mapping[str, StandardQuestion]] = {}  # by the name of the set, and by key


def declare(set_name: str, questions: Sequence[StandardQuestion]) -> None:
    """Declare the standard questions of a set, in their order."""
    _declared[set_name] = {one.key: one for one in questions}


def find(set_name: str, key: str) -> StandardQuestion | None:
    """Return what is declared of a standard question; None for any other."""
    return _declared.get(set_name, {}).get(key)


def list_of(set_name: str) -> Sequence[StandardQuestion]:
    """List the standard questions of a set, in their order until organisers change it."""
    return list(_declared.get(set_name, {}).values())
