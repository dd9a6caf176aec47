"""Concurrent bookings, swaps and releases exceed no limit and give no one two rooms at once."""

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from http.client import HTTPConnection
from threading import Barrier
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from app import clock
from app.database import db, transaction
from app.delegates.models import Delegate, SeatLimit
from app.errors import RuleViolation
from app.programme.models import BOOKABLE
from app.programme.models import Session as WorkingSession
from app.registration import integrity_check, links, session_seats
from app.registration.bookings import operations
from app.registration.desk import services as desk
from app.registration.session_bookings import services
from app.registration.session_bookings.models import SessionBooking
from app.registration.waiting_list.models import OFFERED, WaitingListEntry
from app.releases.current_release import get_programme
from tests.database_timeouts import DEADLOCK
from tests.factories import (
    make_category,
    make_delegate,
    make_session,
    publish_programme,
    set_places,
)
from tests.live_site import LiveSites
from tests.races import run_concurrently, run_while_locked
from tests.registration.races import find_without_lock
from tests.waiting import HOST

ROOMS = ("knots", "nets", "sails")  # at the same time
SEATS, SWAPPERS, NEWCOMERS, DEEDS = 9, 24, 12, 8
BUSY, TRIES = 503, 50  # nothing has happened
TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')


def make_rooms(number: int) -> None:
    """Publish three sessions at the same time, each with so many seats."""
    for slug in ROOMS:
        make_session(key=slug, slug=slug, title=slug, booking=BOOKABLE, seats=number)
    publish_programme()


def make_people(number: int) -> list[Delegate]:
    set_places(number)
    return [make_delegate(email=f"p{n}@example.org", given_names=f"P{n}") for n in range(number)]


def book(person: int, slug: str, in_place_of: Sequence[str] = ()) -> None:
    """Book a seat for the person with this number."""
    with transaction():
        delegate = db.session.get_one(Delegate, person)
        services.book(delegate, get_programme().get_session(slug), in_place_of=in_place_of)


def list_bookings() -> dict[int, list[str]]:
    """Return the sessions in which each person has a seat."""
    found: dict[int, list[str]] = {}
    for number, key in db.session.execute(
        select(SessionBooking.delegate_id, SessionBooking.session_key)
    ):
        found.setdefault(number, []).append(key)
    db.session.rollback()
    return found


def counts() -> dict[str, tuple[int, int]]:
    """Return the seats of each session, and how many are taken."""
    rows = db.session.execute(
        select(SeatLimit.name, SeatLimit.seats, SeatLimit.taken).where(
            SeatLimit.name.startswith("session ")
        )
    ).all()
    db.session.rollback()
    return {name.removeprefix("session "): (number, taken) for name, number, taken in rows}


@pytest.mark.both_databases
def test_concurrent_session_bookings_never_exceed_the_seats(site: Flask) -> None:
    make_rooms(3)
    people = [one.id for one in make_people(8)]

    ended = run_concurrently(site, [lambda number=one: book(number, "knots") for one in people])  # type: ignore[misc]

    assert ended == ["All seats have been booked"] * 5 + ["done"] * 3
    assert counts()["knots"] == (3, 3)
    assert len(list_bookings()) == 3


@pytest.mark.both_databases
def test_two_tabs_of_one_person_never_book_overlapping_sessions(site: Flask) -> None:
    make_rooms(3)
    [person] = [one.id for one in make_people(1)]

    run_concurrently(site, [lambda slug=slug: book(person, slug) for slug in ROOMS])  # type: ignore[misc]

    assert [len(keys) for keys in list_bookings().values()] == [1]
    assert sum(taken for _, taken in counts().values()) == 1


@pytest.mark.both_databases
def test_concurrent_swaps_neither_deadlock_nor_lose_a_seat(site: Flask) -> None:
    make_rooms(5)
    people = [one.id for one in make_people(8)]
    for position, person in enumerate(people):
        book(person, ROOMS[position % 2])
    deeds = [
        lambda number=person, old=position % 2: book(number, ROOMS[1 - old], [ROOMS[old]])
        for position, person in enumerate(people)
    ]

    run_concurrently(site, deeds)

    assert sorted(map(len, list_bookings().values())) == [1] * 8
    assert sum(taken for _, taken in counts().values()) == 8


def refuse_on_deadlock(act: Callable[[], object]) -> Callable[[], None]:
    """Return what does the same, and is refused if the database ends a deadlock."""

    def run() -> None:
        try:
            act()
        except OperationalError as fault:
            if getattr(fault.orig, "sqlstate", "") != DEADLOCK:
                raise
            raise RuleViolation("deadlock") from fault

    return run


@pytest.mark.postgresql_only
def test_booking_the_last_seat_and_publishing_do_not_deadlock(site: Flask) -> None:
    """The cache version is locked last: its holder waits for no other row."""
    make_rooms(1)
    [person] = [one.id for one in make_people(1)]
    with transaction():
        for one in db.session.scalars(select(WorkingSession).where(WorkingSession.key.in_(ROOMS))):
            one.seats = 7

    ended = run_while_locked(
        site,
        lambda: session_seats.lock_sessions(["sails"]),
        lambda: services.book(
            db.session.get_one(Delegate, person), get_programme().get_session("sails")
        ),
        publish_programme,
    )

    assert ended == ["done", "done"]
    assert counts() == {"knots": (7, 0), "nets": (7, 0), "sails": (7, 1)}


