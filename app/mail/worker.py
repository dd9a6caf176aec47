"""The mail worker: sends the emails in the outbox, one at a time.

One transaction leases a few emails, and another records the outcome of each before the next one is
sent; none is open during network access. If a worker dies, nothing is lost: at most the email it
was sending goes out twice, with the same Message-ID. Only leasing waits for the disk, so that a
power cut may repeat the few that were leased together (decision 0039). An email whose outcome
cannot be stored is set aside, and the others continue.
"""

import os
import select
import signal
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from types import FrameType
from typing import Self

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from app.database import db, transaction
from app.database_faults import is_unavailable, may_concern_one_row
from app.errors import RuleViolation
from app.log import log
from app.mail import bounces, heartbeat, outbox
from app.mail.heartbeat import Heartbeat, RepeatedAction, repeating
from app.mail.models import FAILED, SENT, WAITING
from app.mail.outbox import LeasedEmail, SendOutcome
from app.mail.transports import (
    MailTransport,
    NoAnswer,
    PermanentFailure,
    ServerUnavailable,
    TemporaryFailure,
)
from app.mail.wakeup import Wakeup, create_wakeup
from app.transaction_settings import quick_commits

PAUSE = 0.2  # seconds before any retry
PERIODIC_INTERVAL = 600.0  # seconds
MAX_BACKOFF = 30.0  # seconds between attempts while the mail server or the database is unavailable
MAX_BATCH = 16  # emails leased together
BATCH_TIME = 0.2  # seconds after which the rest is given back, so that urgent emails need not wait
PAUSE_SHARE = 3  # after an urgent attempt, wait this many times its duration before the next
TASKS_TIME = 600.0  # seconds that a round of tasks may take before the worker counts as stuck
ROW_RETRIES = 5  # attempts to record an outcome that may fail for this email alone
NOT_RECORDED = "The result of the first attempt could not be recorded"
SHUTDOWN_RETRIES = 5  # attempts to record the last email after being told to stop

MAIL_THREAD = "mail"  # its name for the heartbeat

Task = Callable[[], None]


@dataclass(frozen=True)
class TaskGroup:
    """Tasks that are repeated in a thread of their own, so that slow ones do not block others."""

    name: str
    interval: float  # seconds from the end of one round to the next
    tasks: Sequence[Task]


class ShutdownSignal:
    """Set when the process is asked to stop; wakes the waiting thread at once."""

    def __init__(self) -> None:
        self.is_set = False
        self._read_fd, self._write_fd = os.pipe()
        self._previous_handlers: dict[int, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGINT):
            self._previous_handlers[number] = signal.signal(number, self.set)
        return self

    def __exit__(self, *about: object) -> None:
        for number, before in self._previous_handlers.items():
            signal.signal(number, before)
        os.close(self._read_fd)
        os.close(self._write_fd)

    def set(self, number: int = 0, frame: FrameType | None = None) -> None:
        """Ask the worker to stop; usable as a signal handler."""
        if not self.is_set:
            self.is_set = True
            os.write(self._write_fd, b"!")

    def wait(self, seconds: float, *others: int) -> bool:
        """Sleep until the signal is set or a descriptor is readable; return True if it is set."""
        select.select([self._read_fd, *others], [], [], seconds)
        return self.is_set


