"""The declarations of the standard questions of a form: those that every site asks.

Each has a row like an organisers' question, with a key. The key determines which answer it asks
for, and so where that is stored, how it is validated and who reads it. The row determines the rest:
the wording, the order, who is asked, and whether it is asked at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class StandardQuestion:
    """A standard question with its defaults."""

    key: str
    page: str  # the page of the form that it shares with others
    label: Any
    help: Any
    purpose: Any
    readers: str
    erasure: str
    is_required: bool = False
    can_be_required: bool = False  # whether organisers may change whether an answer is required
    can_be_hidden: bool = False  # and asked of some people only
    can_be_erased_early: bool = False  # before other answers
    is_private: bool = False  # no other question may depend on its answer


_declared: dict[str, Mapping[str, StandardQuestion]] = {}  # by the name of the set, and by key


def declare(set_name: str, questions: Sequence[StandardQuestion]) -> None:
    """Declare the standard questions of a set, in their order."""
    _declared[set_name] = {question.key: question for question in questions}


def find(set_name: str, key: str) -> StandardQuestion | None:
    """Return the declaration of a standard question; None for others."""
    return _declared.get(set_name, {}).get(key)


def list_of(set_name: str) -> Sequence[StandardQuestion]:
    """List the standard questions of a set, in their default order."""
    return list(_declared.get(set_name, {}).values())