@pytest.mark.postgresql_only
def test_booking_the_last_seat_and_a_bulk_category_move_do_not_deadlock(site: Flask) -> None:
    make_rooms(1)
    press, student = (make_category(n, name=f"Category {n}").id for n in (1, 2))
    set_places(2)  # and the first to move frees the only place of their category
    first = make_delegate(email="first@example.org", category_id=press).id
    second = make_delegate(email="second@example.org").id

    def move() -> None:
        with transaction():
            people = [db.session.get_one(Delegate, one) for one in (second, first)]
            desk.move_all_to_category(people, student, actor="olga@conference.example")

    ended = run_while_locked(
        site,
        lambda: operations.lock(db.session.get_one(Delegate, second)),
        lambda: services.book(
            db.session.get_one(Delegate, second), get_programme().get_session("sails")
        ),
        move,
    )

    assert ended == ["done", "done"]
    assert {key: taken for key, (_, taken) in counts().items()} == {
        "knots": 0,
        "nets": 0,
        "sails": 1,
    }


def test_without_the_lock_concurrent_session_bookings_would_exceed_the_seats(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: without the lock, the tests above fail."""
    make_rooms(3)
    people = [one.id for one in make_people(4)]

    def book_unlocked(person: int) -> None:
        with transaction():
            limits = session_seats.lock_sessions(["knots"])
            row = SessionBooking(delegate_id=person, session_key="knots", title="knots")
            row.booked_at = clock.now()
            session_seats.reserve_session(limits["knots"], row)

    monkeypatch.setattr(session_seats, "find_for_update", find_without_lock(4))

    ended = run_concurrently(site, [lambda number=one: book_unlocked(number) for one in people])  # type: ignore[misc]

    assert ended == ["done"] * 4
    assert len(list_bookings()) == 4, "one more than there are seats"


class Person:
    """A delegate with a plain browser, who presses buttons of their own pages."""

    def __init__(self, connection: HTTPConnection, token: str) -> None:
        self._connection, self._token = connection, token
        self._cookies: dict[str, str] = {}

    def press(self, slug: str, **fields: str) -> int:
        """Open one's step for a session and press a button there."""
        return self.press_at(f"/booking/{self._token}/sessions/{slug}", **fields)

    def press_at(self, address: str, **fields: str) -> int:
        """Open a page and press its button; again where a loaded machine says to come later."""
        status = BUSY
        for _ in range(TRIES):
            _, page = self._ask("GET", address)
            found = TOKEN.search(page)
            if found is None:  # nothing can be done there now
                return 0
            status, _ = self._ask("POST", address, {"csrf_token": found[1], **fields})
            if status != BUSY:
                break
            time.sleep(0.1)
        return status

    def _ask(
        self, method: str, address: str, fields: dict[str, str] | None = None
    ) -> tuple[int, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(fields) if fields else None
        self._connection.request(method, address, body, headers)
        response = self._connection.getresponse()
        page = response.read().decode()
        for header in response.headers.get_all("Set-Cookie", []):
            name, _, value = header.partition(";")[0].partition("=")
            self._cookies[name] = value
        return response.status, page


@pytest.mark.both_databases
def test_under_load_from_eight_processes_session_seats_stay_consistent(
    live_site: LiveSites,
) -> None:
    make_rooms(SEATS)
    people = make_people(SWAPPERS + NEWCOMERS)
    for position, one in enumerate(people[:SWAPPERS]):
        book(one.id, ROOMS[position % 3])
    tokens = [links.booking_token(one) for one in people]
    swappers = {one.id for one in people[:SWAPPERS]}
    db.session.rollback()
    site = live_site(processes=8)
    statuses: list[int] = []

    def act(number: int) -> None:
        chance = random.Random(number)
        with closing(HTTPConnection(HOST, site.port, timeout=60)) as connection:
            person = Person(connection, tokens[number])
            is_swapper = number < SWAPPERS
            statuses.extend(
                _do_something(person, chance, is_swapper=is_swapper) for _ in range(DEEDS)
            )

    threads = [threading.Thread(target=act, args=(number,)) for number in range(len(people))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    assert len(statuses) == len(people) * DEEDS, site.log()[-3000:]
    assert set(statuses) <= {0, 303, 409}, (Counter(statuses), site.log()[-3000:])
    seats_held = list_bookings()
    assert {number: len(seats_held.get(number, [])) for number in swappers} == dict.fromkeys(
        swappers, 1
    )
    assert [keys for keys in seats_held.values() if len(keys) > 1] == []
    assert [one for one in counts().values() if one[1] > one[0]] == []
    assert [one for one in integrity_check.run_checks() if "email" not in one] == []
    offers = select(func.count()).where(WaitingListEntry.state == OFFERED)
    booked = select(func.count()).select_from(SessionBooking)
    promised = (db.session.scalar(booked) or 0) + (db.session.scalar(offers) or 0)
    assert promised == sum(taken for _, taken in counts().values())


def _do_something(person: Person, chance: random.Random, *, is_swapper: bool) -> int:
    """Press a button: who swaps only swaps; others book, wait, take offers, leave, give back."""
    slug = chance.choice(ROOMS)
    if not is_swapper:
        action = chance.choice(["release", "release", "join", "join", "leave", "", ""])
        if action:
            return person.press(slug, **{action: "yes"})
    return person.press(slug, in_place_of=chance.choice(ROOMS))


@pytest.mark.postgresql_only
def test_without_the_booking_lock_two_tabs_would_book_overlapping_sessions(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control of the test about two tabs: the limits alone do not prevent the race."""
    make_rooms(3)
    [person] = [one.id for one in make_people(1)]
    together = Barrier(2)

    def lock_nothing(_delegate: Delegate) -> None:
        together.wait(20)  # both have the limit of their own session

    monkeypatch.setattr(operations, "end_corrections", lock_nothing)

    ended = run_concurrently(site, [lambda: book(person, "knots"), lambda: book(person, "nets")])

    assert ended == ["done", "done"]
    assert sorted(list_bookings()[person]) == ["knots", "nets"]
