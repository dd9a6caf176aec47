"""Fixtures for email tests: their own templates, and workers."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from jinja2 import BaseLoader, ChoiceLoader, DictLoader

from app.database import db
from app.mail.models import Email
from tests.live_site import WORKER_COMMAND
from tests.subprocesses import ForkedProgram

TEMPLATES = {
    "mail/greeting.txt": "A greeting for {{ name }}\n\nDear {{ name }},\n\nYou have a place.\n",
    "mail/translated.txt": "Error in {{ language.code }}\n\n{{ absolute_url('site.home') }}",
    "mail/misspelt.txt": "A greeting\n\n{{ a_name_of_nothing }}",
}


@pytest.fixture(autouse=True)
def templates(request: pytest.FixtureRequest) -> dict[str, str]:
    """Email templates of these tests only; a test may add some."""
    found = dict(TEMPLATES)
    if "site" in request.fixturenames:
        site: Flask = request.getfixturevalue("site")
        loader: BaseLoader | None = site.jinja_env.loader
        assert loader is not None
        site.jinja_env.loader = ChoiceLoader([DictLoader(found), loader])
    return found


@pytest.fixture
def deliver(site: Flask) -> Callable[[], str]:
    """Deliver what is due, in this process, and give what the command says."""

    def run() -> str:
        db.session.commit()
        done = site.test_cli_runner().invoke(args=["deliver-mail"])
        assert done.exit_code == 0, done.output
        db.session.expire_all()
        return str(done.output).strip().splitlines()[-1]

    return run


@pytest.fixture
def real_time(frozen_time: Any) -> None:
    """Let the clock run from the real time on, as in other processes."""
    moment = time_machine.escape_hatch.datetime.datetime.now(tz=UTC)
    frozen_time.move_to(moment, tick=True)


StartWorker = Callable[[], ForkedProgram]


@pytest.fixture
def start_worker(
    site: Flask, settings: Mapping[str, str], real_time: None, tmp_path: Path
) -> Iterator[StartWorker]:
    """Start mail workers in processes of their own; they end with the test."""
    started: list[ForkedProgram] = []

    def start() -> ForkedProgram:
        db.session.commit()
        worker = ForkedProgram(WORKER_COMMAND, settings, tmp_path / f"worker-{len(started)}.log")
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.terminate()
    for worker in started:
        assert worker.wait(60)  # it may be drawing a picture


def reload_email(number: int) -> Email:
    """Reload an email from the database, and end the transaction at once."""
    db.session.rollback()
    letter = db.session.get_one(Email, number)
    db.session.expunge(letter)
    db.session.rollback()
    return letter
