"""Ports that are free, and waiting for what other processes do."""

import socket
import time
from collections.abc import Callable
from contextlib import closing

HOST = "127.0.0.1"
MOST_HELD = 100

_held: list[socket.socket] = []  # a socket for datagrams at each port given of late


def free_port() -> int:
    """Find a port that nothing listens on, and that no other process of the tests was just given.

    Whoever asked first may not listen yet, and two sites that do so at one port would share what
    is asked there.
    """
    while True:
        with closing(socket.create_server((HOST, 0))) as probe:
            port = int(probe.getsockname()[1])
        mark = socket.socket(type=socket.SOCK_DGRAM)
        try:
            mark.bind((HOST, port))
        except OSError:  # it is somebody else's
            mark.close()
            continue
        _held.append(mark)
        if len(_held) > MOST_HELD:
            _held.pop(0).close()
        return port


def wait_until(
    condition: Callable[[], bool], what: str, seconds: float = 20, describe: Callable[[], str] = str
) -> None:
    """Wait for something to become so; complain with what `describe` knows if it does not."""
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"after {seconds} s, still not: {what}\n{describe()}")
