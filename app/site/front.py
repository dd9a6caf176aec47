"""What the front page tells at a glance: what is on, and each day and what it begins with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app import clock
from app.programme import linked
from app.programme.document import Session
from app.programme.now import present
from app.programme.now.present import Present
from app.programme.releases import Programme
from app.web.public import of_this_moment, true_until

MOST_DAYS = 10
MOST_SESSIONS = 4  # of a day, on now, and next


@dataclass(frozen=True)
class Glance:
    """A day and the sessions it begins with."""

    date: date
    sessions: Sequence[Session]
    others: int


def now(programme: Programme) -> Present | None:
    """Tell what is on now and next, on the days of the conference alone."""
    moment = clock.now()
    begins, ends = present.span(programme)
    if not begins <= moment < ends:
        true_until(begins)
        return None
    found = present.at(programme, moment)
    true_until(found.until)
    of_this_moment()
    return found.brief(MOST_SESSIONS)


def linked_data(programme: Programme) -> str:
    """Give the facts of the conference, and of what it begins with, to programs."""
    if not programme.is_published:
        return ""
    told = [session for day in glances(programme) for session in day.sessions]
    return linked.conference(programme.conference, told)


def glances(programme: Programme) -> Sequence[Glance]:
    """Look at each day, past its pauses."""
    days = []
    for day in programme.days[:MOST_DAYS]:
        told = [line.session for line in day.lines if not line.session.is_pause]
        days.append(Glance(day.date, told[:MOST_SESSIONS], len(told[MOST_SESSIONS:])))
    return days
