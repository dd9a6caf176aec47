"""Limits hold for every process and host, and for requests that fail."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts import rate_limits
from app.accounts.models import RateLimitHit
from app.accounts.rate_limits import Attempt, NetworkLimit
from app.database import db, transaction
from app.errors import NetworkLimitExceeded, RateLimitExceeded
from app.factory import create_app
from config import Config
from tests.browser import Browser
from tests.races import is_waiting_for_lock
from tests.refusals import TOO_MANY, TOO_MANY_FROM_NETWORK
from tests.waiting import wait_until

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
def test_attempts_are_allowed_up_to_the_limit_for_each_actor_and_action(
    site: Flask, frozen_time: Any
) -> None:
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


def test_an_attempt_is_allowed_again_after_the_retry_after_time(
    visitor: Browser, frozen_time: Any
) -> None:
    for _ in range(5):
        frozen_time.shift(timedelta(minutes=2))
        visitor.open("/sign-in")
        visitor.press("Email me a link", email_address="ada@example.org")
    visitor.open("/sign-in")
    refused = visitor.press("Email me a link", email_address="ada@example.org", status=429)

    frozen_time.shift(timedelta(seconds=int(refused.headers["Retry-After"])))
    visitor.open("/sign-in")
    allowed_again = visitor.press("Email me a link", email_address="ada@example.org")

    assert refused.headers["Retry-After"] == str(60 * 60 - 8 * 60)
    assert allowed_again.heading == "Check your email"


def test_the_limit_on_sign_in_emails_holds_across_processes(
    visitor: Browser, another_process: Flask, settings: dict[str, str]
) -> None:
    elsewhere = Browser(another_process, settings["SITE_URL"])
    for person in (visitor, visitor, visitor, elsewhere, elsewhere):
        person.open("/sign-in")
        person.press("Email me a link", email_address="ada@example.org")

    visitor.open("/sign-in")
    page = visitor.press("Email me a link", email_address="ada@example.org", status=429)

    assert page.errors == [TOO_MANY]
    assert page.value_of("Email address") == "ada@example.org"


@pytest.mark.both_databases
def test_concurrent_attempts_never_exceed_the_limit(site: Flask) -> None:
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
def test_the_actor_lock_makes_concurrent_attempts_wait(
    site: Flask, monkeypatch: pytest.MonkeyPatch, lock: str
) -> None:
    with_lock = lock == "with the lock"
    if not with_lock:
        monkeypatch.setattr(rate_limits, "_lock_actors", lambda *_: None)
    results: list[bool] = []

    def knock() -> None:
        with site.app_context():
            results.append(allowed(times=1))

    second = threading.Thread(target=knock)
    with transaction():
        rate_limits.hit("knock", "ada@example.org", times=1, within=AN_HOUR)
        second.start()
        wait_until(lambda: is_waiting_for_lock() or not second.is_alive(), "it waits, or is in", 60)
        came_in_between = not second.is_alive()
    second.join()

    assert came_in_between is not with_lock
    assert results == [not with_lock]


def test_an_attempt_stays_counted_when_the_request_then_fails(visitor: Browser) -> None:
    form = visitor.open("/register/invitation")
    for _ in range(3):
        form.press("Continue", {"Invitation code": "NOSUCHCODE"}, status=422)

    # for the address and for its network, written again after the rollback
    assert attempts("invitation code") == 2 * 3


def test_an_attempt_refused_for_its_address_is_not_counted_for_its_network(
    visitor: Browser,
) -> None:
    for status in (200, 200, 200, 200, 200, 429, 429):
        visitor.open("/sign-in")
        visitor.press("Email me a link", email_address="ada@example.org", status=status)

    assert attempts("sign in as") == 5
    assert attempts("sign in from") == 2 * 5


def test_several_attempts_of_one_person_are_all_allowed_or_none(site: Flask) -> None:
    knock = Attempt.by_actor("knock", "ada@example.org", times=3, within=AN_HOUR)

    def allowed_at_once(*knocks: Attempt) -> bool:
        try:
            with transaction():
                rate_limits.hit_all(*knocks)
        except RateLimitExceeded:
            return False
        return True

    assert not allowed_at_once(knock, knock, knock, knock)
    assert allowed_at_once(knock, knock)
    assert not allowed_at_once(knock, knock)
    assert allowed_at_once(knock)
    assert attempts("knock") == 3


def test_an_attempt_is_counted_once_when_the_request_succeeds(visitor: Browser) -> None:
    visitor.open("/sign-in")

    visitor.press("Email me a link", email_address="ada@example.org")

    assert (attempts("sign in as"), attempts("sign in from")) == (1, 2)


@pytest.mark.own_site
def test_a_rate_limit_in_a_read_only_request_is_an_error(visitor: Browser, site: Flask) -> None:
    @site.get("/knock")
    def knock() -> str:
        rate_limits.hit("knock", "ada@example.org", times=1, within=AN_HOUR)
        return ""

    assert visitor.fetch("GET", "/knock").status_code == 500
    assert attempts("knock") == 0


def test_the_actor_is_stored_as_a_hash_keyed_with_the_secret_key(site: Flask) -> None:
    allowed(who="ada@example.org")
    allowed(who="192.0.2.1")
    first = db.session.scalars(select(RateLimitHit.actor_hash)).all()
    site.config["SECRET_KEY"] = "another key of another site"

    allowed(who="ada@example.org")

    kept = db.session.scalars(select(RateLimitHit.actor_hash)).all()
    assert len(set(kept)) == 3
    assert all(len(one) == 64 for one in kept)
    assert len(set(first)) == 2


IPV4 = ["192.0.2.1/32", "192.0.2.0/24"]
IPV6 = ["2001:db8:1:2ff::/64", "2001:db8:1:200::/56", "2001:db8:1::/48"]


@pytest.mark.parametrize(
    ("address", "networks"),
    [
        ("192.0.2.1", IPV4),
        ("::ffff:192.0.2.1", IPV4),
        ("2001:db8:1:2ff::1", IPV6),
        ("2001:db8:1:2ff:ffff::9", IPV6),
        (None, ["unknown"]),
        ("rubbish", ["unknown"]),
    ],
)
def test_an_ip_address_belongs_to_nested_networks(address: str | None, networks: list[str]) -> None:
    assert [network for network, _ in rate_limits.list_networks(address)] == networks


def count_allowed(limit: NetworkLimit, addresses: Iterable[str]) -> int:
    """Do something from one address after another and return how often it was allowed."""
    allowed_ones = 0
    for address in addresses:
        with suppress(NetworkLimitExceeded), transaction():
            rate_limits.hit_network(limit, address)
            allowed_ones += 1
    return allowed_ones


@pytest.mark.both_databases
@pytest.mark.settings(LIMIT_REGISTRATIONS_PER_NETWORK="2")
@pytest.mark.parametrize(
    ("addresses", "allowed_ones"),
    [
        (["192.0.2.1"] * 4, 2),
        ([f"192.0.2.{host}" for host in range(20)], 8),
        ([f"192.0.{part}.1" for part in range(20)], 20),
        ([f"2001:db8:1:2::{host}" for host in range(20)], 2),
        ([f"2001:db8:1:2{part:02x}::1" for part in range(20)], 4),
        ([f"2001:db8:1:{part}00::1" for part in range(1, 21)], 8),
        ([f"2001:db8:{part}::1" for part in range(20)], 20),
    ],
)
def test_a_wider_network_has_a_higher_but_finite_limit(
    site: Flask, addresses: list[str], allowed_ones: int
) -> None:
    assert count_allowed(rate_limits.REGISTRATION, addresses) == allowed_ones


@pytest.mark.parametrize("limit", rate_limits.NETWORK_LIMITS, ids=lambda limit: limit.action)
def test_every_network_limit_is_finite(site: Flask, limit: NetworkLimit) -> None:
    times = min(window.times for window in limit.current_windows)

    assert 0 < times <= 1000
    assert count_allowed(limit, ["192.0.2.1"] * 3) == 3


def test_refused_attempts_do_not_count_against_the_wider_network(site: Flask) -> None:
    assert count_allowed(rate_limits.FEEDBACK, ["192.0.2.1"] * 50) == 5
    assert count_allowed(rate_limits.FEEDBACK, ["192.0.2.2"] * 50) == 5


@pytest.mark.settings(LIMIT_REGISTRATIONS_PER_NETWORK="0")
def test_rate_limits_can_be_switched_off_in_the_settings(site: Flask) -> None:
    assert count_allowed(rate_limits.REGISTRATION, ["192.0.2.1"] * 200) == 200
    assert attempts("registration from") == 0


@pytest.mark.settings(
    LIMIT_REGISTRATIONS_PER_NETWORK="1",
    RATE_LIMIT_EXEMPT_NETWORKS='["192.0.2.0/25", "2001:db8::/32"]',
)
def test_networks_in_the_settings_are_exempt_from_rate_limits(site: Flask) -> None:
    office = ["192.0.2.1", "2001:db8:1::1"] * 5

    assert count_allowed(rate_limits.REGISTRATION, office) == 10
    assert count_allowed(rate_limits.REGISTRATION, ["192.0.2.128"] * 5) == 1
    assert attempts("registration from") == 2


def test_a_refusal_says_when_the_next_attempt_is_allowed(site: Flask, frozen_time: Any) -> None:
    for _ in range(5):
        allowed(times=5)
        frozen_time.shift(timedelta(minutes=10))

    with pytest.raises(RateLimitExceeded) as refusal, transaction():
        rate_limits.hit("knock", "ada@example.org", times=5, within=AN_HOUR)

    assert refusal.value.retry_after == timedelta(minutes=10)
    frozen_time.shift(timedelta(minutes=10))
    assert [allowed(times=5), allowed(times=5)] == [True, False]


def test_the_network_of_a_visitor_is_neither_stored_nor_logged(
    site: Flask, capfd: pytest.CaptureFixture[str]
) -> None:
    count_allowed(rate_limits.FEEDBACK, ["203.0.113.77"] * 9)

    rows = db.session.execute(select(RateLimitHit.__table__)).all()
    assert len(rows) == 10
    assert "203.0.113" not in str(rows) + "".join(capfd.readouterr())


def test_network_attempts_are_deleted_after_their_longest_window(
    site: Flask, frozen_time: Any
) -> None:
    for limit in rate_limits.NETWORK_LIMITS:
        count_allowed(limit, ["192.0.2.1"])
    frozen_time.shift(timedelta(minutes=61))

    with transaction():
        rate_limits.delete_expired()

    def list_left() -> set[str]:
        return set(db.session.scalars(select(RateLimitHit.action)))

    in_a_week, in_a_month = rate_limits.NEW_DRAFT.action, rate_limits.NEW_AGENDA.action
    assert list_left() == {rate_limits.ANSWER_FILE.action, in_a_week, in_a_month}  # files: a day
    frozen_time.shift(timedelta(days=7))
    with transaction():
        rate_limits.delete_expired()
    assert list_left() == {in_a_month}


def test_attempts_are_deleted_after_30_days(site: Flask, frozen_time: Any) -> None:
    allowed()
    frozen_time.shift(timedelta(days=29))
    allowed()
    frozen_time.shift(timedelta(days=2))

    with transaction():
        rate_limits.delete_expired()

    assert attempts("knock") == 1


def test_booking_link_emails_are_limited_for_each_network(visitor: Browser) -> None:
    for number in range(30):
        visitor.open("/booking")
        visitor.press(visitor.page.buttons[0], email_address=f"p{number}@example.org")

    visitor.open("/booking")
    page = visitor.press(visitor.page.buttons[0], email_address="p30@example.org", status=429)

    assert page.errors == [TOO_MANY_FROM_NETWORK]
    assert page.value_of("Email address") == "p30@example.org"
