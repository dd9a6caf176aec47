"""Tasks of the dashboard: their declaration, and which need doing now.

A task is declared as a row of ``TASKS`` in the module of its topic. Its count is a subquery, which
becomes part of the one statement that counts all tasks, or a function if SQL is not enough. Users
see the tasks of the areas that their role may change; the others are not counted.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, func, select

from app import clock
from app.accounts.roles import Area
from app.database import Base, db
from app.releases import current_release
from app.speakers.models import ItemDeadline

URGENT, WAITING, LATER = "urgent", "waiting", "later"
SEVERITIES: Final = {
    URGENT: _l("Urgent"),
    WAITING: _l("Waiting for you"),
    LATER: _l("To complete"),
}

Count = ColumnElement[Any] | Callable[[], int]


def _read_count(value: Any) -> int:
    return int(value or 0)


@dataclass(frozen=True, eq=False)
class Task:
    """Something that may need doing: how to count it, who may do it, and where."""

    name: str
    severity: str
    area: Area  # shown to the roles that may change it
    count: Count
    sentence: Callable[[int], str]  # the text after the number
    url: Callable[[], str]  # of the list, filtered
    is_counted: bool = True  # False: the sentence needs no number
    item: str = ""  # of the speakers' checklist, whose deadline applies to the task
    read: Callable[[Any], int] = _read_count  # converts the database value to a number
    describe: Callable[[Any], str] | None = None  # likewise, to a text in place of the sentence


@dataclass(frozen=True)
class OpenTask:
    """A task that needs doing now."""

    name: str
    severity: str
    number: int
    sentence: str
    url: str
    is_counted: bool
    due_on: date | None
    is_overdue: bool


def count_where(model: type[Base], *such: ColumnElement[bool]) -> ColumnElement[int]:
    """Return the subquery that counts the rows that meet all conditions."""
    return select(func.count()).select_from(model).where(*such).scalar_subquery()


def list_url(endpoint: str, **values: Any) -> Callable[[], str]:
    """Return a function that returns the URL of an admin list with these filters."""
    return lambda: url_for(f"admin.{endpoint}", **values)


def list_open(
    tasks: Sequence[Task], role: str, *besides: ColumnElement[Any]
) -> tuple[Sequence[OpenTask], Sequence[Any]]:
    """List the open tasks of a role, most urgent first, and the values of ``columns``.

    Both take one statement, in addition to the counts that need more than SQL.
    """
    own = tuple(task for task in tasks if role in task.area.write_roles)
    values = iter(db.session.execute(_select_counts(own, besides)).one())
    counts = [
        next(values) if isinstance(task.count, ColumnElement) else task.count() for task in own
    ]
    deadlines = [next(values) if task.item else None for task in own]
    found = [
        _open(task, count, due_on)
        for task, count, due_on in zip(own, counts, deadlines, strict=True)
    ]
    order = list(SEVERITIES)
    is_open = sorted(
        (open_task for open_task in found if open_task.number),
        key=lambda one: order.index(one.severity),
    )
    return is_open, list(values)


def group_by_severity(tasks: Sequence[OpenTask]) -> Iterator[tuple[Any, Sequence[OpenTask]]]:
    """Yield the tasks of each severity below its label."""
    for severity, label in SEVERITIES.items():
        matching = [task for task in tasks if task.severity == severity]
        if matching:
            yield label, matching


@cache
def _select_counts(
    tasks: tuple[Task, ...], besides: tuple[ColumnElement[Any], ...]
) -> Select[tuple[Any, ...]]:
    """Select counts, deadlines and the other columns; cached, since building it takes longest."""
    counts = [task.count for task in tasks if isinstance(task.count, ColumnElement)]
    deadlines = [_deadline(task.item) for task in tasks if task.item]
    return select(*counts, *deadlines, *besides)


def _deadline(item: str) -> ColumnElement[date]:
    return select(ItemDeadline.due_on).where(ItemDeadline.item == item).scalar_subquery()


def _open(task: Task, value: Any, due_on: date | None) -> OpenTask:
    number = value if isinstance(value, int) else task.read(value)
    is_overdue = due_on is not None and due_on < _today()
    return OpenTask(
        name=task.name,
        severity=URGENT if is_overdue else task.severity,
        number=number,
        sentence=_describe(task, value, number) if number else "",
        url=task.url(),
        is_counted=task.is_counted,
        due_on=due_on,
        is_overdue=is_overdue,
    )


def _describe(task: Task, value: Any, number: int) -> str:
    return task.describe(value) if task.describe else task.sentence(number)


def _today() -> date:
    zone = ZoneInfo(current_release.get_programme().conference.time_zone)
    return clock.now().astimezone(zone).date()
