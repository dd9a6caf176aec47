"""All tasks of the dashboard; within a severity they are shown in this order."""

from collections.abc import Sequence
from typing import Final

from app.admin.tasks import (
    delegate_tasks,
    email_tasks,
    programme_tasks,
    site_tasks,
    speaker_tasks,
)
from app.admin.tasks.open_tasks import Task

TASKS: Final[Sequence[Task]] = (
    *email_tasks.TASKS,
    *delegate_tasks.TASKS,
    *programme_tasks.TASKS,
    *speaker_tasks.TASKS,
    *site_tasks.TASKS,
)
