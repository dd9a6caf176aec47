"""An honest form and a page while many connections send one byte of a form and wait."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

from benchmarks.copies import SiteCopy
from benchmarks.figures import Figure, at_most
from benchmarks.running import Server
from benchmarks.wire import Connection
from tests.server.slow_clients import open_slow_posts, send_form
from tests.waiting import HOST

WAITING = 200  # connections: as many as one process reads at the same time
ROUNDS = 15


def measure(folder: Path) -> Iterator[Figure]:
    """Measure each alone, and then beside those who wait."""
    copy = SiteCopy(folder / "slow-clients")
    with copy.start_server() as site:
        deeds = {"a form": lambda: _send_empty_form(site), "/healthz": lambda: _open(site)}
        alone = {name: _time(deed) for name, deed in deeds.items()}
        with open_slow_posts(WAITING, site.port, "/feedback"):
            beside = {name: _time(deed) for name, deed in deeds.items()}
    for name in deeds:
        milliseconds = 1000 * beside[name]
        yield Figure(
            f"{name} while {WAITING} connections send one byte and wait; alone",
            f"{milliseconds:.1f} ms",
            milliseconds,
            at_most(100, 20, "ms"),
            f"{1000 * alone[name]:.1f} ms",
            beside[name] / alone[name],
        )


def _time(deed: Callable[[], None]) -> float:
    """Do something a few times; give the median of the seconds it took."""
    times = []
    for _ in range(ROUNDS):
        started_at = time.perf_counter()
        deed()
        times.append(time.perf_counter() - started_at)
    return median(times)


def _open(site: Server) -> None:
    with closing(Connection(site.port)) as visitor:
        assert visitor.get("/healthz").status == 200


def _send_empty_form(site: Server) -> None:
    """Send a form that is read and refused, so that no limit on messages is reached."""
    assert send_form(f"http://{HOST}:{site.port}", b"message=") == 422
