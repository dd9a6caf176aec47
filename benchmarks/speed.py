"""Requests per second, measured in turns so that a noisy machine is fair to both sides."""

import re
import subprocess
from collections.abc import Callable
from statistics import median

from tests.waiting import HOST

CONNECTIONS = 16
SECONDS = 1
ROUNDS = 5
RATE = re.compile(r"Requests/sec: *([\d.]+)")


def measure_rate(port: int, path: str, encoding: str = "identity") -> float:
    """Request one page as fast as possible over 16 connections and return the rate."""
    done = subprocess.run(
        [
            *("wrk", "--threads", "1", "--connections", str(CONNECTIONS)),
            *("--duration", f"{SECONDS}s", "--header", f"Accept-Encoding: {encoding}"),
            f"http://{HOST}:{port}{path}",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    found = RATE.search(done.stdout)
    assert found, done.stdout
    assert "Non-2xx" not in done.stdout, done.stdout
    assert "Socket errors" not in done.stdout, done.stdout
    return float(found[1])


def alternate(
    first: Callable[[], float], second: Callable[[], float], rounds: int = ROUNDS
) -> tuple[float, float, float]:
    """Measure two things by turns: the median of each, and of their ratios."""
    pairs = [(first(), second()) for _ in range(rounds)]
    return (
        median(pair[0] for pair in pairs),
        median(pair[1] for pair in pairs),
        median(pair[0] / pair[1] for pair in pairs),
    )
