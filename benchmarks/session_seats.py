"""Many people who want the seats of one session at the same moment, beside one row inserted.

Everybody has opened their own page before; what is measured is the button. Most of them are too
late, so that what a refusal costs counts most.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode

from sqlalchemy import func, select

from app.database import db, transaction
from app.programme.models import BOOKABLE, Session
from app.registration import links, session_seats
from app.registration.create_booking import create_booking
from app.registration.session_bookings.models import SessionBooking
from app.releases import services as releases
from benchmarks.copies import SiteCopy
from benchmarks.crowd import run_concurrently
from benchmarks.figures import Figure, at_least, at_most
from benchmarks.people import TOKEN
from benchmarks.registrations import CONTROL_ROWS, insert_row, run_postgresql
from benchmarks.wire import Connection

SIZE = (20, 25)  # sessions and speakers: enough, for no page of them is opened
SEATS, PEOPLE, CLIENTS = 100, 1_000, 64
ROUNDS = 3
BOOKED, REFUSED = 303, 409

Page = tuple[str, str, str]  # address, cookie and token


def measure(folder: Path) -> Iterator[Figure]:
    """Measure on SQLite and on PostgreSQL."""
    yield from measure_on("SQLite", SiteCopy(folder / "seats", SIZE, 10 * PEOPLE))
    with run_postgresql() as server:
        url = server.url(server.create_database())
        copy = SiteCopy(folder / "seats-postgresql", SIZE, 10 * PEOPLE, DATABASE_URL=url)
        yield from measure_on("PostgreSQL", copy)


def measure_on(name: str, copy: SiteCopy, people: int = PEOPLE) -> Iterator[Figure]:
    """Let people book an empty session in a few rounds, with W between them."""
    slugs = open_sessions(copy, ROUNDS + 1)
    tokens = register_people(copy, people)
    rates, rows, presses = [], [], list[int]()
    with copy.start_server() as site, copy.start_control() as control:
        for slug in slugs:
            pages = _open_pages(site.port, tokens, slug)
            answers, took = run_concurrently(
                partial(_press, pages), range(people), site.port, CLIENTS
            )
            inserted, duration = run_concurrently(
                insert_row, range(CONTROL_ROWS), control.port, CLIENTS
            )
            assert set(inserted) == {200}, inserted
            if slug != slugs[0]:  # the first compiles templates
                rates.append(people / took)
                rows.append(CONTROL_ROWS / duration)
                presses.extend(answers)
            _check(copy, answers, slug)
    ratio = median(rates) / median(rows)
    yield Figure(
        f"{people} people for {SEATS} seats of a session, {name}, {CLIENTS} clients",
        f"{median(rates):.0f}/s",
        ratio,
        at_least(0.25, 0.5),
        f"W {median(rows):,.0f}/s",
        ratio,
    )
    booked = [one for one in presses if one > 0]
    yield _compare_slowest(f"a booking, {name}", booked, booked)
    # Beside the middle of all presses, which is a refusal, this says only how much less a refusal
    # costs than a booking. Whoever presses while seats are left waits in the queue of the lock,
    # whether or not one is left in the end: so nobody is to wait much longer than those who book.
    everybody = [abs(one) for one in presses]
    yield _compare_slowest(f"a press, too late or not, beside a booking, {name}", everybody, booked)


def _compare_slowest(name: str, times: Sequence[int], others: Sequence[int]) -> Figure:
    """Compare those who wait longest with the middle of others, or of themselves."""
    slowest, middle = quantiles(times, n=100)[98], median(others)
    text = f"{slowest:,.0f} ms ÷ {middle:,.0f} ms"
    return Figure(f"{name}: p99 ÷ median", text, slowest / middle, at_most(4, 2))


def open_sessions(copy: SiteCopy, count: int) -> Sequence[str]:
    """Let people book some sessions at different times."""
    with copy.app_context(), transaction():
        chosen = list(
            db.session.scalars(
                select(Session).where(Session.starts_at.is_not(None)).order_by(Session.starts_at)
            )
        )[:count]
        for one in chosen:
            one.booking, one.seats = BOOKABLE, SEATS
        releases.create_release()
        return [one.slug for one in chosen]


def register_people(copy: SiteCopy, people: int) -> Sequence[str]:
    """Register people for both days; give the tokens of their bookings."""
    tokens = []
    with copy.app_context() as app, app.test_request_context(), transaction():
        for number in range(people):
            answers = {
                "given_names": "Ada",
                "family_name": f"Number {number}",
                "email": f"ada-{number}@example.org",
                "days": "2008-11-06 2008-11-07",
            }
            delegate = create_booking(answers, "en")
            assert delegate is not None
            tokens.append(links.booking_token(delegate))
    return tokens


def _open_pages(port: int, tokens: Sequence[str], slug: str) -> Sequence[Page]:
    """Let each person open their page of a session."""
    pages: list[Page] = [("", "", "")] * len(tokens)

    def open_share(first: int) -> None:
        connection = Connection(port)
        for number in range(first, len(tokens), 8):
            address = f"/booking/{tokens[number]}/sessions/{slug}"
            answer = connection.get(address)
            token = TOKEN.search(answer.text)
            assert token, answer.status
            cookies = "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
            pages[number] = (address, cookies, token[1])
        connection.close()

    threads = [threading.Thread(target=open_share, args=(first,)) for first in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return pages


def _press(pages: Sequence[Page], connection: Connection, number: int) -> int:
    """Press the button and return the milliseconds, negative if no seat was left."""
    address, cookies, token = pages[number]
    started_at = time.perf_counter()
    body = urlencode({"csrf_token": token}).encode()
    answer = connection.request("POST", address, {"Cookie": cookies}, body)
    took = max(1, round((time.perf_counter() - started_at) * 1000))
    assert answer.status in {BOOKED, REFUSED}, answer.status
    return took if answer.status == BOOKED else -took


def _check(copy: SiteCopy, answers: Sequence[int], slug: str) -> None:
    """Assert that exactly as many people have a seat, and were told so, as there are seats."""
    with copy.app_context():
        key = db.session.scalar(select(Session.key).where(Session.slug == slug)) or ""
        counted = select(func.count()).where(SessionBooking.session_key == key)
        booked = db.session.scalar(counted)
        taken = session_seats.lock_sessions([key])[key].taken
    assert 0 not in answers, "somebody got an error"
    won = sum(one > 0 for one in answers)
    assert (booked, taken, won) == (SEATS, SEATS, SEATS), (booked, taken, won)
