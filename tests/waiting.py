"""Ports that are free, and waiting for what other processes do."""

import os
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing, suppress
from random import SystemRandom

HOST = "127.0.0.1"
PORTS = range(15_000, 32_000)  # below those that the system gives to whoever asks for any
SHARES = 10  # of the workers of a run
WORKER = "PYTEST_XDIST_WORKER"  # the variable that names them: gw0, gw1…
_given = deque[int](maxlen=100)  # by this process, not all in use yet


def free_port() -> int:
    """Return a free port that no other process gets until it is used."""
    worker = int(os.environ.get(WORKER, "gw0").removeprefix("gw"))
    own = PORTS[worker % SHARES :: SHARES]
    for port in SystemRandom().sample([one for one in own if one not in _given], 100):
        with suppress(OSError), closing(socket.create_server((HOST, port))):
            _given.append(port)
            return port
    raise AssertionError("a hundred ports, and none of them is free")


def wait_until(
    condition: Callable[[], bool], what: str, seconds: float = 20, describe: Callable[[], str] = str
) -> None:
    """Wait for something to become so; complain with what `describe` knows if it does not."""
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"after {seconds} s, still not: {what}\n{describe()}")
