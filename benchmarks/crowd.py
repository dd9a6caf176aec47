"""Many visitors at once, in a few processes of their own, so that they cost the servers little."""

import multiprocessing
import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from multiprocessing.connection import Connection as Pipe

from benchmarks.wire import Connection

CLIENTS = 32
PROCESSES = 4

Do = Callable[[Connection, int], int]  # one job over a connection; tells a status


def all_do(do: Do, jobs: Sequence[int], port: int) -> tuple[list[int], float]:
    """Let 32 clients do jobs until none is left: how each ended, and how many seconds it took."""
    fork = multiprocessing.get_context("fork")
    begin = fork.Barrier(PROCESSES + 1)
    pipes, processes = [], []
    for number in range(PROCESSES):
        ours, theirs = fork.Pipe(duplex=False)
        share = jobs[number::PROCESSES]
        process = fork.Process(target=_some_do, args=(do, share, port, begin.wait, theirs))
        process.start()
        theirs.close()
        pipes.append(ours)
        processes.append(process)
    begin.wait()
    began = time.perf_counter()
    ended = [status for pipe in pipes for status in pipe.recv()]
    took = time.perf_counter() - began
    for process in processes:
        process.join()
    return ended, took


def _some_do(
    do: Do, jobs: Sequence[int], port: int, begin: Callable[[], object], tell: Pipe
) -> None:
    """Do a share of the jobs, in one of the processes."""
    waiting = queue.SimpleQueue[int]()
    for job in jobs:
        waiting.put(job)
    ended: list[int] = []
    connections = [Connection(port) for _ in range(CLIENTS // PROCESSES)]
    threads = [
        threading.Thread(target=_client, args=(do, one, waiting, ended)) for one in connections
    ]
    begin()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tell.send(ended)


def _client(
    do: Do, connection: Connection, waiting: "queue.SimpleQueue[int]", ended: list[int]
) -> None:
    """Do one job after the other; one that fails has the status 0."""
    with suppress(queue.Empty), closing(connection):
        while True:
            job = waiting.get_nowait()
            try:
                ended.append(do(connection, job))
            except (OSError, AssertionError):
                ended.append(0)
