"""Rules that Hypothesis applies one after the other, chosen from all that can be applied then.

Its own state machines leave most rules out of each example, which finds more where examples are
many. Here there is time for a few, and most faults need rules of several kinds together.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from hypothesis import note
from hypothesis import strategies as st

Function = TypeVar("Function", bound=Callable[..., None])

_arguments: dict[str, Mapping[str, st.SearchStrategy[Any]]] = {}  # of rules, by their names
_conditions: dict[str, Callable[[Any], object]] = {}


class Machine(Protocol):
    """What has rules: its methods that are marked with ``rule``."""

    def check(self) -> None:
        """Assert what must be so after every step."""


def rule(**arguments: st.SearchStrategy[Any]) -> Callable[[Function], Function]:
    """Mark a method as a rule, with what is drawn for its arguments."""

    def mark(function: Function) -> Function:
        _arguments[function.__name__] = arguments
        return function

    return mark


def precondition(is_possible: Callable[[Any], object]) -> Callable[[Function], Function]:
    """Let a rule be chosen only while it is possible."""

    def mark(function: Function) -> Function:
        _conditions[function.__name__] = is_possible
        return function

    return mark


def apply_rules(machine: Machine, data: st.DataObject, steps: int) -> None:
    """Apply so many rules, and check the machine before them and after each."""
    machine.check()
    for _ in range(steps):
        names = [one for one in _arguments if hasattr(machine, one) and _is_possible(machine, one)]
        name = data.draw(st.sampled_from(names))
        drawn = {key: data.draw(strategy) for key, strategy in _arguments[name].items()}
        note(f"{name} {drawn}")
        getattr(machine, name)(**drawn)
        machine.check()


def _is_possible(machine: Machine, name: str) -> bool:
    return name not in _conditions or bool(_conditions[name](machine))
