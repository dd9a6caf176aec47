"""What the venue, the caterer and the interpreter need to know of the delegates' requirements.

Each of them gets what they need and no more: the venue numbers for each day and the caterer for
each meal, with people's own words without names; the interpreter the names and days of those who
need one, and the sessions in which they have seats. Every look is recorded.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from flask_babel import gettext
from sqlalchemy import select, true
from sqlalchemy.orm import joinedload

from app.database import db
from app.delegates.fields import BY_NAME
from app.delegates.models import Delegate, Needs
from app.delegates.private_answers import is_unreadable
from app.delegates.queries import ATTENDING
from app.delegates.requirement_kinds import SIGN_LANGUAGE
from app.history import services as history
from app.registration.desk import occasions
from app.registration.desk.occasions import Occasion
from app.registration.session_bookings import labels
from app.registration.session_bookings import queries as session_bookings

ACCESS, DIETARY, INTERPRETER = PURPOSES = ("access", "dietary", "interpreter")
SUMMARIES: Final = {
    ACCESS: "The access requirements for the venue were viewed",
    DIETARY: "The dietary requirements for the caterer were viewed",
    INTERPRETER: "The list for sign language interpreters was viewed",
}
YES: Final = "1"  # in a file that adds up


@dataclass(frozen=True)
class RequirementReport:
    """Tables for one purpose, which a page shows and a file holds."""

    head: Sequence[str]  # of every table: what the row is about, then the days or meals
    counts: Sequence[Sequence[str]]  # a row for each kind
    words: Sequence[Sequence[str]]  # a row for each person's own words, or for each person
    unreadable: int
    has_sessions: bool = False  # whether the last column names sessions
    has_meals: bool = False  # whether columns are meals, not days

    @property
    def rows(self) -> Sequence[Sequence[str]]:
        """All rows, for a file."""
        return [*self.counts, *self.words]


@dataclass(frozen=True)
class _Person:
    id: int
    name: str
    days: frozenset[str]  # in ISO
    kinds: str
    words: str
    is_in_person: bool

    @property
    def unreadable(self) -> int:
        """How many of the answers cannot be read."""
        return is_unreadable(self.kinds) + is_unreadable(self.words)


def read_report(purpose: str, *, actor: str) -> RequirementReport:
    """Return the report of a purpose, and record who looked at it."""
    history.record(SUMMARIES[purpose], subject="delegates", actor=actor)
    people = list(_list_people(DIETARY if purpose == DIETARY else ACCESS))
    if purpose == INTERPRETER:
        return _report_signers(people)
    meals = occasions.list_meals() if purpose == DIETARY else ()
    columns = meals or occasions.list_days()
    everybody = [gettext("All delegates"), *map(str, occasions.count_all(columns))]
    return RequirementReport(
        head=[gettext("Requirement"), *(one.heading for one in columns)],
        counts=[
            *([everybody] if purpose == DIETARY else []),
            *_count_kinds(people, purpose, columns),
        ],
        words=list(_list_words(people, columns)),
        unreadable=sum(one.unreadable for one in people),
        has_meals=bool(meals),
    )


def _report_signers(people: Sequence[_Person]) -> RequirementReport:
    days = occasions.list_days()
    return RequirementReport(
        head=[gettext("Name"), *(one.heading for one in days), gettext("Seats in sessions")],
        counts=[],
        words=list(_list_signers(people, days)),
        unreadable=sum(one.unreadable for one in people),
        has_sessions=True,
    )


def _list_people(field_group: str) -> Iterator[_Person]:
    """Yield the attending delegates with requirements, by name.

    Whoever attends remotely does not eat with the others, but may need captions or an interpreter.
    """
    is_in_person = occasions.IS_IN_PERSON if field_group == DIETARY else true()
    kinds, words = (BY_NAME[f"{field_group}_{part}"] for part in ("kinds", "needs"))
    delegates = (
        select(Delegate, is_in_person)
        .join(Needs, Needs.delegate_id == Delegate.id)
        .where(ATTENDING)
        .order_by(Delegate.name_sort_key, Delegate.id)
        .options(joinedload(Delegate.needs))
    )
    for one, comes in db.session.execute(delegates):
        days = frozenset(one.days.split())
        yield _Person(one.id, one.full_name, days, kinds.get(one), words.get(one), bool(comes))


def _count_kinds(
    people: Sequence[_Person], field_group: str, columns: Sequence[Occasion]
) -> Iterator[Sequence[str]]:
    """Yield how many chose each kind in each column, and how many of them chose none of these."""
    field = BY_NAME[f"{field_group}_kinds"]
    count = Counter(
        (kind, number)
        for number, column in enumerate(columns)
        for one in people
        if _takes_part(one, column)
        for kind in one.kinds.split()
    )
    for kind, label in field.choices() if field.choices else ():
        yield [label, *(str(count[kind, number]) for number in range(len(columns)))]


def _list_words(people: Iterable[_Person], columns: Sequence[Occasion]) -> Iterator[Sequence[str]]:
    """Yield people's own words, without their names, with the days or meals to which they come."""
    texts = sorted(
        (one.words, *marks)
        for one in people
        if one.words and not is_unreadable(one.words) and any(marks := _mark(one, columns))
    )
    yield from texts  # in an order that does not tell whose they are


def _list_signers(people: Iterable[_Person], days: Sequence[Occasion]) -> Iterator[Sequence[str]]:
    """Yield those who need an interpreter, with their days, and where they have seats."""
    signers = [one for one in people if SIGN_LANGUAGE in one.kinds.split()]
    booked = session_bookings.map_booked_keys([one.id for one in signers])
    for one in signers:
        seats = "\n".join(labels.describe_sessions(booked.get(one.id, ())))
        yield [one.name, *_mark(one, days), seats]


def _mark(one: _Person, columns: Sequence[Occasion]) -> list[str]:
    return [YES if _takes_part(one, column) else "" for column in columns]


def _takes_part(one: _Person, column: Occasion) -> bool:
    return column.is_for(one.id, one.days, is_in_person=one.is_in_person)
