"""Mail workers together: how many emails they send, what they cost, and what a kill costs."""

import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from sqlalchemy import update

from app.database import db, transaction
from app.mail.models import BULK, URGENT, Email
from benchmarks.copies import SiteCopy
from benchmarks.emails import (
    MANY_EMAILS,
    AcceptanceLog,
    enqueue_copies,
    run_mail_server,
    smtplib_rate,
    write_example,
)
from benchmarks.figures import Figure, at_least, at_most
from benchmarks.registrations import run_postgresql
from benchmarks.running import Process
from tests.waiting import HOST, free_port, wait_until

SIZE = (20, 25)  # sessions and speakers: enough, for no page of them is opened
ROUNDS = 3
REMINDERS = 5000
IDLE_SECONDS = 60
KILLED_EMAILS = 10_000
WORKERS, KILLED = 4, 2
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


class Outbox:
    """The outbox of a copy of the site, and the server to which its workers send."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.port = free_port()
        self.copy = SiteCopy(
            folder, SIZE, 500, MAIL_SERVER=HOST, MAIL_PORT=str(self.port), **settings
        )
        self.example = write_example(self.copy)
        self.accepted_path = folder / "accepted"
        self.accepted = AcceptanceLog(self.accepted_path)

    @contextmanager
    def run(self, workers: int) -> Iterator[Sequence[Process]]:
        """Run the server and some workers, which have each read their code."""
        with run_mail_server(self.port, self.accepted_path), ExitStack() as stack:
            started = [stack.enter_context(self.copy.start_worker()) for _ in range(workers)]
            self.accepted.wait_for(enqueue_copies(self.copy, self.example, 1))
            time.sleep(5)  # until the last of them has begun, too
            yield started


def measure(folder: Path) -> Iterator[Figure]:
    """Measure two workers on either database, then what a kill costs."""
    yield from measure_on("SQLite", Outbox(folder / "sending"))
    with run_postgresql() as server:
        url = server.url(server.create_database())
        yield from measure_on("PostgreSQL", Outbox(folder / "sending-postgresql", DATABASE_URL=url))
        url = server.url(server.create_database())
        outbox = Outbox(folder / "killed", DATABASE_URL=url, MAIL_TIMEOUT="1")
        yield measure_killed(outbox)


def measure_on(name: str, outbox: Outbox) -> Iterator[Figure]:
    """Measure two workers: their rate, an urgent email behind many, and their rest."""
    with outbox.run(2) as workers:
        yield measure_rate(name, outbox, workers)
        yield measure_urgent(name, outbox)
        yield measure_idle(name, workers)


def measure_rate(name: str, outbox: Outbox, workers: Sequence[Process]) -> Figure:
    """Send many emails, by turns with a bare loop of smtplib."""
    rates, bare, ticks = [], [], 0
    for _ in range(ROUNDS):
        before = _count_ticks(workers)
        times = outbox.accepted.wait_for(enqueue_copies(outbox.copy, outbox.example, MANY_EMAILS))
        ticks += _count_ticks(workers) - before
        rates.append((len(times) - 1) / (max(times) - min(times)))
        bare.append(smtplib_rate(outbox.port, outbox.example))
    each = ticks / CLOCK_TICKS / (ROUNDS * MANY_EMAILS)
    rate, control = median(rates), median(bare)
    return Figure(
        f"emails of two workers to a local server, {name} ({each * 1000:.1f} ms of processor each)",
        f"{rate:.0f}/s",
        rate,
        at_least(300, 600, "/s"),
        f"bare smtplib {control:.0f}/s",
        rate / control,
    )


def measure_urgent(name: str, outbox: Outbox) -> Figure:
    """Queue a sign-in link behind many reminders, some of which have gone."""
    names = enqueue_copies(outbox.copy, outbox.example, REMINDERS, priority=BULK)
    time.sleep(1)
    [urgent] = enqueue_copies(outbox.copy, outbox.example, 1, priority=URGENT)
    committed = time.time()
    seconds = outbox.accepted.wait_for([urgent])[0] - committed
    left = REMINDERS - len(outbox.accepted.read_times().keys() & set(names))
    with outbox.copy.app_context(), transaction():  # the rest is of no interest
        db.session.execute(update(Email).where(Email.priority == BULK).values(state="sent"))
    return Figure(
        f"an urgent email behind {REMINDERS} others, of which {left} still wait, {name}",
        f"{seconds:.2f} s",
        seconds,
        at_most(1, 0.3, "s"),
    )


def measure_idle(name: str, workers: Sequence[Process], seconds: float = IDLE_SECONDS) -> Figure:
    """Let workers rest, and see what that costs each."""
    time.sleep(12)  # until they have closed their connections
    before = _count_ticks(workers)
    time.sleep(seconds)
    used = (_count_ticks(workers) - before) / CLOCK_TICKS / len(workers)
    return Figure(
        f"a worker with nothing to do, {name}: part of a processor",
        f"{used / seconds:.2%}",
        100 * used / seconds,
        at_most(1, 0.5, "%"),
    )


def measure_killed(outbox: Outbox) -> Figure:
    """Kill two of four workers while they send, at random; count what goes twice."""
    before = len(_list_accepted(outbox))
    with outbox.run(WORKERS) as workers:
        names = set(enqueue_copies(outbox.copy, outbox.example, KILLED_EMAILS))
        for worker in workers[:KILLED]:
            time.sleep(random.uniform(2, 6))
            os.kill(worker.process.pid, signal.SIGKILL)
        wait_until(lambda: names <= set(_list_accepted(outbox)), "all emails accepted", 300)
        time.sleep(15)  # the leases of the two are over: would they go again?
    counted = Counter(one for one in _list_accepted(outbox)[before:] if one in names)
    assert len(counted) == KILLED_EMAILS
    twice = counted.total() - KILLED_EMAILS
    return Figure(
        f"{KILLED_EMAILS} emails by {WORKERS} workers, {KILLED} of them killed: sent twice",
        str(twice),
        twice,
        at_most(KILLED, 0),
    )


def _list_accepted(outbox: Outbox) -> list[str]:
    lines = outbox.accepted_path.read_text(encoding="ascii")
    return re.findall(r"(?m)^\S+ (\S+)\n", lines)


def _count_ticks(workers: Sequence[Process]) -> int:
    """Return the processor time that workers have used, in ticks."""
    total = 0
    for worker in workers:
        stat = Path(f"/proc/{worker.process.pid}/stat").read_text(encoding="ascii")
        total += sum(int(field) for field in stat.rpartition(")")[2].split()[11:13])
    return total
