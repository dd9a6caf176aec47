"""Tasks of the dashboard: what one is, and which need doing now.

A task is declared as a row of ``TASKS`` in the module of its matter. Its count is a subquery, which
goes into the one statement that counts all tasks, or a function where counting needs more than SQL.
A person sees the tasks of the areas that their role may change; the others are not counted.
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
    """Something that may need doing: how it is counted, who may do it, and where."""

    name: str
    severity: str
    area: Area  # it is shown to the roles that may change it
    count: Count
    sentence: Callable[[int], str]  # the words after the number
    url: Callable[[], str]  # of the list, filtered
    is_counted: bool = True  # False: the sentence needs no number
    item: str = ""  # of the speakers' checklist: its deadline is that of the task
    read: Callable[[Any], int] = _read_count  # what the database gives, as a number
    describe: Callable[[Any], str] | None = None  # likewise, as words in place of the sentence


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
    """Return the subquery that counts the rows for which all conditions hold."""
    return select(func.count()).select_from(model).where(*such).scalar_subquery()


def list_url(endpoint: str, **values: Any) -> Callable[[], str]:
    """Return what gives the URL of a list of admin, with its filters."""
    return lambda: url_for(f"admin.{endpoint}", **values)


def list_open(
    tasks: Sequence[Task], role: str, *besides: ColumnElement[Any]
) -> tuple[Sequence[OpenTask], Sequence[Any]]:
    """List what a role has to do, most urgent first, and read other columns in the same statement.

    The tasks and the columns take one statement, besides the counts that are more than SQL.
    """
    own = tuple(task for task in tasks if role in task.area.write_roles)
    values = iter(db.session.execute(_select_counts(own, besides)).one())
    counts = [next(values) if isinstance(one.count, ColumnElement) else one.count() for one in own]
    deadlines = [next(values) if task.item else None for task in own]
    found = [
        _open(task, count, due_on)
        for task, count, due_on in zip(own, counts, deadlines, strict=True)
    ]
    order = list(SEVERITIES)
    is_open = sorted(
        (one for one in found if one.number), key=lambda one: order.index(one.severity)
    )
    return is_open, list(values)


def group_by_severity(tasks: Sequence[OpenTask]) -> Iterator[tuple[Any, Sequence[OpenTask]]]:
    """Yield the tasks of each severity below its label."""
    for severity, label in SEVERITIES.items():
        such = [task for task in tasks if task.severity == severity]
        if such:
            yield label, such


@cache
def _select_counts(
    tasks: tuple[Task, ...], besides: tuple[ColumnElement[Any], ...]
) -> Select[tuple[Any, ...]]:
    """Select counts, deadlines and the other columns; built once, since that takes the longest."""
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
