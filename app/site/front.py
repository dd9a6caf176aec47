"""What the front page tells at a glance: each day and what it begins with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.programme.document import Session
from app.programme.releases import Programme

MOST_DAYS = 10
MOST_SESSIONS = 4  # of a day


@dataclass(frozen=True)
class Glance:
    """A day and the sessions it begins with."""

    date: date
    sessions: Sequence[Session]
    others: int


def glances(programme: Programme) -> Sequence[Glance]:
    """Look at each day, past its pauses."""
    days = []
    for day in programme.days[:MOST_DAYS]:
        told = [line.session for line in day.lines if not line.session.is_pause]
        days.append(Glance(day.date, told[:MOST_SESSIONS], len(told[MOST_SESSIONS:])))
    return days
