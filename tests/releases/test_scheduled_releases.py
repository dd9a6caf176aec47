"""Scheduled releases with real workers: several, killed and restarted."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event, select, text

from app import cache_version, clock
from app.database import db, transaction
from app.programme import queries
from app.programme.models import Release, Session
from app.releases import scheduled_releases
from app.releases.models import ScheduledRelease
from tests.factories import make_scheduled_release
from tests.live_site import WORKER_COMMAND
from tests.subprocesses import ForkedProgram
from tests.waiting import wait_until

LOOKED_AT = 4  # seconds after its time, every worker has seen that the release is due

Start = Callable[[], ForkedProgram]


@pytest.fixture
def start_worker(
    site: Flask, settings: Mapping[str, str], frozen_time: Any, tmp_path: Path
) -> Iterator[Start]:
    """Start mail workers in processes of their own, at the real time as here; they end soon."""
    frozen_time.move_to(time_machine.escape_hatch.datetime.datetime.now(tz=UTC), tick=True)
    started: list[ForkedProgram] = []

    def start() -> ForkedProgram:
        db.session.commit()
        worker = ForkedProgram(WORKER_COMMAND, settings, tmp_path / "worker.log")
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.terminate()
    for worker in started:
        assert worker.wait(60)  # it may be drawing a picture


def renamed(title: str = "A grand opening") -> None:
    with transaction():  # workers write too
        session = db.session.scalars(select(Session).where(Session.slug == "opening")).one()
        session.title = title


def releases() -> int:
    with _let_go():
        return queries.get_latest_release_number()


def states() -> list[str]:
    with _let_go():
        return list(db.session.scalars(select(ScheduledRelease.state)))


@contextmanager
def _let_go() -> Iterator[None]:
    """Read the database without blocking writers."""
    db.session.rollback()
    yield
    db.session.rollback()


@contextmanager
def locked() -> Iterator[None]:
    """Hold what a release needs: on SQLite before it begins, on PostgreSQL at its last step."""
    with db.engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE site_state SET cache_version = cache_version"))
        yield


@pytest.mark.both_databases
def test_two_workers_publish_a_scheduled_release_once_and_within_seconds(
    start_worker: Start,
) -> None:
    renamed()
    make_scheduled_release(publish_at=clock.now())
    start_worker()
    start_worker()
    wait_until(lambda: releases() == 2, "the first release, once they work", 60)
    renamed("The grandest opening")
    moment = clock.now() + timedelta(seconds=3)
    make_scheduled_release(publish_at=moment)

    wait_until(lambda: releases() == 3, "the release", 30)

    late = db.session.get_one(Release, 3).published_at - moment
    assert timedelta() <= late < timedelta(seconds=30)  # by the wall, on a machine at work
    db.session.rollback()
    time.sleep(LOOKED_AT)
    assert (releases(), states()) == (3, ["done", "done"])


@pytest.mark.both_databases
def test_a_release_whose_worker_was_killed_is_published_by_the_next(start_worker: Start) -> None:
    renamed()
    worker = start_worker()
    make_scheduled_release(publish_at=clock.now() + timedelta(seconds=2))
    with locked():
        time.sleep(2 + LOOKED_AT)
        worker.kill()
        worker.wait(10)
    assert (releases(), states()) == (1, ["waiting"])

    start_worker()

    wait_until(lambda: states() == ["done"], "the release", 30)
    time.sleep(LOOKED_AT)
    assert releases() == 2


def test_a_worker_with_its_clock_out_of_sync_publishes_no_release(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    renamed()
    make_scheduled_release(publish_at=clock.now() - timedelta(hours=1))
    monkeypatch.setattr(cache_version, "is_clock_in_sync", lambda: False)

    with transaction():
        scheduled_releases.publish_due()

    assert (releases(), states()) == (1, ["waiting"])


def test_checking_for_due_releases_needs_one_query_and_no_lock(
    site: Flask, statements: list[str]
) -> None:
    make_scheduled_release()
    statements.clear()

    with transaction():
        scheduled_releases.publish_due()

    asked = [one for one in statements if one != "BEGIN" and "FROM site_state" not in one]
    assert len(asked) == 1
    assert asked[0].startswith("SELECT scheduled_release.id")


@pytest.fixture
def statements(site: Flask) -> Iterator[list[str]]:
    """What is sent to the database."""
    sent: list[str] = []

    def note(*about: Any) -> None:
        sent.append(str(about[2]))

    event.listen(db.engine, "before_cursor_execute", note)
    yield sent
    event.remove(db.engine, "before_cursor_execute", note)
