"""A short year of a conference, and a year that goes wrong."""

import pytest
from flask import Flask
from sqlalchemy import update
from time_machine import Traveller

from app.database import db
from app.delegates.models import SeatLimit
from app.errors import NotFound
from tests.factories import make_delegate, make_group
from tests.mail_server import MailServer
from tests.simulation import team_steps
from tests.simulation.site import run_year
from tests.simulation.year import Step, Year, YearFailed, in_transaction

A_SEED, SHORT_YEAR = 1, 30


def test_invariants_hold_after_each_step_of_a_short_simulated_year(
    site: Flask, mailbox: MailServer
) -> None:
    year = run_year(A_SEED, site, mailbox, SHORT_YEAR)

    assert year.people > 0
    assert mailbox.emails != []


def test_dissolving_a_group_again_after_a_crash_is_refused(
    site: Flask, mailbox: MailServer, frozen_time: Traveller
) -> None:
    """In the year of seed 205 a process died after deleting a group but before acknowledging it."""
    make_group(make_delegate())
    step = team_steps.dissolve_group(Year(205, site, mailbox, frozen_time))
    assert step is not None
    step.action()

    with pytest.raises(NotFound):
        step.action()


def test_a_failed_simulation_names_its_seed_and_last_steps(
    site: Flask, mailbox: MailServer
) -> None:
    is_conference = SeatLimit.name == "conference"
    statement = update(SeatLimit).where(is_conference).values(taken=SeatLimit.taken + 1)
    step = Step("a place is lost", in_transaction(lambda: db.session.execute(statement)))

    with pytest.raises(YearFailed) as fault:
        run_year(A_SEED, site, mailbox, SHORT_YEAR, choose=lambda *_: step)

    lines = str(fault.value).splitlines()
    assert lines[0] == (
        "seed 1: YearFailed: 1 place is counted as taken, but 0 delegates are attending."
    )
    steps = [one.split("  ")[-1] for one in lines[lines.index("the last steps:") + 1 :]]
    assert {one.partition(":")[0].partition(",")[0] for one in steps} == {"a place is lost"}
