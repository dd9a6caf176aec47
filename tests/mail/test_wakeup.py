"""What wakes a worker: on PostgreSQL a notification, on SQLite a number of the file."""

import select
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import make_url, text

from app.database import db, transaction
from app.mail import outbox, services, wakeup
from app.mail.models import FAILED, WAITING, Email
from app.mail.wakeup import Wakeup
from tests import pooler
from tests.factories import make_email
from tests.postgres import PostgresServer
from tests.waiting import HOST, free_port, wait_until

LEASE = timedelta(minutes=1)
PATIENCE = 10.0  # seconds within which a notification comes, on however busy a machine
A_MOMENT = 0.3  # seconds in which one would have come


def is_woken(waking: Wakeup, seconds: float = PATIENCE) -> bool:
    """Let a worker sleep; return True if something woke it."""

    def sleep(_: float, *others: int) -> bool:
        is_woken = bool(others) and bool(select.select(others, [], [], seconds)[0])
        return not is_woken  # as if it got the stop signal, which ends the sleep

    return not waking.wait(sleep)


def sleep_soundly(waking: Wakeup) -> None:
    """Let a worker sleep until nothing wakes it any more."""
    while is_woken(waking, A_MOMENT):
        pass


def sleeping_time(waking: Wakeup) -> float:
    """Return how long a worker would sleep at a time."""
    slept = []

    def sleep(seconds: float, *_: int) -> bool:
        slept.append(seconds)
        return True

    waking.wait(sleep)
    return slept[0]


@pytest.fixture
def waking(site: Flask) -> Iterator[Wakeup]:
    """What wakes a worker that has begun to sleep."""
    db.session.rollback()
    created = wakeup.create_wakeup(db.engine, "")
    is_woken(created, 0)
    yield created
    created.close()


@pytest.mark.both_databases
def test_an_email_that_is_queued_wakes_the_worker(waking: Wakeup) -> None:
    slept_on = [is_woken(waking, A_MOMENT)]
    make_email()
    db.session.commit()

    assert is_woken(waking)
    assert slept_on == [False]


def send_again(email: Email) -> None:
    services.resend(email)


def queue_by_statement(email: Email) -> None:
    own = {"id", "message_id", "state"}
    columns = [column.name for column in Email.__table__.c if column.name not in own]
    names = ", ".join(columns)
    db.session.execute(
        text(
            f"INSERT INTO email (message_id, state, {names}) "  # noqa: S608
            f"SELECT '<again@example.org>', 'waiting', {names} FROM email"
        )
    )


@pytest.mark.postgresql_only
@pytest.mark.parametrize("queue", [send_again, queue_by_statement])
def test_the_worker_wakes_however_an_email_is_queued(
    waking: Wakeup, queue: Callable[[Email], None]
) -> None:
    email = make_email(state=FAILED, attempts=3)
    db.session.commit()
    sleep_soundly(waking)

    with transaction():
        queue(email)

    assert is_woken(waking)


@pytest.mark.postgresql_only
def test_a_worker_is_not_woken_by_its_own_changes(waking: Wakeup) -> None:
    make_email()
    make_email()
    db.session.commit()
    sleep_soundly(waking)

    with transaction():
        first, second = outbox.lease_next(LEASE, 2)
    with transaction():
        outbox.record_outcome(first, outbox.SendOutcome(WAITING, "451 Later"))
        outbox.give_back([second])

    assert not is_woken(waking, A_MOMENT)


@pytest.mark.postgresql_only
def test_a_worker_polls_while_its_connection_is_lost_and_then_listens_again(
    site: Flask, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakeup, "RECONNECT_INTERVAL", 0)
    waking = wakeup.create_wakeup(db.engine, "")
    db.session.remove()
    db.engine.dispose()

    assert sleeping_time(waking) == wakeup.WOKEN_INTERVAL
    postgres.crash()
    wait_until(lambda: sleeping_time(waking) == wakeup.POLL_INTERVAL, "nothing is heard")
    postgres.restart()
    wait_until(lambda: sleeping_time(waking) == wakeup.WOKEN_INTERVAL, "the worker listens")

    make_email()
    db.session.commit()
    assert is_woken(waking)
    waking.close()


@pytest.mark.postgresql_only
def test_a_worker_polls_if_the_direct_database_url_is_unreachable(site: Flask) -> None:
    nowhere = f"postgresql+psycopg://postgres@{HOST}:{free_port()}/conference"
    waking = wakeup.create_wakeup(db.engine, nowhere)

    assert sleeping_time(waking) == wakeup.POLL_INTERVAL


@pytest.mark.postgresql_only
@pytest.mark.skipif(pooler.PROGRAM is None, reason="pgbouncer is not installed")
def test_behind_a_pooler_a_worker_listens_on_the_direct_database_url(site: Flask) -> None:
    direct = db.engine.url.render_as_string(hide_password=False)
    between = pooler.Pooler(direct)
    pooled = wakeup.Listener(db.engine, make_url(between.url))
    directly = wakeup.create_wakeup(db.engine, direct)

    assert (sleeping_time(pooled), sleeping_time(directly)) == (
        wakeup.POLL_INTERVAL,
        wakeup.WOKEN_INTERVAL,
    )
    assert sleeping_time(pooled) == wakeup.POLL_INTERVAL  # it does not ask again

    directly.close()
    between.stop()


def test_a_worker_sleeps_while_the_sqlite_file_is_missing(waking: Wakeup, workplace: Path) -> None:
    waking.close()
    file = workplace / "conference.sqlite"
    file.rename(workplace / "away")

    assert not is_woken(waking)

    (workplace / "away").rename(file)
    is_woken(waking)
    make_email()
    db.session.commit()
    assert is_woken(waking)
