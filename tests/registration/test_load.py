"""Many people register at once, with the site as it really runs: several processes."""

import queue
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from app.database import db
from app.delegates.models import Delegate
from app.mail.models import Email
from app.registration import queries
from tests.factories import set_places
from tests.live_site import LiveSite, LiveSites
from tests.mail_server import MailServer
from tests.registration_answers import build_forms
from tests.waiting import HOST, wait_until

CLIENTS = 32
PEOPLE = 500
PLACES = 200
BUSY = 503  # a loaded machine answers so, and nothing has happened
FEWER, FEWER_PLACES = 250, 100  # where it is about what is lost, not about the crowd


class Person:
    """Someone with a plain browser, who tries again when the connection breaks or all is busy."""

    def __init__(self, connection: HTTPConnection, number: int) -> None:
        self._connection = connection
        self._forms = build_forms(
            family_name=f"Number {number}", email=f"ada-{number}@example.org", dietary_needs="Vegan"
        )
        self._cookies: dict[str, str] = {}

    def register(self) -> int:
        """Go through the whole registration and return the final status."""
        status, page = self._see("GET", "/register")
        if "Start now" not in page:
            return 409
        for step, answers in self._forms.items():
            status, page = self._see("GET", f"/register/{step}")
            if status == 200:
                status, page = self._see("POST", f"/register/{step}", page, answers)
            if status != 303:
                return status
        status, page = self._see("GET", "/register/check")
        if status == 200:
            status, page = self._see("POST", "/register/confirm", page, {})
        return status

    def _see(
        self, method: str, address: str, form: str = "", answers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        body = (
            None
            if answers is None
            else urlencode({"csrf_token": _read_csrf_token(form), **answers})
        )
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        for _ in range(50):
            try:
                status, page = self._ask(method, address, body, headers)
            except (HTTPException, OSError):
                self._connection.close()
            else:
                if status != BUSY:
                    return status, page
            time.sleep(0.1)
        raise AssertionError("the site does not answer any more")

    def _ask(
        self, method: str, address: str, body: str | None, headers: dict[str, str]
    ) -> tuple[int, str]:
        self._connection.request(method, address, body, headers)
        response = self._connection.getresponse()
        page = response.read().decode()
        for header in response.headers.get_all("Set-Cookie", []):
            name, _, value = header.partition(";")[0].partition("=")
            self._cookies[name] = value
        return response.status, page


def _read_csrf_token(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
    assert found, page
    return found[1]


def _all_register(
    site: LiveSite, people: int, seats: int, halfway: Callable[[], object] = str
) -> Counter[int]:
    """Register so many people, a few at a time, and count the outcomes."""
    waiting = queue.SimpleQueue[int]()
    ended: list[int] = []

    def client() -> None:
        with closing(HTTPConnection(HOST, site.port, timeout=60)) as connection:
            while not waiting.empty():
                with suppress(queue.Empty):
                    ended.append(Person(connection, waiting.get_nowait()).register())

    for number in range(people):
        waiting.put(number)
    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(ended) >= seats // 2, "half of the places taken", 200, site.log)
    halfway()
    for thread in threads:
        thread.join(120)
    return Counter(ended)


def _count(what: type[Delegate | Email]) -> int:
    number = db.session.scalar(select(func.count()).select_from(what)) or 0
    db.session.rollback()  # on SQLite, whoever looks on holds the lock
    return number


@pytest.mark.both_databases
@pytest.mark.settings(LIMIT_REGISTRATIONS_PER_NETWORK="0")  # all requests come from this machine
def test_of_500_concurrent_registrations_200_get_a_place_and_an_email(live_site: LiveSites) -> None:
    set_places(PLACES)
    site = live_site(processes=4)

    ended = _all_register(site, PEOPLE, PLACES)

    assert ended == {303: PLACES, 409: PEOPLE - PLACES}, site.log()[-3000:]
    assert _count(Delegate) == PLACES
    assert _count(Email) == PLACES
    assert queries.get_seat_counts() == queries.SeatCounts(PLACES, PLACES)


@pytest.mark.both_databases
@pytest.mark.settings(LIMIT_REGISTRATIONS_PER_NETWORK="0")  # all requests come from this machine
def test_no_registration_is_lost_when_processes_are_killed_under_load(
    live_site: LiveSites, mailbox: MailServer
) -> None:
    set_places(FEWER_PLACES)
    site = live_site(processes=4, worker=True)

    def halfway() -> None:
        site.kill_web_process()
        site.kill_mail_worker()
        site.start_mail_worker()

    ended = _all_register(site, FEWER, FEWER_PLACES, halfway)

    assert ended == {303: FEWER_PLACES, 409: FEWER - FEWER_PLACES}, site.log()[-3000:]
    assert _count(Delegate) == FEWER_PLACES
    wait_until(
        lambda: len(_list_recipients(mailbox)) == FEWER_PLACES, "a letter for each", 60, site.log
    )
    assert len(mailbox.emails) <= FEWER_PLACES + 1, "at most the one in hand went twice"


def _list_recipients(mailbox: MailServer) -> set[str]:
    """List the received emails without duplicates."""
    return {str(letter.message["Message-ID"]) for letter in mailbox.emails}