class MailWorker:
    """Sends emails until none are due, or until told to stop."""

    def __init__(self, transport: MailTransport, shutdown: ShutdownSignal) -> None:
        self.tally: Counter[str] = Counter()
        self._transport = transport
        self._shutdown = shutdown
        self._lease = timedelta(seconds=BATCH_TIME + transport.max_send_time)
        self._batch_size = 1
        self._failures = 0  # consecutive failures of the server or the database
        self._unrecorded: dict[int, SendOutcome] = {}  # by email id; not sent again
        self._urgent_waits_until = 0.0  # monotonic time
        self._heartbeat = Heartbeat()

    def run_once(self) -> None:
        """Send every email that is due; stop early if the server is unavailable."""
        heartbeat.record()
        try:
            self._send_all_due()
        finally:
            self._transport.close()

    def run_forever(self, periodic_tasks: Sequence[Task], groups: Sequence[TaskGroup] = ()) -> None:
        """Keep sending, and run each group of tasks at its interval, until told to stop."""
        self._heartbeat.expect(MAIL_THREAD, 0)
        wakeup = create_wakeup(db.engine, current_app.config["DATABASE_DIRECT_URL"])
        actions = (
            RepeatedAction(group.interval, group.name, partial(self._run_group, group))
            for group in groups
        )
        with closing(wakeup), self._heartbeat.beating(), repeating(*actions):
            self._run_forever(periodic_tasks, wakeup)

    def _run_group(self, group: TaskGroup) -> None:
        self._heartbeat.expect(group.name, TASKS_TIME)
        run_tasks(group.tasks)

    def _run_forever(self, tasks: Sequence[Task], wakeup: Wakeup) -> None:
        tasks_due_at = time.monotonic()
        while not self._shutdown.is_set:
            try:
                if time.monotonic() >= tasks_due_at:
                    tasks_due_at = time.monotonic() + PERIODIC_INTERVAL
                    self._heartbeat.expect(MAIL_THREAD, TASKS_TIME)
                    run_tasks(tasks)
                self._send_if_due()
            except SQLAlchemyError as fault:
                if not is_unavailable(fault):
                    raise
                self._log_database_error(fault)
            if self._failures:
                self._wait()
            else:
                self._heartbeat.expect(MAIL_THREAD, 0)
                wakeup.wait(self._shutdown.wait)
        self._transport.close()

    def _send_if_due(self) -> None:
        if outbox.has_due(db.engine, urgent_waits=self._urgent_waits):
            self._send_all_due()
        else:
            self._transport.close_if_idle()
            self._failures = 0

    def _send_all_due(self) -> None:
        while (batch := self._lease_batch()) and self._send_batch(batch):
            pass

    def _lease_batch(self) -> Sequence[LeasedEmail]:
        if self._shutdown.is_set:
            return []
        with transaction():
            return outbox.lease_next(self._lease, self._batch_size, urgent_waits=self._urgent_waits)

    def _send_batch(self, batch: Sequence[LeasedEmail]) -> bool:
        """Send leased emails while there is time; return False if no more can be sent for now.

        The next batch is larger if this one was done in time, so that leased emails are sent soon.
        """
        ends_at = time.monotonic() + BATCH_TIME
        remaining, sent_count = deque(batch), 0
        is_away = False
        while remaining and not (sent_count and self._is_over(ends_at, is_away=is_away)):
            email = remaining.popleft()
            outcome = self._unrecorded.pop(email.id, None) or self._send(email)
            is_away = outcome.is_server_unavailable
            self._failures = self._failures + 1 if is_away else 0
            self._record(email, outcome)
            sent_count += 1
            if outcome.state == WAITING or email.domain_failures:
                self._give_back([one for one in remaining if one.domain == email.domain])
                remaining = deque(one for one in remaining if one.domain != email.domain)
        self._give_back(remaining)
        self._batch_size = min(MAX_BATCH, 2 * sent_count)
        return not is_away

    def _is_over(self, ends_at: float, *, is_away: bool) -> bool:
        return is_away or self._shutdown.is_set or time.monotonic() > ends_at

    def _give_back(self, emails: Collection[LeasedEmail]) -> None:
        if emails:
            with quick_commits(), transaction():
                outbox.give_back(list(emails))

    @property
    def _urgent_waits(self) -> bool:
        """Whether urgent emails wait for failing domains.

        Each attempt may take as long as a server's time limit. This leaves most of the time to
        other emails, however many urgent ones there are.
        """
        return time.monotonic() < self._urgent_waits_until

    def _send(self, email: LeasedEmail) -> SendOutcome:
        started_at = time.monotonic()
        outcome = self._try_to_send(email)
        if email.passes_pause:
            now = time.monotonic()
            self._urgent_waits_until = now + PAUSE_SHARE * (now - started_at)
        return outcome

    def _try_to_send(self, email: LeasedEmail) -> SendOutcome:
        self._heartbeat.expect(MAIL_THREAD, self._transport.max_send_time)
        try:
            self._transport.send(email)
        except (PermanentFailure, RuleViolation) as refusal:
            return SendOutcome(FAILED, str(refusal))
        except TemporaryFailure as refusal:
            return SendOutcome(
                WAITING,
                str(refusal),
                is_server_unavailable=isinstance(refusal, ServerUnavailable),
                is_unanswered=isinstance(refusal, NoAnswer),
            )
        except Exception as fault:  # noqa: BLE001 – one email must not hold up the others
            log.error("email not sent", email=email.id, kind=type(fault).__name__)
            return SendOutcome(WAITING, "Something went wrong on our side")
        return SendOutcome(SENT)

    def _record(self, email: LeasedEmail, outcome: SendOutcome) -> None:
        """Record the outcome of an email, retrying while the database is unavailable.

        A sent email must be recorded as sent, or it would be sent again.
        """
        tries_left, row_tries_left = SHUTDOWN_RETRIES, ROW_RETRIES
        while True:
            try:
                return self._record_once(email, outcome)
            except (SQLAlchemyError, ValueError) as fault:  # ValueError: unencodable text
                row_tries_left -= may_concern_one_row(fault)
                if not row_tries_left or not is_unavailable(fault):
                    return self._set_aside(email, outcome, fault)
                if not tries_left:
                    raise
                self._log_database_error(fault)
            if self._wait():
                tries_left -= 1
                time.sleep(PAUSE)

    def _set_aside(self, email: LeasedEmail, outcome: SendOutcome, fault: Exception) -> None:
        """Keep an outcome that could not be stored until the lease is over."""
        db.session.remove()
        log.error("outcome not recorded", email=email.id, kind=type(fault).__name__)
        self._unrecorded[email.id] = replace(outcome, error=outcome.error and NOT_RECORDED)

    def _record_once(self, email: LeasedEmail, outcome: SendOutcome) -> None:
        with quick_commits(), transaction():
            state = outbox.record_outcome(email, outcome)
            if state == FAILED:
                bounces.record_refusal(email.recipient, outcome.error)
        self.tally[state] += 1
        log.info("email", email=email.id, template=email.template, state=state)

    def _wait(self) -> bool:
        """Wait for the next attempt; return True if the worker was told to stop."""
        seconds = PAUSE
        if self._failures:
            seconds = min(MAX_BACKOFF, 0.5 * 2.0 ** min(self._failures, 10))
        self._heartbeat.expect(MAIL_THREAD, seconds)
        return self._shutdown.wait(seconds)

    def _log_database_error(self, fault: Exception) -> None:
        db.session.remove()
        self._failures += 1
        log.error("database away", kind=type(fault).__name__)


def run_tasks(tasks: Sequence[Task]) -> None:
    """Run each task in its own transaction; a failing task does not stop the others."""
    for task in tasks:
        try:
            with transaction():
                task()
        except Exception as fault:  # noqa: BLE001 – emails must still be sent
            db.session.remove()
            log.error("task failed", task=task.__qualname__, kind=type(fault).__name__)
