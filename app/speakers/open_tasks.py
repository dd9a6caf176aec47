"""The open tasks of speakers with their deadlines, in a single query.

``checklist`` returns the state of each task; whether one is open, ``checklist_conditions`` says in
SQL.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import select

from app.database import db
from app.programme.models import Speaker
from app.speakers.checklist import ITEMS
from app.speakers.checklist_conditions import CONDITIONS
from app.speakers.models import ItemDeadline


class OpenTask(NamedTuple):
    """An open task of a speaker."""

    label: Any
    due_on: date | None


def map_open_tasks(ids: Collection[int]) -> Mapping[int, Sequence[OpenTask]]:
    """Return the open tasks of these speakers, by id; none for withdrawn ones."""
    deadline = select(ItemDeadline.due_on)
    columns = [
        column
        for item in ITEMS
        for column in (
            CONDITIONS[item.name].is_open,
            deadline.where(ItemDeadline.item == item.name).scalar_subquery(),
        )
    ]
    conditions = Speaker.id.in_(ids), Speaker.withdrawn_at.is_(None)
    rows = db.session.execute(select(Speaker.id, *columns).where(*conditions))
    return {
        number: [
            OpenTask(item.label, due_on)
            for item, is_open, due_on in zip(ITEMS, values[::2], values[1::2], strict=True)
            if is_open
        ]
        for number, *values in rows
    }
