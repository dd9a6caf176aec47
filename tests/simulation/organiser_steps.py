"""What organisers do in the year: change limits, open and close the list, publish, decide."""

from sqlalchemy import select

from app.database import db
from app.delegates.models import SeatLimit
from app.registration import conference_settings
from tests.simulation.registration_steps import OLGA
from tests.simulation.year import Step, Year, in_transaction


def change_limit(year: Year) -> Step:
    """Raise or lower the number of places of the conference."""
    limit = year.random.randint(6, 26)

    def change() -> None:
        found = select(SeatLimit.seats).where(SeatLimit.name == "conference")
        before = db.session.scalars(found).one()
        conference_settings.change_limit(limit, expected_limit=before, actor=OLGA)

    return Step(f"the limit becomes {limit}", in_transaction(change))


def change_waiting_list(year: Year) -> Step:
    """Open the waiting list, which is mostly open, or close it."""
    is_open = year.random.random() < 0.85

    def change() -> None:
        conference_settings.change_waiting_list(is_open=is_open, actor=OLGA)

    return Step(f"the waiting list opens: {is_open}", in_transaction(change))
