"""The people of a year: names that are found again wherever they are stored, and what they answer.

Whoever the site knows is chosen from the database in the order of numbers, so that the same seed
chooses the same people again.
"""

from random import Random
from typing import Any

from sqlalchemy import ColumnElement, select

from app import clock
from app.database import Base, db
from app.delegates.fields import CONSENT
from app.registration.session_bookings.choices import SESSIONS, dump_keys
from app.transaction_settings import read_only
from tests import registration_answers

DOMAINS = ("example.org", "example.org", "slow.example", "ward.example")
COUNTRIES = ("GB", "KE", "IN", "CL")
DAYS = ("2009-06-10", "2009-06-11", "2009-06-10 2009-06-11", "2009-06-10 2009-06-11")
HOURS = {  # of sessions in which people book seats, after the first morning begins
    "knots": 0,
    "nets": 0,
    "sails": 0,
    "ropes": 4,
    "tar": 4,
    "maps": 31,
}


def get_mark(number: int) -> str:
    """Return a string that is in all stored data of one person, and nowhere else."""
    return f"zq{number}qz"


def build_answers(random: Random, number: int) -> dict[str, str]:
    """Return the answers of a new person."""
    mark = get_mark(number)
    needs = (
        {"access_needs": f"A ramp {mark}", CONSENT: clock.now().isoformat()}
        if random.random() < 0.2
        else {}
    )
    answers = {
        "given_names": f"Person{mark}",
        "family_name": mark.capitalize(),
        "badge_name": mark,
        "email": f"{mark}@{random.choice(DOMAINS)}",
        "organisation": f"Ward {mark}",
        "country": random.choice(COUNTRIES),
        "days": random.choice(DAYS),
        SESSIONS: dump_keys(random.sample(sorted(HOURS), random.choice((0, 0, 0, 1, 2)))),
    }
    return registration_answers.build_answers(**answers, **needs)


def choose_id(random: Random, model: type[Base], *conditions: ColumnElement[bool]) -> int | None:
    """Choose one of the rows for which this is true by its number; None if there is none."""
    key: Any = model.__mapper__.primary_key[0]
    with read_only():
        numbers = db.session.scalars(select(key).where(*conditions).order_by(key)).all()
        db.session.rollback()
    return random.choice(numbers) if numbers else None
