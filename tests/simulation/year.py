"""The year: its clock and its people, what happens next, and what must be true after it."""

import re
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from random import Random

from flask import Flask
from time_machine import Traveller

from app import cache_version, clock
from app.database import db, transaction
from app.errors import ConferenceError
from tests.mail_server import MailServer
from tests.simulation import calendar, erasure, invariants, worker
from tests.simulation.calendar import Season
from tests.simulation.faults import Crash, CrashPoints, difficult_mail

STEPS_SHOWN = 20
WORKER_PERIOD = timedelta(hours=30)  # between its rounds while nothing happens, at least
SHORT_YEAR_ROUNDS = timedelta(days=60)  # by the steps of the year: in a short one it works less
LATE_PERIOD = timedelta(days=8)  # after the conference
WORKER_SHARE = 0.3  # of the steps that a round follows

Action = Callable[[], object]


class YearFailed(AssertionError):
    """Something is not as it must be; the message names the seed and the last steps."""


@dataclass(frozen=True)
class Step:
    """An act of a person; repeating it must do no harm."""

    name: str
    action: Action


@dataclass
class Year:
    """A conference's year on a site of its own, from a seed."""

    seed: int
    site: Flask
    mailbox: MailServer
    traveller: Traveller
    random: Random = field(init=False)
    worker_period: timedelta = WORKER_PERIOD
    people: int = 0  # who have come so far
    counts: Counter[str] = field(default_factory=Counter)
    digest: str = ""  # of all that has happened, which the same seed brings again
    last_steps: deque[str] = field(default_factory=lambda: deque(maxlen=STEPS_SHOWN))

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.crash_points = CrashPoints(db.engine, self.random)

    def add_person(self) -> int:
        """Return the number of a new person."""
        self.people += 1
        return self.people

    def run(self, steps: int, choose: "Choose") -> None:
        """Live through the year; raise YearFailed when something is not as it must be."""
        self.worker_period = max(WORKER_PERIOD, SHORT_YEAR_ROUNDS / steps)
        try:
            with self.crash_points.listening():
                for season, moment in calendar.list_moments(self.random, steps):
                    self._wait_until(moment)
                    step = choose(self, season)
                    if step is not None:
                        self._take(step)
                    if self.random.random() < WORKER_SHARE:
                        self._let_worker_work()
            self._end()
        except Exception as fault:
            raise YearFailed(self._describe(fault)) from fault

    def _take(self, step: Step) -> None:
        """Do something; if the outcome is unknown, it may be repeated."""
        outcome = self._attempt(step.action)
        self._note(f"{step.name}: {outcome}")
        if outcome == "crash" and self.random.random() < 0.7:
            self._note(f"{step.name}, again: {self._attempt(step.action)}")
        self._require(invariants.list_faults())

    def _attempt(self, action: Action) -> str:
        cache_version.recheck()
        try:
            with self.crash_points.perhaps():
                action()
        except ConferenceError as refusal:
            db.session.rollback()
            return f"refused ({type(refusal).__name__}: {refusal})"
        except Crash:
            cache_version.recheck()
            return "crash"
        return "done"

    def _wait_until(self, moment: datetime) -> None:
        """Let time pass, in which the worker works."""
        period = self.worker_period if clock.now() < calendar.OVER else LATE_PERIOD
        while moment - clock.now() > period:
            self.traveller.move_to(clock.now() + period)
            self._let_worker_work()
        self.traveller.move_to(moment)

    def _let_worker_work(self) -> None:
        """Let the worker do a round, which may be its last; then another one is started."""
        is_whole = True
        with difficult_mail(self.mailbox, self.random) as mail:
            for work in self._list_work():
                outcome = self._attempt(work)
                is_whole = is_whole and outcome == "done"
                if outcome != "done":
                    self._note(f"worker, {work.__name__} (mail: {mail}): {outcome}")
        self.counts["worker rounds"] += 1
        self._require(invariants.list_faults())
        if is_whole:
            self._require(invariants.list_overdue())

    def _list_work(self) -> Sequence[Action]:
        """List what the worker does in this round; what it does seldom is due in every other."""
        often = (worker.run_frequent_tasks, worker.send_emails)
        return often if self.counts["worker rounds"] % 2 else (*often, worker.run_periodic_tasks)

    def _end(self) -> None:
        """Let the rest of the year pass: requirements are erased, then everyone."""
        for moment in calendar.FINAL_CHECK_TIMES:
            self.traveller.move_to(moment)
            for work in (worker.run_frequent_tasks, worker.send_emails, worker.run_periodic_tasks):
                work()
            self._require(invariants.list_faults())
        self._require(worker.list_lost_emails(self.mailbox))
        self._require(erasure.list_traces(self.people))

    def _note(self, sentence: str) -> None:
        self.counts[re.sub(r"\d[\d -]*", "N ", sentence)] += 1
        line = f"{clock.now():%Y-%m-%d %H:%M:%S}  {sentence}"
        self.last_steps.append(line)
        self.digest = sha256(f"{self.digest}{line}".encode()).hexdigest()

    def _require(self, faults: Sequence[str]) -> None:
        if faults:
            raise YearFailed("\n".join(faults))

    def _describe(self, fault: Exception) -> str:
        steps = "\n  ".join(self.last_steps)
        return f"seed {self.seed}: {type(fault).__name__}: {fault}\nthe last steps:\n  {steps}"


Choose = Callable[[Year, Season], Step | None]


def in_transaction(change: Callable[[], object]) -> Action:
    """Return an action that is one transaction."""

    def run() -> None:
        with transaction():
            change()

    return run
