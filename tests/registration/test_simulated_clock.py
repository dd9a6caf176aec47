"""A database whose site lives at another time, and processes that know of it or do not."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app import cache_version, clock
from app.database import db, transaction
from app.factory import create_app
from app.mail.worker import run_tasks
from app.programme import queries as programme
from app.server.bootstrap import fix_clock
from app.site.feedback import Feedback
from app.worker_tasks import PERIODIC_TASKS
from config import Config
from tests.factories import make_confirmation, make_delegate, save

THE_EVE = "2009-06-09T09:00:00+01:00"
LONG_AFTER = "2012-01-01T09:00:00+00:00"

Start = Callable[[], AbstractContextManager[Flask]]


@pytest.fixture
def a_process(settings: Mapping[str, str]) -> Iterator[Start]:
    """Start the site as a process that no other has prepared."""

    @contextmanager
    def start() -> Iterator[Flask]:
        process = create_app(Config.model_validate(dict(settings)))
        with process.app_context():
            yield process
            db.session.remove()
            db.engine.dispose()

    yield start
    clock.set_offset(timedelta())


@pytest.mark.both_databases
def test_a_worker_with_its_clock_out_of_sync_erases_nothing(site: Flask, frozen_time: Any) -> None:
    delegate = make_delegate(access="A ramp")
    receipt = make_confirmation(delegate)
    save(Feedback(sent_at=clock.now(), message="The tide was high", email=""))
    with transaction():
        cache_version.set_clock_start(datetime.fromisoformat(THE_EVE))

    frozen_time.move_to(LONG_AFTER)
    run_tasks(PERIODIC_TASKS)

    db.session.expire_all()
    assert not cache_version.is_clock_in_sync()
    assert delegate.given_names == "Ada"
    assert delegate.needs is not None
    assert receipt.email == delegate.email
    assert db.session.query(Feedback).count() == 1


@pytest.mark.both_databases
@pytest.mark.settings(CLOCK_STARTS_AT=THE_EVE)
def test_the_first_process_starts_the_site_clock_and_others_follow_it(
    frozen_time: Any, a_process: Start
) -> None:
    the_eve = datetime.fromisoformat(THE_EVE)

    with a_process():
        cache_version.current()
        assert cache_version.is_clock_in_sync()
        assert clock.now() == the_eve
    frozen_time.shift(timedelta(hours=1))
    with a_process():
        cache_version.current()
        assert cache_version.is_clock_in_sync()
        assert clock.now() == the_eve + timedelta(hours=1)


@pytest.mark.both_databases
@pytest.mark.settings(CLOCK_STARTS_AT=THE_EVE)
def test_a_command_uses_the_site_clock(frozen_time: Any, a_process: Start) -> None:
    with a_process() as process:
        assert _released(process) == datetime.fromisoformat(THE_EVE)


@pytest.mark.both_databases
def test_a_command_without_clock_setting_follows_the_database_clock(
    site: Flask, frozen_time: Any, a_process: Start
) -> None:
    with transaction():
        cache_version.set_clock_start(datetime.fromisoformat(THE_EVE))

    with a_process() as process:
        assert _released(process) == datetime.fromisoformat(THE_EVE)


def test_starting_a_site_without_clock_setting_returns_to_real_time(
    site: Flask, frozen_time: Any, a_process: Start
) -> None:
    with transaction():
        cache_version.set_clock_start(datetime.fromisoformat(THE_EVE))

    fix_clock(Config.model_validate(dict(site.config)))

    with a_process():
        cache_version.follow_database_clock()
        assert clock.now() == clock.real_now()


def _released(process: Flask) -> datetime:
    """Publish a demo conference with a command, and return its release time."""
    result = process.test_cli_runner().invoke(args=["demo", "--sessions", "5"])
    newest = programme.get_latest_release()
    assert result.exit_code == 0
    assert newest is not None
    return newest.published_at
