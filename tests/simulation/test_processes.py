"""Eight processes at once, for a few seconds: people, organisers and workers on one database."""

import pytest
from flask import Flask
from sqlalchemy import update
from time_machine import Traveller

from app.database import db, transaction
from app.delegates.models import SeatLimit
from tests.mail_server import MailServer
from tests.simulation import calendar, processes

SECONDS = 3


@pytest.mark.both_databases
def test_eight_concurrent_processes_raise_only_rule_violations(
    site: Flask, mailbox: MailServer, frozen_time: Traveller
) -> None:
    frozen_time.move_to(calendar.OPENING)
    processes.prepare()

    outcomes = processes.run(site, mailbox, frozen_time, SECONDS)

    assert outcomes.total() >= processes.PROCESSES


def test_a_miscounted_place_is_detected_by_the_invariants(
    site: Flask, mailbox: MailServer, frozen_time: Traveller
) -> None:
    """Control: the test above detects what it looks for."""
    frozen_time.move_to(calendar.OPENING)
    processes.prepare()
    is_conference = SeatLimit.name == "conference"
    with transaction():
        db.session.execute(update(SeatLimit).where(is_conference).values(taken=1))

    with pytest.raises(processes.RaceFailed, match="place is counted as taken"):
        processes.run(site, mailbox, frozen_time, seconds=0)
