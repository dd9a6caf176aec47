"""Ports that are free, and waiting for what other processes do."""

import socket
import time
from collections.abc import Callable
from contextlib import closing

HOST = "127.0.0.1"


def free_port() -> int:
    """Find a port that nothing listens on."""
    with closing(socket.create_server((HOST, 0))) as probe:
        return int(probe.getsockname()[1])


def wait_until(
    condition: Callable[[], bool], what: str, seconds: float = 20, describe: Callable[[], str] = str
) -> None:
    """Wait for something to become so; complain with what `describe` knows if it does not."""
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"after {seconds} s, still not: {what}\n{describe()}")
