"""Eight processes that do at once what people and organisers do in a year, on one database.

    python -m tests.simulation.processes --seconds 120
    python -m tests.simulation.processes --seconds 120 --postgresql

What each does follows from the seed; in which order they come does not, so a fault need not come
again. Afterwards everything must be as it ought to be (tests/simulation/invariants.py), and nobody
may have met anything but a refusal: no deadlock, no error.
"""

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from random import Random
from traceback import format_exc

import structlog
import time_machine
from flask import Flask
from sqlalchemy import update
from sqlalchemy.exc import NoResultFound
from time_machine import Traveller

from app import cache_version, clock
from app.database import db, transaction
from app.delegates.categories.models import RegistrationCategory
from app.delegates.models import CONFERENCE
from app.errors import ConferenceError
from app.registration import seats
from app.registration import services as registration
from app.registration.session_bookings.choices import SESSIONS, dump_keys
from app.registration.waiting_list.models import OFFERED, WaitingListEntry
from tests import ramdisk
from tests.database_timeouts import is_busy
from tests.mail_server import MailServer
from tests.postgres import PostgresServer
from tests.shared_caches import share_caches
from tests.simulation import calendar, choices, invariants, place_steps, session_steps, worker
from tests.simulation import page_steps as pages
from tests.simulation.choices import Choice
from tests.simulation.people import HOURS, build_answers, choose_id
from tests.simulation.site import open_new_site
from tests.simulation.year import Step, Year, in_transaction

PROCESSES = 8
PEOPLE_OF_EACH = 10_000  # at most, so that nobody has the name of somebody else
STUDENTS, TWO_SEATS = 3, ("knots", "ropes")  # at different times at first
IN_PAGES = (pages.register, pages.cancel, pages.accept_offer, pages.read_public_pages)
SPRING = calendar.SEASONS[1]


class RaceFailed(AssertionError):
    """Something went wrong while several processes worked at once."""


def expire_offer(year: Year) -> Step | None:
    """Let the time of an offer be over; the clock itself stands still for all processes."""
    number = choose_id(year.random, WaitingListEntry, WaitingListEntry.state == OFFERED)
    if number is None:
        return None
    is_it = WaitingListEntry.id == number, WaitingListEntry.state == OFFERED
    over = update(WaitingListEntry).where(*is_it)

    def change() -> None:
        db.session.execute(over.values(offer_ends_at=clock.now() - timedelta(minutes=1)))

    return Step(f"the offer of entry {number} is over", in_transaction(change))


def run_worker_tasks(_year: Year) -> Step:
    """Let a worker do what it does every few seconds; each process has one."""
    return Step("the worker works", worker.run_frequent_tasks)


STEPS: Mapping[Choice, int] = {
    **{one: weight for one, weight in choices.STEPS[SPRING.name].items() if one not in IN_PAGES},
    # what is rare in a year, and has to happen in two minutes
    place_steps.wait_for_category: 8,
    session_steps.move: 4,
    session_steps.choose_seat: 8,
    expire_offer: 5,
    run_worker_tasks: 5,
}


def prepare() -> None:
    """Let the site of the application context have what the steps need."""
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)
    place_steps.add_categories()
    session_steps.add_sessions()
    _add_students()


def _add_students() -> None:
    """Let students take all their places, and have two seats of which each is to choose one."""
    students = choose_id(Random(1), RegistrationCategory, RegistrationCategory.name == "Students")
    for number in range(STUDENTS):
        answers = build_answers(Random(number), PROCESSES * PEOPLE_OF_EACH + number)
        chosen = {"days": "2009-06-10", "category": str(students), SESSIONS: dump_keys(TWO_SEATS)}
        with transaction():
            secret = registration.create_draft({**answers, **chosen})
            registration.submit(secret, "en")
    with transaction():
        seats.set_limit(seats.name_category_limit(students or 0), STUDENTS)
    session_steps.move_to("ropes", HOURS["knots"])


def run(
    site: Flask, mailbox: MailServer, traveller: Traveller, seconds: float, seed: int = 1
) -> Counter[str]:
    """Let the processes work; return how often what ended how, or raise RaceFailed."""
    db.session.remove()
    db.engine.dispose()
    fork = multiprocessing.get_context("fork")
    barrier = fork.Barrier(PROCESSES)
    pipes, processes = [], []
    for number in range(PROCESSES):
        year = Year(seed * PROCESSES + number, site, mailbox, traveller)
        year.people = number * PEOPLE_OF_EACH
        receiver, sender = fork.Pipe(duplex=False)
        process = fork.Process(target=_act, args=(year, seconds, barrier.wait, sender))
        process.start()
        sender.close()
        pipes.append(receiver)
        processes.append(process)
    outcomes, faults = Counter[str](), list[str]()
    for pipe in pipes:
        counted, wrong = pipe.recv()
        outcomes += counted
        faults += wrong
    for process in processes:
        process.join()
    cache_version.recheck()
    worker.run_frequent_tasks()
    faults += [*invariants.list_faults(), *invariants.list_overdue()]
    if faults:
        raise RaceFailed("\n".join(faults))
    return outcomes


def _act(year: Year, seconds: float, wait_for_others: Callable[[], object], sender: Pipe) -> None:
    """Do one thing after another, in a process of its own."""
    outcomes, faults = Counter[str](), list[str]()
    with year.site.app_context():
        db.engine.dispose(close=False)  # the connections of the process that was forked
        wait_for_others()
        end = time.perf_counter() + seconds
        while time.perf_counter() < end and not faults:
            [choice] = year.random.choices(list(STEPS), list(STEPS.values()))
            try:
                outcome = _take_step(year, choice)
            except Exception as fault:  # noqa: BLE001 – it is told with those of other processes
                outcome = _name_refusal(fault) or "FAULT"
                if outcome == "FAULT":
                    faults.append(format_exc())
            finally:
                db.session.remove()
            outcomes[f"{getattr(choice, '__name__', '')}: {outcome}"] += 1
        db.engine.dispose()
    sender.send((outcomes, faults))


def _take_step(year: Year, choice: Choice) -> str:
    """Do one step, if the person it needs exists."""
    step = choice(year)
    if step is None:
        return "nobody to do it"
    step.action()
    return "done"


def _name_refusal(fault: Exception) -> str:
    """Return how a step ended that changed nothing, as it may; "" if it must not end so."""
    if isinstance(fault, ConferenceError):
        return "refused"
    if isinstance(fault, NoResultFound):  # deleted by another process since it was chosen
        return "gone"
    causes = fault.causes if isinstance(fault, worker.TaskFailed) else [fault]
    return "busy" if all(map(is_busy, causes)) else ""


def main() -> int:
    """Run the processes on a new database and print what they did."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.processes")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgresql", action="store_true")
    options = parser.parse_args()
    ramdisk.use_ramdisk()
    share_caches()
    server = PostgresServer() if options.postgresql else None
    url = server.url(server.create_database()) if server else ""
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            time_machine.travel(calendar.OPENING, tick=False) as traveller,
            structlog.testing.capture_logs(),
            open_new_site(Path(folder), url) as (site, mailbox),
        ):
            prepare()
            outcomes = run(site, mailbox, traveller, options.seconds, options.seed)
    finally:
        if server:
            server.shut_down()
    _write([f"{count:6} {what}" for what, count in sorted(outcomes.items())])
    _write([f"{outcomes.total()} steps of {PROCESSES} processes, and all is as it must be"])
    return 0


def _write(lines: Sequence[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    sys.exit(main())
