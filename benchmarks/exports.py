"""Exports of 5,000 delegates: how soon the file begins, and what the process holds meanwhile."""

import re
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

from app.database import transaction
from benchmarks.back_office import MANY, Office, come, office
from benchmarks.copies import Copy
from benchmarks.figures import Figure, at_most
from benchmarks.people import TOKEN
from benchmarks.running import HOST

ROUNDS = 5
KINDS = ("csv", "xlsx")
PIECE = 65_536  # bytes read at once


@dataclass(frozen=True)
class Sent:
    """One file, as its reader saw it come."""

    first: float  # seconds to its first bytes
    whole: float  # seconds to its last
    size: int


def measure(folder: Path) -> Iterator[Figure]:
    """Take every delegate along, in both kinds of file."""
    copy = Copy(folder / "exports", (20, 25), 2 * MANY)
    with copy.at_work(), transaction():
        come(MANY)
    desk = office(copy)
    with copy.server() as server:
        for kind in KINDS:
            _export(desk, server.port, kind)  # what is loaded once
        (worker,) = server.workers
        for kind in KINDS:
            before = _most_held(worker)
            sent = [_export(desk, server.port, kind) for _ in range(ROUNDS)]
            grown = _most_held(worker) - before
            slowest = max(one.first for one in sent)
            whole, size = max(one.whole for one in sent), sent[0].size / 1000
            yield Figure(
                f"export of {MANY:,} delegates as {kind}: first bytes",
                f"{1000 * slowest:.0f} ms",
                slowest,
                at_most(0.5, 0.2, "s"),
                f"all {size:.0f} kB: {1000 * whole:.0f} ms",
            )
            yield Figure(
                f"{ROUNDS} exports as {kind}: memory of the process grows by",
                f"{grown:.1f} MB",
                grown,
                at_most(5, 1, "MB"),
            )


def _export(desk: Office, port: int, kind: str) -> Sent:
    held = desk.organiser.get_cookie("session", domain=HOST)
    assert held
    with closing(HTTPConnection(HOST, port, timeout=60)) as line:
        answer = _ask(line, "GET", "/organise/delegates", f"session={held.value}")
        cookie = (answer.headers["Set-Cookie"] or "").partition(";")[0]
        token = TOKEN.search(answer.read().decode())
        assert token
        body = f"csrf_token={token[1]}&{kind}=1"
        began = time.perf_counter()
        answer = _ask(line, "POST", "/organise/delegates/_export", cookie, body)
        size = len(answer.read(1))
        first = time.perf_counter() - began
        while piece := answer.read(PIECE):
            size += len(piece)
        return Sent(first, time.perf_counter() - began, size)


def _ask(line: HTTPConnection, method: str, path: str, cookie: str, body: str = "") -> HTTPResponse:
    form = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    line.request(method, path, body or None, {"Cookie": cookie, **form})
    answer = line.getresponse()
    assert answer.status == 200, answer.read()
    return answer


def _most_held(process: int) -> float:
    """Tell the most megabytes that a process has held."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1000
