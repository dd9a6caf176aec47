"""What a filter of delegates declares; ``filters`` has all of them."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import has_request_context
from sqlalchemy import ColumnElement, CompoundSelect, Select, literal, select, union_all

from app.accounts import guards
from app.accounts.roles import Area
from app.admin_kit.listing import ListFilter
from app.database import db

Condition = ColumnElement[bool]
Options = Sequence[tuple[str, Any]]  # value, and its words, which may be lazy
InUse = Sequence[tuple[str, str]]  # value and text, as the database has them


@dataclass(frozen=True)
class DelegateFilter:
    """A filter: it is offered if it has options and the person signed in may use it."""

    name: str  # of the parameter in addresses
    label: Any
    condition: Callable[[str], Condition]  # for delegates whom a value finds
    options: Options = ()
    list_options: Callable[[InUse], Options] | None = None  # where they are not always the same
    select_in_use: Callable[[], Select[tuple[str, str]]] | None = None  # what it is given
    kind: type[ListFilter] = ListFilter
    area: Area | None = None  # of which one must be able to read, besides that of delegates
    needs_consent: bool = False  # it finds people who agreed to emails; they can unsubscribe

    @property
    def is_permitted(self) -> bool:
        """Whether it may be used: by the worker, which sends group emails, always."""
        return self.area is None or not has_request_context() or guards.can_read(self.area)

    def build(self, in_use: InUse) -> ListFilter:
        """Return the filter with its options."""
        options = self.list_options(in_use) if self.list_options else self.options
        return self.kind(self.name, self.label, options)


def load_in_use(declared: Sequence[DelegateFilter]) -> Mapping[str, InUse]:
    """Return what filters find in use, by their names; all are asked in one statement."""
    found = defaultdict[str, list[tuple[str, str]]](list)
    asked = tuple((one.name, one.select_in_use) for one in declared if one.select_in_use)
    for name, value, text in db.session.execute(_select_in_use(asked)).tuples():
        found[name].append((value, text))
    return found


@cache
def _select_in_use(
    asked: tuple[tuple[str, Callable[[], Select[tuple[str, str]]]], ...],
) -> CompoundSelect[tuple[str, str, str]]:
    """Select what these filters find in use; built once, which takes longer than the answer."""
    return union_all(*(select(literal(name), *build().subquery().c) for name, build in asked))
