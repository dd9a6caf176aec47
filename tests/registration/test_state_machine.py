"""Whatever people, organisers and the worker do, in whatever order: it is as a small model says."""

from contextlib import closing

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from time_machine import Traveller

from app.database import db
from app.registration import integrity_check
from app.registration.ballots import scheduled_draws
from app.registration.invitations import services as invitations
from app.registration.session_bookings import offers as session_offers
from app.registration.waiting_list import offers
from tests.registration.invited_rules import InvitedRules
from tests.registration.place_rules import FOR_ALL
from tests.registration.random_rules import apply_rules, rule
from tests.registration.seat_machine import STUDENTS, add_categories_and_sessions
from tests.registration.session_rules import SessionRules
from tests.simulation import worker
from tests.simulation.faults import Crash

STEPS = 50
TASKS = (offers.run_due, session_offers.run_due, scheduled_draws.run_due, invitations.run_due)


class EveryOperation(InvitedRules, SessionRules):
    """All that is done about places and seats, by all who do it."""

    @rule(hours=st.sampled_from([25, 0, -1]), is_away=st.sampled_from([False, False, True]))
    def let_time_pass(self, hours: int, is_away: bool) -> None:
        """Run the worker's due tasks after a while; if it dies, another starts again."""
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
def test_any_sequence_of_registration_operations_matches_the_model(
    site: Flask, frozen_time: Traveller
) -> None:
    EveryOperation.traveller = frozen_time
    EveryOperation.categories = add_categories_and_sessions()
    run_state_machine()


@settings(
    max_examples=9,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=list(HealthCheck),  # all of them are about many small examples
)
@given(data=st.data(), categories=st.lists(FOR_ALL, min_size=5, max_size=7))
def run_state_machine(data: st.DataObject, categories: list[str]) -> None:
    """Let people register, and then anything happen."""
    with closing(EveryOperation()) as machine:
        machine.open_registration(categories)
        machine.invite(uses=2, is_held=False, hours=200)
        machine.use_code(data)
        for _ in range(3):
            machine.wait_for_seat(data, "knots")
        machine.publish(data, 1)
        machine.wait_for_category(data, STUDENTS)
        apply_rules(machine, data, STEPS)
