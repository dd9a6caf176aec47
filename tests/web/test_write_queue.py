"""Writers are served in order, and do not block readers."""

import re
import sqlite3
import time
from collections import Counter
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from threading import Lock, Thread
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import text

from app.database import db, queue_for, read_only_connection, transaction
from app.server.rsgi import WRITING_THREADS
from app.write_queue import MAX_WAITING, STUCK_AFTER, WriteQueue, WriteQueueFull
from tests.live_site import LiveSite, LiveSites
from tests.waiting import HOST, wait_until

PEOPLE = 24  # more than there are threads
LONG = 60.0  # seconds: nobody waits for so long here


class Queue:
    """A queue for a lock that is held, and the outcomes of those who wait."""

    def __init__(self, max_waiting: int, *, is_moving: bool = False) -> None:
        self.queue = WriteQueue(max_waiting)
        self.lock = Lock()
        self.lock.acquire()
        self.version = 0
        self.is_moving = is_moving  # whether others write meanwhile
        self.served: list[int] = []
        self._threads: list[Thread] = []

    def come(self, number: int) -> None:
        """Let a writer join the queue."""
        thread = Thread(target=self._wait, args=(number,), daemon=True)
        self._threads.append(thread)
        thread.start()
        wait_until(lambda: len(self.queue) == len(self._threads), "that they wait")

    def acquire(self, timeout: float) -> bool:
        """Join the queue oneself."""
        return self.queue.acquire(
            lambda: self.lock.acquire(blocking=False), self._read_version, timeout
        )

    def _read_version(self) -> int:
        self.version += self.is_moving
        return self.version

    def release(self) -> None:
        """Let the others have the lock, and see each of them served."""
        self.lock.release()
        for thread in self._threads:
            thread.join(20)

    def _wait(self, number: int) -> None:
        if self.acquire(LONG):
            self.served.append(number)
            self.lock.release()


def test_the_write_queue_serves_in_order_of_arrival() -> None:
    crowd = Queue(max_waiting=10)
    for number in range(5):
        crowd.come(number)

    crowd.release()

    assert crowd.served == [0, 1, 2, 3, 4]


def test_a_full_stuck_write_queue_refuses_new_requests() -> None:
    crowd = Queue(max_waiting=2)
    for number in range(2):
        crowd.come(number)

    with pytest.raises(WriteQueueFull):
        crowd.acquire(LONG)

    crowd.release()
    assert crowd.served == [0, 1]


def test_a_full_moving_write_queue_accepts_new_requests() -> None:
    crowd = Queue(max_waiting=1, is_moving=True)
    crowd.come(0)

    assert crowd.acquire(timeout=2 * STUCK_AFTER) is False  # after it has waited to the end
    crowd.release()


def test_waiting_for_the_write_lock_times_out() -> None:
    crowd = Queue(max_waiting=2)

    assert crowd.acquire(timeout=0.1) is False


@pytest.mark.postgresql_only
def test_the_postgresql_write_queue_serves_in_order_of_arrival(site: Flask) -> None:
    served: list[int] = []

    def wait(number: int) -> None:
        with site.app_context(), transaction():
            queue_for("tea")
            served.append(number)

    threads = [Thread(target=wait, args=(number,), daemon=True) for number in range(5)]
    with transaction():
        queue_for("tea")
        for number, thread in enumerate(threads, start=1):
            thread.start()
            wait_until(partial(_is_waiting, number), "that they wait")
    for thread in threads:
        thread.join(20)

    assert served == [0, 1, 2, 3, 4]


def _is_waiting(number: int) -> bool:
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with read_only_connection(db.engine) as connection:
        return bool(connection.execute(waiting).scalar_one() == number)


class Crowd:
    """People who send feedback at the same time."""

    def __init__(self, site: LiveSite) -> None:
        self.statuses: list[int] = []
        self._threads = [
            Thread(target=self._send, args=(site.port, _read_csrf_token(site.port)), daemon=True)
            for _ in range(PEOPLE)
        ]

    def send(self) -> None:
        for thread in self._threads:
            thread.start()

    def wait(self) -> None:
        for thread in self._threads:
            thread.join(30)

    def _send(self, port: int, token: str) -> None:
        body = urlencode({"csrf_token": token, "message": "The hall is cold"})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        with closing(HTTPConnection(HOST, port, timeout=30)) as connection:
            connection.request("POST", "/feedback", body, headers)
            answer = connection.getresponse()
            answer.read()
            self.statuses.append(answer.status)
            assert answer.status != 503 or answer.headers["Retry-After"] == "60"


def _read_csrf_token(port: int) -> str:
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', _read(port, "/feedback"))
    assert found
    return found[1]


def _read(port: int, path: str) -> str:
    with closing(HTTPConnection(HOST, port, timeout=30)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == 200
        return answer.read().decode()


def test_pages_are_served_while_many_requests_wait_for_the_database(live_site: LiveSites) -> None:
    running = live_site()
    _read(running.port, "/programme")
    people = Crowd(running)
    served = min(MAX_WAITING, WRITING_THREADS)
    refused = PEOPLE - served

    with closing(sqlite3.connect(db.engine.url.database or "", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        people.send()
        wait_until(lambda: len(people.statuses) == refused, "that most are told to come later")
        began = time.monotonic()
        page = _read(running.port, "/sessions/opening")
        took = time.monotonic() - began
        other.execute("ROLLBACK")
    people.wait()

    assert "Opening" in page
    assert took < 10, "the lock was held for as long as anybody would have waited"
    assert Counter(people.statuses) == {503: refused, 303: served}
