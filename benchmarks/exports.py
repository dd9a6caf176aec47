"""Exports of 5,000 delegates: how soon the file begins, and what the process holds meanwhile."""

import re
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

from app.database import transaction
from benchmarks.admin import MANY, SignedInSite, add_delegates, sign_in_organiser
from benchmarks.copies import SiteCopy
from benchmarks.figures import Figure, at_most
from benchmarks.people import TOKEN
from tests.waiting import HOST

ROUNDS = 5
KINDS = ("csv", "xlsx")
CHUNK_BYTES = 65_536  # bytes read at once


@dataclass(frozen=True)
class DownloadTiming:
    """A downloaded file, as the client received it."""

    seconds_to_first_byte: float  # seconds to its first bytes
    seconds_to_last_byte: float  # seconds to its last
    size: int


def measure(folder: Path) -> Iterator[Figure]:
    """Take every delegate along, in both kinds of file."""
    copy = SiteCopy(folder / "exports", (20, 25), 2 * MANY)
    with copy.app_context(), transaction():
        add_delegates(MANY)
    site = sign_in_organiser(copy)
    with copy.start_server() as server:
        for kind in KINDS:
            time_export(site, server.port, kind)  # what is loaded once
        (worker,) = server.workers
        for kind in KINDS:
            before = _peak_memory_mb(worker)
            downloads = [time_export(site, server.port, kind) for _ in range(ROUNDS)]
            grown = _peak_memory_mb(worker) - before
            slowest = max(one.seconds_to_first_byte for one in downloads)
            slowest_whole, size = (
                max(one.seconds_to_last_byte for one in downloads),
                downloads[0].size / 1000,
            )
            yield Figure(
                f"export of {MANY:,} delegates as {kind}: first bytes",
                f"{1000 * slowest:.0f} ms",
                slowest,
                at_most(0.5, 0.2, "s"),
                f"all {size:.0f} kB: {1000 * slowest_whole:.0f} ms",
            )
            yield Figure(
                f"{ROUNDS} exports as {kind}: memory of the process grows by",
                f"{grown:.1f} MB",
                grown,
                at_most(5, 1, "MB"),
            )


def time_export(site: SignedInSite, port: int, kind: str) -> DownloadTiming:
    """Download one file as the list of delegates offers it."""
    cookie_sent = site.client.get_cookie("session", domain=HOST)
    assert cookie_sent
    with closing(HTTPConnection(HOST, port, timeout=60)) as connection:
        response = _send_request(
            connection, "GET", "/organise/delegates", f"session={cookie_sent.value}"
        )
        cookie = (response.headers["Set-Cookie"] or "").partition(";")[0]
        token = TOKEN.search(response.read().decode())
        assert token
        body = f"csrf_token={token[1]}&{kind}=1"
        started_at = time.perf_counter()
        response = _send_request(connection, "POST", "/organise/delegates/_export", cookie, body)
        size = len(response.read(1))
        first_byte = time.perf_counter() - started_at
        while chunk := response.read(CHUNK_BYTES):
            size += len(chunk)
        return DownloadTiming(first_byte, time.perf_counter() - started_at, size)


def _send_request(
    connection: HTTPConnection, method: str, path: str, cookie: str, body: str = ""
) -> HTTPResponse:
    form = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    connection.request(method, path, body or None, {"Cookie": cookie, **form})
    response = connection.getresponse()
    assert response.status == 200, response.read()
    return response


def _peak_memory_mb(process: int) -> float:
    """Return the most megabytes that a process has used."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1000
