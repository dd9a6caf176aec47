"""Tasks about delegates and the people who would like to be one."""

from collections.abc import Sequence
from typing import Final

from flask_babel import ngettext
from sqlalchemy import ColumnElement, func, select

from app.accounts import roles
from app.admin.tasks.open_tasks import (
    LATER,
    WAITING,
    Task,
    count_rows,
    list_url,
)
from app.registration.access_cases import queries as access_cases
from app.registration.applications.models import ASKED, RegistrationApplication
from app.registration.interest.models import INTERESTED, ExpressionOfInterest
from app.registration.models import SeatLimit
from app.registration.seats import CONFERENCE


def _count_waiting() -> ColumnElement[int]:
    """Return the subquery with the number of people on the waiting list."""
    waiting = select(SeatLimit.waiting).where(SeatLimit.name == CONFERENCE).scalar_subquery()
    return func.coalesce(waiting, 0)


TASKS: Final[Sequence[Task]] = (
    Task(
        "access-replies",
        WAITING,
        roles.ACCESS_CASES,
        access_cases.count_unread,
        lambda n: ngettext(
            "reply about an access requirement", "replies about access requirements", n
        ),
        list_url("access_cases.index", state=access_cases.UNREAD),
    ),
    Task(
        "access",
        WAITING,
        roles.ACCESS_CASES,
        access_cases.count_unfinished,
        lambda n: ngettext("access requirement to arrange", "access requirements to arrange", n),
        list_url("access_cases.index"),
    ),
    Task(
        "applications",
        WAITING,
        roles.DELEGATES,
        count_rows(RegistrationApplication, RegistrationApplication.state == ASKED),
        lambda n: ngettext("application to decide", "applications to decide", n),
        list_url("applications.index", state=ASKED),
    ),
    Task(
        "interest",
        WAITING,
        roles.DELEGATES,
        count_rows(ExpressionOfInterest, ExpressionOfInterest.state == INTERESTED),
        lambda n: ngettext(
            "expression of interest to decide", "expressions of interest to decide", n
        ),
        list_url("interest.index", state=INTERESTED),
    ),
    Task(
        "waiting-list",
        LATER,
        roles.DELEGATES,
        _count_waiting,
        lambda n: ngettext("person on the waiting list", "people on the waiting list", n),
        list_url("waiting_list.index"),
    ),
)
