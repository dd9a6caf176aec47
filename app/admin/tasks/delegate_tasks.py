"""Tasks about delegates and people who would like to attend."""

from collections.abc import Callable, Sequence
from typing import Final

from flask_babel import ngettext
from sqlalchemy import func, select

from app.accounts import roles
from app.admin.tasks.open_tasks import (
    LATER,
    WAITING,
    Task,
    count_where,
    list_url,
)
from app.delegates.models import CONFERENCE, SeatLimit
from app.delegates.requirement_models import ACCESS, DIETARY
from app.registration.applications.models import ASKED, RegistrationApplication
from app.registration.interest.models import INTERESTED, ExpressionOfInterest
from app.registration.requirement_cases import queries as requirement_cases

WAITING_COUNT: Final = func.coalesce(
    select(SeatLimit.waiting).where(SeatLimit.name == CONFERENCE).scalar_subquery(), 0
)


def _task_of_replies(type_name: str, name: Callable[[int], str]) -> Task:
    return Task(
        f"{type_name}-replies",
        WAITING,
        roles.REQUIREMENT_CASES,
        requirement_cases.count_unread(type_name),
        name,
        list_url(f"{type_name}_cases.index", state=requirement_cases.UNREAD),
    )


def _task_of_cases(type_name: str, name: Callable[[int], str]) -> Task:
    return Task(
        type_name,
        WAITING,
        roles.REQUIREMENT_CASES,
        requirement_cases.count_unfinished(type_name),
        name,
        list_url(f"{type_name}_cases.index"),
    )


TASKS: Final[Sequence[Task]] = (
    _task_of_replies(
        ACCESS,
        lambda n: ngettext(
            "reply about an access requirement", "replies about access requirements", n
        ),
    ),
    _task_of_cases(
        ACCESS,
        lambda n: ngettext("access requirement to arrange", "access requirements to arrange", n),
    ),
    _task_of_replies(
        DIETARY,
        lambda n: ngettext(
            "reply about a dietary requirement", "replies about dietary requirements", n
        ),
    ),
    _task_of_cases(
        DIETARY,
        lambda n: ngettext("dietary requirement to arrange", "dietary requirements to arrange", n),
    ),
    Task(
        "applications",
        WAITING,
        roles.DELEGATES,
        count_where(RegistrationApplication, RegistrationApplication.state == ASKED),
        lambda n: ngettext("application to decide", "applications to decide", n),
        list_url("applications.index", state=ASKED),
    ),
    Task(
        "interest",
        WAITING,
        roles.DELEGATES,
        count_where(ExpressionOfInterest, ExpressionOfInterest.state == INTERESTED),
        lambda n: ngettext(
            "expression of interest to decide", "expressions of interest to decide", n
        ),
        list_url("interest.index", state=INTERESTED),
    ),
    Task(
        "waiting-list",
        LATER,
        roles.DELEGATES,
        WAITING_COUNT,
        lambda n: ngettext("person on the waiting list", "people on the waiting list", n),
        list_url("waiting_list.index"),
    ),
)
