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

Job = Callable[[Connection, int], int]  # one job over a connection; returns a status


def run_concurrently(
    run_job: Job, jobs: Sequence[int], port: int, clients: int = CLIENTS
) -> tuple[list[int], float]:
    """Let clients do jobs until none is left: how each ended, and how many seconds it took."""
    fork = multiprocessing.get_context("fork")
    barrier = fork.Barrier(PROCESSES + 1)
    pipes, processes = [], []
    for number in range(PROCESSES):
        receiver, sender = fork.Pipe(duplex=False)
        share = jobs[number::PROCESSES]
        process = fork.Process(
            target=_run_share,
            args=(run_job, share, port, clients // PROCESSES, barrier.wait, sender),
        )
        process.start()
        sender.close()
        pipes.append(receiver)
        processes.append(process)
    barrier.wait()
    started_at = time.perf_counter()
    statuses = [status for pipe in pipes for status in pipe.recv()]
    duration = time.perf_counter() - started_at
    for process in processes:
        process.join()
    return statuses, duration


def _run_share(  # noqa: PLR0913, PLR0917 – all that a process of its own needs
    run_job: Job,
    jobs: Sequence[int],
    port: int,
    clients: int,
    wait_for_start: Callable[[], object],
    sender: Pipe,
) -> None:
    """Do a share of the jobs, in one of the processes."""
    pending = queue.SimpleQueue[int]()
    for job in jobs:
        pending.put(job)
    statuses: list[int] = []
    connections = [Connection(port) for _ in range(clients)]
    threads = [
        threading.Thread(target=_run_client, args=(run_job, one, pending, statuses))
        for one in connections
    ]
    wait_for_start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sender.send(statuses)


def _run_client(
    run_job: Job, connection: Connection, pending: "queue.SimpleQueue[int]", statuses: list[int]
) -> None:
    """Do one job after the other; one that fails has the status 0."""
    with suppress(queue.Empty), closing(connection):
        while True:
            job = pending.get_nowait()
            try:
                statuses.append(run_job(connection, job))
            except (OSError, AssertionError):
                statuses.append(0)
