"""The worker of a simulated year: its own tasks, and its own way of sending emails."""

from collections.abc import Sequence
from traceback import format_exception

from flask import current_app
from sqlalchemy import select

from app.database import db
from app.mail import transports
from app.mail.models import SENT, Email
from app.mail.worker import MailWorker, ShutdownSignal, Task, run_tasks
from app.worker_tasks import (
    FOLLOW_UP_TASKS,
    FREQUENT_TASKS,
    PERIODIC_TASKS,
    PICTURE_TASKS,
    SCHEDULED_TASKS,
)
from tests.mail_server import MailServer


class TaskFailed(AssertionError):
    """A task of the worker has failed, which it only writes into its log."""

    def __init__(self, causes: Sequence[Exception]) -> None:
        super().__init__("\n".join("".join(format_exception(one)) for one in causes))
        self.causes = causes


def run_frequent_tasks() -> None:
    """Run what the worker does every few seconds."""
    run_all((*PICTURE_TASKS, *FREQUENT_TASKS, *SCHEDULED_TASKS, *FOLLOW_UP_TASKS))


def run_periodic_tasks() -> None:
    """Run what the worker does every ten minutes."""
    run_all(PERIODIC_TASKS)


def send_emails() -> None:
    """Send what is due, as a worker does that has just been started."""
    with ShutdownSignal() as bell:
        MailWorker(transports.create_transport(current_app), bell).run_once()


def list_lost_emails(mailbox: MailServer) -> Sequence[str]:
    """List the emails that count as sent and never came."""
    arrived = [str(one.message["Message-ID"]).strip() for one in mailbox.emails]
    rows = db.session.execute(
        select(Email.message_id, Email.recipient, Email.template).where(Email.state == SENT)
    )
    known = set(arrived)
    return [
        f"The email {template} to {recipient} counts as sent, but never came."
        for number, recipient, template in rows
        if number not in known
    ]


def run_all(tasks: Sequence[Task]) -> None:
    """Run tasks as the worker does; raise TaskFailed with all that went wrong."""
    faults: list[Exception] = []

    def watch(task: Task) -> Task:
        def run() -> None:
            try:
                task()
            except Exception as fault:
                faults.append(fault)
                raise

        return run

    run_tasks([watch(task) for task in tasks])
    if faults:
        raise TaskFailed(faults)
