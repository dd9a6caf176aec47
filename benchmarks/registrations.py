"""Registrations under load, beside a trivial Flask route that inserts one row and commits."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from app.cache_version import bump_cache_version
from app.database import db, transaction
from app.delegates.categories.models import RegistrationCategory
from app.delegates.models import Delegate
from app.mail.models import Email
from app.questions import services as questions
from app.questions.edited_question import EditedQuestion, EditedTexts
from app.questions.models import REGISTRATION
from app.registration import queries
from benchmarks import speed
from benchmarks.copies import LARGE_SIZE, SiteCopy
from benchmarks.crowd import run_concurrently
from benchmarks.figures import Figure, at_least, at_most
from benchmarks.people import FORMS, FORMS_SENT, RegisteringVisitor, register
from benchmarks.running import Server
from benchmarks.wire import Connection
from tests.postgres import PostgresServer

BAR = at_least(0.25, 0.5)
NO_FAULTS = at_most(0, 0)
PEOPLE = 64  # in each round
CONTROL_ROWS = 1_500  # in each round of the control
ROUNDS = 5
AMPLE_PLACES = 1_000_000  # places
SCARCE_PLACES, SCARCE_PEOPLE = 100, 160  # where there are fewer places than people
PROCESSES = 8
OWN_QUESTIONS: tuple[tuple[str, tuple[str, ...], str], ...] = (  # kind, choices, answer
    ("yes_no", (), "yes"),
    ("choice", ("Bus", "Train"), "c2"),  # asked because of the first
    ("text", (), "By bus"),
    ("several", ("Window", "Door"), "c1"),
    ("number", (), "3"),
)


def measure(folder: Path) -> Iterator[Figure]:
    """Measure on SQLite and on PostgreSQL."""
    yield from _measure_on("SQLite", folder / "sqlite", itertools.repeat(""))
    with run_postgresql() as server:
        addresses = (server.url(server.create_database()) for _ in itertools.count())
        yield from _measure_on("PostgreSQL", folder / "postgresql", addresses)


@contextmanager
def run_postgresql() -> Iterator[PostgresServer]:
    """Run a PostgreSQL server for a while."""
    server = PostgresServer()
    try:
        yield server
    finally:
        server.shut_down()


def _measure_on(name: str, folder: Path, addresses: Iterator[str]) -> Iterator[Figure]:
    yield from _measure_rate(
        name, SiteCopy(folder / "enough", LARGE_SIZE, AMPLE_PLACES, DATABASE_URL=next(addresses))
    )
    asking = SiteCopy(folder / "asking", LARGE_SIZE, AMPLE_PLACES, DATABASE_URL=next(addresses))
    yield from _measure_questions(name, asking)
    yield from _measure_scarcity(
        name, SiteCopy(folder / "few", LARGE_SIZE, SCARCE_PLACES, DATABASE_URL=next(addresses))
    )


def _measure_questions(name: str, copy: SiteCopy) -> Iterator[Figure]:
    """Measure the same with two categories and five more questions, one of them conditional."""
    register_in_category = ask_more(copy)
    label = f"{name}, with 2 categories and 5 questions"
    yield from _measure_rate(label, copy, register_in_category, FORMS_SENT + 2)


def ask_more(copy: SiteCopy) -> Callable[[Connection, int], int]:
    """Add categories and questions, and return the steps of a person who registers with them."""
    with copy.app_context():
        ways = [add_category(name, place) for place, name in enumerate(("Delegate", "Student"))]
        own = add_questions()

    def register_in_category(connection: Connection, number: int) -> int:
        person = RegisteringVisitor(connection, number)
        person.forms = {"category": {"category": ways[number % 2]}, **FORMS, "more": own}
        return person.register()

    return register_in_category


def add_category(name: str, position: int) -> str:
    """Add a category, and return its number."""
    with transaction():
        category = RegistrationCategory(name=name, position=position)
        db.session.add(category)
        db.session.flush()
        bump_cache_version()
        return str(category.id)


def add_questions() -> Mapping[str, str | list[str]]:
    """Add five questions, one that depends on another, and return answers to all."""
    answers: dict[str, str | list[str]] = {}
    first = ""
    for number, (kind, choices, typed) in enumerate(OWN_QUESTIONS):
        edited = EditedQuestion(
            kind=kind,
            texts={"en": EditedTexts(f"Question {number}?", "", choices)},
            purpose="To measure",
            condition=f"{first} is yes" if number == 1 else "",
        )
        with transaction():
            added = questions.add(REGISTRATION, edited, actor="the benchmark")
        first = first or str(added.id)
        answers[f"question_{added.id}"] = typed
    return {**answers, "asked": [name.removeprefix("question_") for name in answers]}


def _measure_rate(
    name: str,
    copy: SiteCopy,
    go: Callable[[Connection, int], int] = register,
    forms: int = FORMS_SENT,
) -> Iterator[Figure]:
    """Registrations per second, times the steps of each, beside W."""
    numbers = itertools.count()
    all_statuses: list[int] = []
    steps = 2 * forms + 2

    def ours(site: Server) -> float:
        jobs = [next(numbers) for _ in range(PEOPLE)]
        statuses, took = run_concurrently(go, jobs, site.port)
        all_statuses.extend(statuses)
        return len(jobs) / took

    with copy.start_server() as site, copy.start_control() as control:
        ours(site)  # the first request of each kind compiles its templates
        people, rows, _ = speed.alternate(
            lambda: ours(site), lambda: _measure_row_rate(control), ROUNDS
        )
    ratio = people * steps / rows
    yield Figure(
        f"registrations × {steps} steps, {name}, 32 clients",
        f"{people:.1f}/s × {steps} = {people * steps:.0f}/s",
        ratio,
        BAR,
        f"W {rows:,.0f}/s ({people * forms / rows:.2f} by its {forms} forms alone)",
        ratio,
    )
    yield from count_faults(f"{name}, 1 process", copy, all_statuses, AMPLE_PLACES)


def _measure_scarcity(name: str, copy: SiteCopy) -> Iterator[Figure]:
    """More people than places, everyone confirming twice, with eight processes."""
    with copy.start_server(PROCESSES) as site:
        statuses, _ = run_concurrently(register_twice, range(SCARCE_PEOPLE), site.port)
    yield from count_faults(f"{name}, {PROCESSES} processes", copy, statuses, SCARCE_PLACES)


def count_faults(
    name: str, copy: SiteCopy, statuses: Sequence[int], places: int
) -> Iterator[Figure]:
    """Count what must never be."""
    with copy.app_context():
        delegates = db.session.scalar(select(func.count()).select_from(Delegate)) or 0
        people = db.session.scalar(select(func.count(Delegate.email.distinct()))) or 0
        emails = db.session.scalar(select(func.count()).select_from(Email)) or 0
        counted = queries.get_seat_counts().taken
    wrong = sum(status not in {200, 409} for status in statuses)
    missing = len({delegates, counted, emails, statuses.count(200)}) - 1
    faults = (wrong, max(0, delegates - places), delegates - people, missing)
    yield Figure(
        f"errors, places too many, twice, miscounted: {name}",
        f"{', '.join(map(str, faults))} ({delegates} places, {len(statuses)} people)",
        sum(faults),
        NO_FAULTS,
    )


def _measure_row_rate(control: Server) -> float:
    """Let the same clients insert rows and return the rows per second."""
    statuses, duration = run_concurrently(insert_row, range(CONTROL_ROWS), control.port)
    assert set(statuses) == {200}, statuses
    return CONTROL_ROWS / duration


def insert_row(connection: Connection, number: int) -> int:
    """Insert a row through the control."""
    return connection.request("POST", "/row", {}, f"words=number-{number}".encode()).status


def register_twice(connection: Connection, number: int) -> int:
    """Register as one does who is in doubt whether the first click was taken."""
    person = RegisteringVisitor(connection, number)
    status = person.register()
    if status == 200:
        assert person.confirm() == status
    return status
