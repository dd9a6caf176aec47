"""Letters: how long one takes from the commit to the mail server, and how many go in a second."""

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
from app.mail.models import Letter
from app.programme.invented import invented_delegates
from app.registration import invented, letters
from app.registration.models import Delegate
from benchmarks.copies import Copy
from benchmarks.figures import Figure, at_least, at_most
from benchmarks.running import HOST, ROOT, free_port, wait_until

SINGLE = 15
MANY = 500
ROUNDS = 3


class Accepted:
    """What the mail server has accepted, and when: it writes a line for each letter."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.touch()

    def times(self) -> dict[str, float]:
        """Tell when each letter was accepted, by its Message-ID."""
        lines = self._path.read_text(encoding="ascii").splitlines()
        return {name: float(moment) for moment, name in (line.split(" ", 1) for line in lines)}

    def wait_for(self, names: list[str]) -> list[float]:
        """Wait for letters; tell when each was accepted."""
        wait_until(lambda: self.times().keys() >= set(names), "letters accepted", 60)
        times = self.times()
        return [times[name] for name in names]


def measure(folder: Path) -> Iterator[Figure]:
    """Measure one letter in the quiet, then many at once beside a bare loop of smtplib."""
    port = free_port()
    copy = Copy(folder / "letters", (20, 25), MAIL_SERVER=HOST, MAIL_PORT=str(port))
    accepted = Accepted(folder / "accepted")
    example = _example(copy)
    with mail_server(port, folder / "accepted"), copy.worker():
        accepted.wait_for(_post(copy, example, 1))
        idle = median(_seconds_until_accepted(copy, example, accepted) for _ in range(SINGLE))
        rates, bare = [], []
        for _ in range(ROUNDS):
            rates.append(_rate(accepted.wait_for(_post(copy, example, MANY))))
            bare.append(_bare_rate(port, example))
    yield Figure(
        "a letter from commit to accepted, idle, median",
        f"{idle:.2f} s",
        idle,
        at_most(1, 0.3, "s"),
    )
    rate, control = median(rates), median(bare)
    yield Figure(
        "letters of one worker to a local server",
        f"{rate:.0f}/s",
        rate,
        at_least(100, 300, "/s"),
        f"bare smtplib {control:.0f}/s",
        rate / control,
    )


@contextmanager
def mail_server(port: int, accepted: Path) -> Iterator[None]:
    """Run a mail server in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.mail_server", str(port), str(accepted)]
    server = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_until(lambda: _answers(port), "a mail server", 20)
        yield
    finally:
        server.terminate()
        server.wait(10)


def _answers(port: int) -> bool:
    try:
        with smtplib.SMTP(HOST, port, timeout=1):
            return True
    except OSError:
        return False


def _example(copy: Copy) -> Letter:
    """Write the letter about a registration, as it really is, and take it out of the outbox."""
    with copy.at_work(), transaction():
        invented.come(invented_delegates(1))
        letters.registration_confirmed(db.session.scalars(select(Delegate)).one())
        letter = db.session.scalars(select(Letter)).one()
        db.session.expunge(letter)
        db.session.rollback()
    return letter


def _post(copy: Copy, example: Letter, count: int) -> list[str]:
    """Commit so many copies of a letter at once."""
    names = [f"<{random.getrandbits(128):032x}@{HOST}>" for _ in range(count)]
    with copy.at_work(), transaction():
        db.session.add_all(_copied(example, name) for name in names)
    return names


def _copied(example: Letter, name: str) -> Letter:
    return Letter(
        name=example.name,
        message_id=name,
        recipient=example.recipient,
        subject=example.subject,
        message=_named(example, name),
        is_secret=True,
        written_at=example.written_at,
        due_at=example.due_at,
    )


def _named(example: Letter, name: str) -> bytes:
    return re.sub(rb"(?m)^Message-ID:[^\r\n]*", f"Message-ID: {name}".encode(), example.message)


def _seconds_until_accepted(copy: Copy, example: Letter, accepted: Accepted) -> float:
    time.sleep(random.uniform(0.2, 0.6))  # so that the worker is met at any point of its round
    names = _post(copy, example, 1)
    committed = time.time()
    return accepted.wait_for(names)[0] - committed


def _rate(times: list[float]) -> float:
    return (len(times) - 1) / (max(times) - min(times))


def _bare_rate(port: int, example: Letter) -> float:
    """Send the same letters in a loop that keeps no account of them."""
    with smtplib.SMTP(HOST, port) as server:
        began = time.perf_counter()
        for number in range(MANY):
            message = _named(example, f"<bare-{number}@{HOST}>")
            server.sendmail("conference@example.org", [example.recipient], message)
        return MANY / (time.perf_counter() - began)
