"""The declaration of a filter of delegates; ``filters`` lists them all."""

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
Options = Sequence[tuple[str, Any]]  # value and label, which may be lazy
InUse = Sequence[tuple[str, str]]  # value and text, as the database has them


@dataclass(frozen=True)
class DelegateFilter:
    """A filter: it is offered if it has options and the current user may use it."""

    name: str  # of the URL parameter
    label: Any
    condition: Callable[[str], Condition]  # selects delegates by a value
    options: Options = ()
    list_options: Callable[[InUse], Options] | None = None  # for options that depend on the data
    select_in_use: Callable[[], Select[tuple[str, str]]] | None = None  # for ``options``
    kind: type[ListFilter] = ListFilter
    area: Area | None = None  # the user must be able to read it
    needs_consent: bool = False  # it finds people who agreed to emails; they can unsubscribe

    @property
    def is_permitted(self) -> bool:
        """Whether the user may use it; the worker, which sends group emails, always may."""
        return self.area is None or not has_request_context() or guards.can_read(self.area)

    def build(self, in_use: InUse) -> ListFilter:
        """Return the filter with its options."""
        options = self.list_options(in_use) if self.list_options else self.options
        return self.kind(self.name, self.label, options)


def load_in_use(declared: Sequence[DelegateFilter]) -> Mapping[str, InUse]:
    """Load the values in use for filters, by filter name, all in one statement."""
    found = defaultdict[str, list[tuple[str, str]]](list)
    selects = tuple((one.name, one.select_in_use) for one in declared if one.select_in_use)
    for name, value, text in db.session.execute(_select_in_use(selects)).tuples():
        found[name].append((value, text))
    return found


@cache
def _select_in_use(
    asked: tuple[tuple[str, Callable[[], Select[tuple[str, str]]]], ...],
) -> CompoundSelect[tuple[str, str, str]]:
    """Select the values in use for these filters; cached, since building it is slow."""
    return union_all(*(select(literal(name), *build().subquery().c) for name, build in asked))
