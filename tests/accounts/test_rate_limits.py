"""Limits hold for every process and host, and for requests that fail."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts import rate_limits
from app.accounts.models import RateLimitHit
from app.database import db, transaction
from app.errors import RateLimitExceeded
from app.factory import create_app
from config import Config
from tests.browser import Browser

AN_HOUR = timedelta(hours=1)


def attempts(what: str) -> int:
    return db.session.scalar(select(func.count()).where(RateLimitHit.action == what)) or 0


def allowed(what: str = "knock", who: str = "ada@example.org", times: int = 3) -> bool:
    try:
        with transaction():
            rate_limits.hit(what, who, times=times, within=AN_HOUR)
    except RateLimitExceeded:
        return False
    return True


@pytest.fixture
def another_process(site: Flask, settings: dict[str, str]) -> Iterator[Flask]:
    """The same site, as another process serves it."""
    other = create_app(Config.model_validate(settings))
    yield other
    with other.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.both_databases
def test_what_is_allowed_is_counted_until_it_is_enough(site: Flask, frozen_time: Any) -> None:
    assert [allowed() for _ in range(5)] == [True, True, True, False, False]
    assert allowed(who="someone.else@example.org")
    assert allowed(what="ring")

    frozen_time.shift(AN_HOUR)
    assert allowed()


@pytest.mark.both_databases
def test_a_limit_holds_across_processes(site: Flask, another_process: Flask) -> None:
    here = [allowed(times=2), allowed(times=2)]
    with another_process.app_context():
        there = allowed(times=2)

    assert here == [True, True]
    assert not there


def test_whoever_waits_as_long_as_they_are_told_is_allowed_again(
    visitor: Browser, frozen_time: Any
) -> None:
    for _ in range(5):
        frozen_time.shift(timedelta(minutes=2))
        visitor.open("/sign-in")
        visitor.press("Send me a link", email_address="ada@example.org")
    visitor.open("/sign-in")
    refused = visitor.press("Send me a link", email_address="ada@example.org", status=429)

    frozen_time.shift(timedelta(seconds=int(refused.headers["Retry-After"])))
    visitor.open("/sign-in")
    allowed_again = visitor.press("Send me a link", email_address="ada@example.org")

    assert refused.headers["Retry-After"] == str(60 * 60 - 8 * 60)
    assert allowed_again.heading == "Look in your email"


def test_a_limit_on_letters_holds_across_processes(
    visitor: Browser, another_process: Flask, settings: dict[str, str]
) -> None:
    elsewhere = Browser(another_process, settings["SITE_URL"])
    for person in (visitor, visitor, visitor, elsewhere, elsewhere):
        person.open("/sign-in")
        person.press("Send me a link", email_address="ada@example.org")

    visitor.open("/sign-in")
    page = visitor.press("Send me a link", email_address="ada@example.org", status=429)

    assert page.heading == "That was asked for too often"


@pytest.mark.both_databases
def test_people_who_come_at_once_wait_for_each_other(site: Flask) -> None:
    results: list[bool] = []

    def knock() -> None:
        with site.app_context():
            results.append(allowed(times=5))

    db.session.commit()
    together = [threading.Thread(target=knock) for _ in range(12)]
    for one in together:
        one.start()
    for one in together:
        one.join()

    assert sorted(results) == [False] * 7 + [True] * 5


@pytest.mark.postgresql_only
@pytest.mark.parametrize("lock", ["with the lock", "without it"])
def test_the_lock_is_what_makes_them_wait(
    site: Flask, monkeypatch: pytest.MonkeyPatch, lock: str
) -> None:
    with_lock = lock == "with the lock"
    if not with_lock:
        monkeypatch.setattr(rate_limits, "_lock_actor", lambda *_: None)
    results: list[bool] = []

    def knock() -> None:
        with site.app_context():
            results.append(allowed(times=1))

    second = threading.Thread(target=knock)
    with transaction():
        rate_limits.hit("knock", "ada@example.org", times=1, within=AN_HOUR)
        second.start()
        second.join(0.5)
        came_in_between = not second.is_alive()
    second.join()

    assert came_in_between is not with_lock
    assert results == [not with_lock]


def test_an_attempt_stays_counted_when_the_request_then_fails(visitor: Browser) -> None:
    for status in (200, 200, 200, 200, 200, 429, 429):
        visitor.open("/sign-in")
        visitor.press("Send me a link", email_address="ada@example.org", status=status)

    assert attempts("sign in as") == 5
    assert attempts("sign in from") == 7  # the last two were written again after the rollback


def test_an_attempt_is_counted_once_when_the_request_succeeds(visitor: Browser) -> None:
    visitor.open("/sign-in")

    visitor.press("Send me a link", email_address="ada@example.org")

    assert attempts("sign in as") == attempts("sign in from") == 1


@pytest.mark.own_site
def test_a_limit_is_asked_for_only_where_something_may_be_written(
    visitor: Browser, site: Flask
) -> None:
    @site.get("/knock")
    def knock() -> str:
        rate_limits.hit("knock", "ada@example.org", times=1, within=AN_HOUR)
        return ""

    assert visitor.fetch("GET", "/knock").status_code == 500
    assert attempts("knock") == 0


def test_who_asked_is_kept_as_a_hash_that_only_this_site_can_make(site: Flask) -> None:
    allowed(who="ada@example.org")
    allowed(who="192.0.2.1")
    first = db.session.scalars(select(RateLimitHit.actor_hash)).all()
    site.config["SECRET_KEY"] = "another key of another site"

    allowed(who="ada@example.org")

    kept = db.session.scalars(select(RateLimitHit.actor_hash)).all()
    assert len(set(kept)) == 3
    assert all(len(one) == 64 for one in kept)
    assert len(set(first)) == 2


@pytest.mark.parametrize(
    ("one", "another"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        (None, "rubbish"),
    ],
)
def test_a_household_is_one_network(one: str | None, another: str) -> None:
    assert rate_limits.network_key(one) == rate_limits.network_key(another)


@pytest.mark.parametrize(
    ("one", "another"), [("2001:db8:1:2::1", "2001:db8:1:3::1"), ("192.0.2.1", "192.0.2.2")]
)
def test_neighbours_are_two_networks(one: str, another: str) -> None:
    assert rate_limits.network_key(one) != rate_limits.network_key(another)


def test_attempts_are_forgotten_after_thirty_days(site: Flask, frozen_time: Any) -> None:
    allowed()
    frozen_time.shift(timedelta(days=29))
    allowed()
    frozen_time.shift(timedelta(days=2))

    with transaction():
        rate_limits.delete_expired()

    assert attempts("knock") == 1


def test_one_network_cannot_have_letters_about_bookings_sent_to_everyone(visitor: Browser) -> None:
    for number in range(30):
        visitor.open("/booking")
        visitor.press(visitor.page.buttons[0], email_address=f"p{number}@example.org")

    visitor.open("/booking")
    page = visitor.press(visitor.page.buttons[0], email_address="p30@example.org", status=429)

    assert page.heading == "That was asked for too often"
