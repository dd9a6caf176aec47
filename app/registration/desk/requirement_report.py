"""What the venue, the caterer and the interpreter need to know about delegates' requirements.

Each of them gets only what they need: the venue gets numbers per day and the caterer per meal, with
people's own words but no names; the interpreter gets the names and days of those who need one, and
the sessions in which they have seats. Every access is recorded.
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
YES: Final = "1"  # in a file for calculations


@dataclass(frozen=True)
class RequirementReport:
    """The tables for one purpose, as a page or a file."""

    head: Sequence[str]  # of every table: the subject of the row, followed by days or meals
    counts: Sequence[Sequence[str]]  # one row per kind
    words: Sequence[Sequence[str]]  # one row per person, or per answer in their own words
    unreadable: int
    has_sessions: bool = False  # whether the last column has sessions
    has_meals: bool = False  # whether the columns are meals, not days

    @property
    def rows(self) -> Sequence[Sequence[str]]:
        """All rows, for a file."""
        return [*self.counts, *self.words]


@dataclass(frozen=True)
class _Person:
    id: int
    name: str
    days: frozenset[str]  # in ISO format
    kinds: str
    words: str
    is_in_person: bool

    @property
    def unreadable(self) -> int:
        """The number of answers that cannot be decrypted."""
        return is_unreadable(self.kinds) + is_unreadable(self.words)


def read_report(purpose: str, *, actor: str) -> RequirementReport:
    """Return the report of a purpose, and record the access."""
    history.record(SUMMARIES[purpose], subject="delegates", actor=actor)
    people = list(_list_people(DIETARY if purpose == DIETARY else ACCESS))
    if purpose == INTERPRETER:
        return _report_signers(people)
    meals = occasions.list_meals() if purpose == DIETARY else ()
    columns = meals or occasions.list_days()
    everybody = [gettext("All delegates"), *map(str, occasions.count_all(columns))]
    return RequirementReport(
        head=[gettext("Requirement"), *(column.heading for column in columns)],
        counts=[
            *([everybody] if purpose == DIETARY else []),
            *_count_kinds(people, purpose, columns),
        ],
        words=list(_list_words(people, columns)),
        unreadable=sum(person.unreadable for person in people),
        has_meals=bool(meals),
    )


def _report_signers(people: Sequence[_Person]) -> RequirementReport:
    days = occasions.list_days()
    return RequirementReport(
        head=[gettext("Name"), *(day.heading for day in days), gettext("Seats in sessions")],
        counts=[],
        words=list(_list_signers(people, days)),
        unreadable=sum(person.unreadable for person in people),
        has_sessions=True,
    )


def _list_people(field_group: str) -> Iterator[_Person]:
    """Yield the active delegates with requirements, by name.

    Remote attendees do not eat with the others, but may need captions or an interpreter.
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
    """Yield the number of people per kind and column, and the number without any of these."""
    field = BY_NAME[f"{field_group}_kinds"]
    count = Counter(
        (kind, number)
        for number, column in enumerate(columns)
        for person in people
        if _takes_part(person, column)
        for kind in person.kinds.split()
    )
    for kind, label in field.choices() if field.choices else ():
        yield [label, *(str(count[kind, number]) for number in range(len(columns)))]


def _list_words(people: Iterable[_Person], columns: Sequence[Occasion]) -> Iterator[Sequence[str]]:
    """Yield people's own words, without names, with the days or meals they attend."""
    texts = sorted(
        (person.words, *marks)
        for person in people
        if person.words and not is_unreadable(person.words) and any(marks := _mark(person, columns))
    )
    yield from texts  # in an order that does not reveal whose they are


def _list_signers(people: Iterable[_Person], days: Sequence[Occasion]) -> Iterator[Sequence[str]]:
    """Yield people who need an interpreter, with their days and the sessions they have seats in."""
    signers = [person for person in people if SIGN_LANGUAGE in person.kinds.split()]
    booked = session_bookings.map_booked_keys([signer.id for signer in signers])
    for one in signers:
        seats = "\n".join(labels.describe_sessions(booked.get(one.id, ())))
        yield [one.name, *_mark(one, days), seats]


def _mark(one: _Person, columns: Sequence[Occasion]) -> list[str]:
    return [YES if _takes_part(one, column) else "" for column in columns]


def _takes_part(one: _Person, column: Occasion) -> bool:
    return column.is_for(one.id, one.days, is_in_person=one.is_in_person)
