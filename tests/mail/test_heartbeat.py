"""Whether a mail worker is at work, as a monitor asks."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.database import db
from app.mail import heartbeat
from app.mail.heartbeat import Heartbeat
from tests.mail.conftest import StartWorker
from tests.waiting import wait_until


def check_worker(site: Flask) -> tuple[int, str]:
    db.session.rollback()
    done = site.test_cli_runner().invoke(args=["worker-health"])
    db.session.rollback()
    return done.exit_code, str(done.output).strip()


@pytest.mark.both_databases
def test_check_worker_reports_a_running_worker_and_a_killed_one(
    site: Flask, start_worker: StartWorker, frozen_time: Any
) -> None:
    assert check_worker(site) == (
        1,
        "Error: No mail worker has run yet, so no emails are being sent",
    )

    worker = start_worker()
    wait_until(lambda: check_worker(site)[0] == 0, "the worker is seen", 30)
    worker.kill()
    worker.wait(10)
    frozen_time.shift(timedelta(minutes=3))

    assert check_worker(site) == (
        1,
        "Error: No mail worker has been active for 3 minutes, so no emails are being sent",
    )


def test_a_worker_counts_as_active_for_60_seconds_after_its_heartbeat(
    site: Flask, frozen_time: Any
) -> None:
    heartbeat.record()

    frozen_time.shift(timedelta(seconds=60))
    assert check_worker(site) == (0, "A mail worker was active 60 seconds ago")
    frozen_time.shift(timedelta(seconds=1))
    assert check_worker(site) == (
        1,
        "Error: No mail worker has been active for 61 seconds, so no emails are being sent",
    )


def test_deliver_mail_records_a_heartbeat(site: Flask) -> None:
    site.test_cli_runner().invoke(args=["deliver-mail"])

    assert check_worker(site) == (0, "A mail worker was active 0 seconds ago")


def test_a_stuck_worker_records_no_heartbeat(
    site: Flask, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(heartbeat, "MARGIN", 0.0)
    beats = Heartbeat()
    beats.expect("tasks", 600)
    beats.expect("mail", 0)

    with beats.beating():
        pass

    assert check_worker(site)[0] == 1
    assert '"event": "worker stuck"' in capsys.readouterr().err
    beats.expect("mail", 600)
    with beats.beating():
        pass
    assert check_worker(site)[0] == 0


@pytest.mark.parametrize("minutes", [2, 125, 60 * 24 * 3])
def test_a_duration_is_formatted_in_its_largest_unit(site: Flask, minutes: int) -> None:
    said = {2: "2 minutes", 125: "2 hours", 60 * 24 * 3: "3 days"}

    assert heartbeat.format_duration(timedelta(minutes=minutes)) == said[minutes]


@pytest.mark.settings(DATABASE_URL="sqlite:////no/such/folder/conference.sqlite")
def test_check_worker_reports_an_unavailable_database(
    site: Flask, settings: Mapping[str, str]
) -> None:
    assert check_worker(site) == (
        1,
        "Error: The database cannot be used: unable to open database file",
    )
