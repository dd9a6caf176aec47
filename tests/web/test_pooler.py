"""The site with pgbouncer in transaction mode between it and PostgreSQL: nothing else is set."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from psycopg import Connection
from sqlalchemy import text

from app.database import db, transaction
from app.registration import queries
from app.transaction_settings import SHORT_LOCK_TIMEOUT, lock_timeout
from tests import pooler
from tests.browser import Browser, Browsers
from tests.factories import set_places
from tests.mail_server import MailServer
from tests.postgres import PostgresServer
from tests.registration_flow import complete_registration
from tests.sites import Settings, build_site, close_site
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(
    pooler.PROGRAM is None, reason="pgbouncer is not installed: apt-get install pgbouncer"
)
LIMITS = text(
    "SELECT current_setting('statement_timeout'), current_setting('timezone'), "
    "current_setting('lock_timeout'), pg_backend_pid()"
)


@pytest.fixture
def database(
    postgres: PostgresServer, postgresql_templates: Callable[[bool], str]
) -> Iterator[str]:
    name = postgres.create_database(postgresql_templates(True))
    between = pooler.Pooler(postgres.url(name))
    yield between.url
    between.stop()
    postgres.drop_database(name)


def test_registration_and_email_delivery_work_behind_a_pooler(
    new_browser: Browsers, site: Flask, mailbox: MailServer
) -> None:
    set_places(2)

    for number in range(2):
        page = complete_registration(new_browser(), email=f"ada-{number}@example.org")
        assert page.status == 200
    site.test_cli_runner().invoke(args=["deliver-mail"])

    assert queries.get_seat_counts().remaining == 0
    assert [one.recipient for one in mailbox.emails] == ["ada-0@example.org", "ada-1@example.org"]


def test_every_transaction_sets_its_timeouts_behind_a_pooler(site: Flask) -> None:
    def look(number: int) -> tuple[str, ...]:
        with site.app_context():
            token = lock_timeout.set(SHORT_LOCK_TIMEOUT if number % 2 else 20)
            with transaction():
                found = db.session.execute(LIMITS).one()
            lock_timeout.reset(token)
            return tuple(map(str, found))

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(look, range(80)))

    assert {limits[:3] for limits in found[::2]} == {("20s", "UTC", "0")}
    assert {limits[:3] for limits in found[1::2]} == {("20s", "UTC", "300ms")}
    assert len({session for *_, session in found}) == 3


def test_statements_are_prepared_only_without_a_pooler(
    site: Flask, settings: Settings, postgres: PostgresServer
) -> None:
    def get_threshold() -> int | None:
        with db.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, Connection)
            return driver.prepare_threshold

    direct = build_site({**settings, "DATABASE_URL": postgres.url(str(db.engine.url.database))})

    assert get_threshold() is None
    with direct.app_context():
        assert get_threshold() == 5
    close_site(direct)


def test_the_live_site_and_worker_run_behind_a_pooler(
    live_site: Callable[..., object], visitor: Browser, site: Flask
) -> None:
    live_site(processes=2, worker=True)

    def worker_is_at_work() -> bool:
        return site.test_cli_runner().invoke(args=["worker-health"]).exit_code == 0

    wait_until(worker_is_at_work, "the worker is at work", 30)
    assert visitor.open("/programme").heading == "Programme"
