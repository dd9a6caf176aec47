"""Planned releases as they really happen: by workers, several of them, killed and started anew."""

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

from app import clock, edition
from app.database import db, transaction
from app.programme import queries
from app.programme.models import PlannedRelease, Release, Session
from app.programme.publishing import plans
from tests.factories import a_planned_release
from tests.forked import Forked
from tests.live import WORKER
from tests.waiting import wait_until

LOOKED_AT = 4  # seconds after its moment, every worker has seen that a plan is due

Start = Callable[[], Forked]


@pytest.fixture
def a_worker(
    site: Flask, settings: Mapping[str, str], held_clock: Any, tmp_path: Path
) -> Iterator[Start]:
    """Start mail workers in processes of their own, at the real time as here; they end soon."""
    held_clock.move_to(time_machine.escape_hatch.datetime.datetime.now(tz=UTC), tick=True)
    started: list[Forked] = []

    def start() -> Forked:
        db.session.commit()
        worker = Forked(WORKER, settings, tmp_path / "worker.log")
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.terminate()
    for worker in started:
        assert worker.wait(20)


def renamed(title: str = "A grand opening") -> None:
    session = db.session.scalars(select(Session).where(Session.slug == "opening")).one()
    session.title = title
    db.session.commit()


def releases() -> int:
    with _let_go():
        return queries.newest_number()


def states() -> list[str]:
    with _let_go():
        return list(db.session.scalars(select(PlannedRelease.state)))


@contextmanager
def _let_go() -> Iterator[None]:
    """Look at the database, and hold up nobody who writes to it."""
    db.session.rollback()
    yield
    db.session.rollback()


@contextmanager
def locked() -> Iterator[None]:
    """Hold what a release needs: on SQLite before it begins, on PostgreSQL at its last step."""
    with db.engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE edition SET number = number"))
        yield


@pytest.mark.both_databases
def test_two_workers_make_a_release_within_seconds_of_its_moment_and_once(
    a_worker: Start,
) -> None:
    renamed()
    a_planned_release(publish_at=clock.now())
    a_worker()
    a_worker()
    wait_until(lambda: releases() == 2, "the first release, once they work", 60)
    renamed("The grandest opening")
    moment = clock.now() + timedelta(seconds=3)
    a_planned_release(publish_at=moment)

    wait_until(lambda: releases() == 3, "the release", 30)

    late = db.session.get_one(Release, 3).published_at - moment
    assert timedelta() <= late < timedelta(seconds=30)  # by the wall, on a machine at work
    db.session.rollback()
    time.sleep(LOOKED_AT)
    assert (releases(), states()) == (3, ["done", "done"])


@pytest.mark.both_databases
def test_a_worker_that_is_killed_over_a_release_leaves_it_to_the_next(a_worker: Start) -> None:
    renamed()
    worker = a_worker()
    a_planned_release(publish_at=clock.now() + timedelta(seconds=2))
    with locked():
        time.sleep(2 + LOOKED_AT)
        worker.kill()
        worker.wait(10)
    assert (releases(), states()) == (1, ["waiting"])

    a_worker()

    wait_until(lambda: states() == ["done"], "the release", 30)
    time.sleep(LOOKED_AT)
    assert releases() == 2


def test_a_worker_that_lives_at_another_time_makes_no_release(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    renamed()
    a_planned_release(publish_at=clock.now() - timedelta(hours=1))
    monkeypatch.setattr(edition, "agrees_on_time", lambda: False)

    with transaction():
        plans.publish_what_is_due()

    assert (releases(), states()) == (1, ["waiting"])


def test_looking_costs_one_short_question_and_no_lock(site: Flask, statements: list[str]) -> None:
    a_planned_release()
    statements.clear()

    with transaction():
        plans.publish_what_is_due()

    asked = [one for one in statements if one != "BEGIN" and "FROM edition" not in one]
    assert len(asked) == 1
    assert asked[0].startswith("SELECT planned_release.id")


@pytest.fixture
def statements(site: Flask) -> Iterator[list[str]]:
    """What is sent to the database."""
    sent: list[str] = []

    def note(*about: Any) -> None:
        sent.append(str(about[2]))

    event.listen(db.engine, "before_cursor_execute", note)
    yield sent
    event.remove(db.engine, "before_cursor_execute", note)
