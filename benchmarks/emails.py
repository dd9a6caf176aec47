"""Emails: the time from the commit to the mail server, and how many are sent per second."""

import random
import re
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from sqlalchemy import select

from app.database import db, transaction
from app.delegates.models import Delegate
from app.interchange.demo.generator import generate_delegates
from app.mail.models import NORMAL, Email
from app.registration import demo, emails
from benchmarks.copies import SiteCopy
from benchmarks.figures import Figure, at_least, at_most
from config import ROOT
from tests.waiting import HOST, free_port, wait_until

SINGLE_EMAILS = 15
MANY_EMAILS = 500
ROUNDS = 3


class AcceptanceLog:
    """What the mail server has accepted, and when: it writes a line for each email."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.touch()

    def read_times(self) -> dict[str, float]:
        """Return when each email was accepted, by its Message-ID."""
        lines = self._path.read_text(encoding="ascii").splitlines()
        return {name: float(moment) for moment, name in (line.split(" ", 1) for line in lines)}

    def wait_for(self, names: list[str]) -> list[float]:
        """Wait for emails and return when each was accepted."""
        wait_until(lambda: self.read_times().keys() >= set(names), "emails accepted", 60)
        times = self.read_times()
        return [times[name] for name in names]


def measure(folder: Path) -> Iterator[Figure]:
    """Measure one email on an idle site, then many at once beside a bare loop of smtplib."""
    port = free_port()
    copy = SiteCopy(folder / "emails", (20, 25), MAIL_SERVER=HOST, MAIL_PORT=str(port))
    accepted = AcceptanceLog(folder / "accepted")
    example = write_example(copy)
    with run_mail_server(port, folder / "accepted"), copy.start_worker():
        accepted.wait_for(enqueue_copies(copy, example, 1))
        idle = median(_time_until_accepted(copy, example, accepted) for _ in range(SINGLE_EMAILS))
        rates, bare = [], []
        for _ in range(ROUNDS):
            rates.append(
                _emails_per_second(accepted.wait_for(enqueue_copies(copy, example, MANY_EMAILS)))
            )
            bare.append(smtplib_rate(port, example))
    yield Figure(
        "an email from commit to accepted, idle, median",
        f"{idle:.2f} s",
        idle,
        at_most(1, 0.3, "s"),
    )
    rate, control = median(rates), median(bare)
    yield Figure(
        "emails of one worker to a local server",
        f"{rate:.0f}/s",
        rate,
        at_least(100, 300, "/s"),
        f"bare smtplib {control:.0f}/s",
        rate / control,
    )


@contextmanager
def run_mail_server(port: int, accepted: Path) -> Iterator[None]:
    """Run a mail server in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.mail_server", str(port), str(accepted)]
    server = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_until(lambda: _is_answering(port), "a mail server", 20)
        yield
    finally:
        server.terminate()
        server.wait(10)


def _is_answering(port: int) -> bool:
    try:
        with smtplib.SMTP(HOST, port, timeout=1):
            return True
    except OSError:
        return False


def write_example(copy: SiteCopy) -> Email:
    """Render the confirmation email as in production, and take it out of the outbox."""
    with copy.app_context(), transaction():
        demo.create(generate_delegates(1))
        emails.send_registration_confirmed(db.session.scalars(select(Delegate)).one())
        email = db.session.scalars(select(Email)).one()
        db.session.expunge(email)
        db.session.rollback()
    return email


def enqueue_copies(copy: SiteCopy, example: Email, count: int, priority: int = NORMAL) -> list[str]:
    """Commit so many copies of an email at once."""
    names = [f"<{random.getrandbits(128):032x}@{HOST}>" for _ in range(count)]
    with copy.app_context(), transaction():
        db.session.add_all(_copy_email(example, name, priority) for name in names)
    return names


def _copy_email(example: Email, name: str, priority: int) -> Email:
    return Email(
        template=example.template,
        message_id=name,
        recipient=example.recipient,
        priority=priority,
        subject=example.subject,
        message=_with_message_id(example, name),
        is_secret=True,
        created_at=example.created_at,
        due_at=example.due_at,
    )


def _with_message_id(example: Email, message_id: str) -> bytes:
    return re.sub(
        rb"(?m)^Message-ID:[^\r\n]*", f"Message-ID: {message_id}".encode(), example.message
    )


def _time_until_accepted(copy: SiteCopy, example: Email, accepted: AcceptanceLog) -> float:
    time.sleep(random.uniform(0.2, 0.6))  # so that the worker is met at any point of its round
    names = enqueue_copies(copy, example, 1)
    committed = time.time()
    return accepted.wait_for(names)[0] - committed


def _emails_per_second(times: list[float]) -> float:
    return (len(times) - 1) / (max(times) - min(times))


def smtplib_rate(port: int, example: Email) -> float:
    """Send the same emails in a loop that records nothing."""
    with smtplib.SMTP(HOST, port) as server:
        started_at = time.perf_counter()
        for number in range(MANY_EMAILS):
            message = _with_message_id(example, f"<bare-{number}@{HOST}>")
            server.sendmail("conference@example.org", [example.recipient], message)
        return MANY_EMAILS / (time.perf_counter() - started_at)
