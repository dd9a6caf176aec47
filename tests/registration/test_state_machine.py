"""Whatever people, organisers and the worker do, in whatever order: it is as a small model says."""

import pytest
from flask import Flask
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule
from time_machine import Traveller

from app.database import db
from app.registration import integrity_check
from app.registration.ballots import scheduled_draws
from app.registration.invitations import services as invitations
from app.registration.session_bookings import offers as session_offers
from app.registration.waiting_list import services as waiting_list
from tests.registration.invited_rules import InvitedRules
from tests.registration.seat_machine import add_categories_and_sessions
from tests.registration.session_rules import SessionRules
from tests.simulation import worker
from tests.simulation.faults import Crash

TASKS = (waiting_list.run_due, session_offers.run_due, scheduled_draws.run_due, invitations.run_due)


class EveryOperation(InvitedRules, SessionRules):
    """All that is done about places and seats, by all who do it."""

    @rule(hours=st.sampled_from([25, 0, -1]), is_away=st.sampled_from([False, False, True]))
    def let_time_pass(self, hours: int, is_away: bool) -> None:
        """Let the worker do what is due after a while; when it dies, another begins anew."""
        self.move_clock(hours)
        if is_away:
            return
        try:
            with self.dying():
                worker.run_all(TASKS)
        except Crash:
            worker.run_all(TASKS)
        self.end_overdue_places()
        self.end_overdue_seats()
        assert [one for one in integrity_check.run_checks() if "email" not in one] == []
        db.session.rollback()


@pytest.mark.hypothesis
@pytest.mark.both_databases
def test_whatever_happens_places_and_seats_are_as_a_small_model_says(
    site: Flask, frozen_time: Traveller
) -> None:
    EveryOperation.traveller = frozen_time
    EveryOperation.categories = add_categories_and_sessions()
    EveryOperation.TestCase.settings = settings(
        max_examples=9, stateful_step_count=50, phases=[Phase.generate]
    )
    EveryOperation.TestCase().runTest()
