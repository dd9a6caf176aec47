"""Concurrent approval and withdrawal: one wins, and no place is half taken."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from http.client import HTTPConnection

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import make_transient_to_detached

from app.database import db, read_only_connection, transaction
from app.delegates.models import Delegate, SeatLimit
from app.errors import RuleViolation
from app.registration import integrity_check, links, seats
from app.registration.applications import decisions, services
from app.registration.applications.decisions import Decision
from app.registration.applications.models import APPROVED, ASKED, WITHDRAWN, RegistrationApplication
from app.write_queue import WriteQueueFull
from tests.factories import make_application, make_category, set_places
from tests.live_site import LiveSites
from tests.races import run_concurrently
from tests.registration.test_session_booking_races import Person
from tests.waiting import HOST

GRACE, OLGA = "grace@conference.example", "olga@conference.example"
APPLICANTS, PLACES = 12, 5
ANSWERS = (
    '{"given_names": "P%s", "family_name": "X", "badge_name": "P", "email": "p%s@example.org", '
    '"country": "GB", "days": "2009-06-10"}'
)


def make_applicants(count: int, **values: object) -> list[RegistrationApplication]:
    category = make_category(PLACES, name="Press", approvals_needed=1, **values)
    return [
        make_application(
            name=f"P{number} X",
            email=f"p{number}@example.org",
            identity_key=f"p{number}",
            document=ANSWERS % (number, number),
            category_id=category.id,
            is_held=bool(values.get("is_place_held")) and number < PLACES,
        )
        for number in range(count)
    ]


def approve(number: int, actor: str = GRACE) -> None:
    with transaction():
        application = db.session.get_one(RegistrationApplication, number)
        decisions.approve(application, Decision(), actor=actor)


def withdraw(number: int) -> None:
    with transaction():
        services.withdraw(db.session.get_one(RegistrationApplication, number))


def states() -> Counter[str]:
    db.session.rollback()
    found = Counter(db.session.scalars(select(RegistrationApplication.state)))
    db.session.rollback()
    return found


def count_delegates() -> int:
    found = len(db.session.scalars(select(Delegate.id)).all())
    db.session.rollback()
    return found


def list_miscounts() -> Sequence[str]:
    found = [one for one in integrity_check.run_checks() if "email" not in one]
    db.session.rollback()
    return found


@pytest.mark.both_databases
@pytest.mark.parametrize("is_place_held", [True, False])
def test_of_a_concurrent_approval_and_withdrawal_one_succeeds(
    site: Flask, is_place_held: bool
) -> None:
    numbers = [one.id for one in make_applicants(4, is_place_held=is_place_held)]
    deeds = [lambda number=one: approve(number) for one in numbers]
    deeds += [lambda number=one: withdraw(number) for one in numbers]

    ended = run_concurrently(site, deeds)

    found = states()
    assert found[APPROVED] + found[WITHDRAWN] == 4
    assert count_delegates() == found[APPROVED]
    withdrew = sorted(one for one in ended if one.endswith(" has withdrawn this application"))
    assert Counter(ended) == Counter(
        {"done": 4, services.TOO_LATE[APPROVED]: found[APPROVED]} | dict.fromkeys(withdrew, 1)
    )
    assert len(withdrew) == found[WITHDRAWN]
    assert list_miscounts() == []


@pytest.mark.both_databases
def test_two_concurrent_approvals_give_one_place(site: Flask) -> None:
    [number] = [one.id for one in make_applicants(1)]

    ended = run_concurrently(site, [lambda: approve(number, GRACE), lambda: approve(number, OLGA)])

    assert ended == ["P0 X already has a place", "done"]
    assert count_delegates() == 1
    assert list_miscounts() == []


def test_without_the_lock_a_withdrawn_applicant_would_get_a_place(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: without the lock, the tests above fail."""
    [number] = [one.id for one in make_applicants(1)]
    both_have_looked = threading.Barrier(2)

    def only_look(application: RegistrationApplication) -> None:
        with read_only_connection(db.engine) as connection:
            known = select(RegistrationApplication.state, RegistrationApplication.ended_at)
            row = connection.execute(known.where(RegistrationApplication.id == number)).one()
        both_have_looked.wait(20)  # before any write
        application.state, application.ended_at = row

    def unlocked(name: str) -> SeatLimit:
        with read_only_connection(db.engine) as connection:
            known = select(SeatLimit).where(SeatLimit.name == name)
            row = connection.execute(known).mappings().one()
        found = SeatLimit(**row)
        make_transient_to_detached(found)
        db.session.add(found)
        return found

    def look_first(deed: Callable[[RegistrationApplication], object]) -> None:
        with read_only_connection(db.engine) as connection:
            known = select(RegistrationApplication)
            row = connection.execute(known).mappings().one()
        application = RegistrationApplication(**row)
        make_transient_to_detached(application)
        with transaction():
            db.session.add(application)
            deed(application)

    monkeypatch.setattr(services, "lock", only_look)
    monkeypatch.setattr(seats, "find_for_update", unlocked)

    ended = run_concurrently(
        site,
        [
            lambda: look_first(lambda one: decisions.approve(one, Decision(), actor=GRACE)),
            lambda: look_first(services.withdraw),
        ],
    )

    assert ended == ["done", "done"], "both were told that they had won"


@pytest.mark.both_databases
def test_under_load_from_eight_processes_each_application_ends_once(
    site: Flask, live_site: LiveSites
) -> None:
    set_places(PLACES + 5)
    applications = make_applicants(APPLICANTS, is_place_held=True)
    tokens = [links.application_token(one) for one in applications]
    numbers = [one.id for one in applications]
    db.session.rollback()
    running = live_site(processes=8)
    statuses: list[int] = []
    refusals: list[str] = []

    def withdraw_in_browser(position: int) -> None:
        chance = random.Random(position)
        with closing(HTTPConnection(HOST, running.port, timeout=60)) as connection:
            person = Person(connection, tokens[position])
            address = f"/application/{tokens[position]}/withdraw"
            statuses.extend(person.press_at(address) for _ in range(chance.randint(1, 3)))

    def approve_here(position: int) -> None:
        with site.app_context():
            try:
                approve(numbers[position])
            except (RuleViolation, WriteQueueFull) as refusal:  # the second is a 503 elsewhere
                refusals.append(str(refusal))
            finally:
                db.session.remove()

    threads = [
        threading.Thread(target=deed, args=(position,))
        for position in range(APPLICANTS)
        for deed in (withdraw_in_browser, approve_here)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    found = states()
    # 503: a machine under load answers so where a lock takes too long, and nothing has happened
    assert set(statuses) <= {0, 303, 409, 503}, (Counter(statuses), running.log()[-3000:])
    assert count_delegates() == found[APPROVED]
    assert found[APPROVED] + found[WITHDRAWN] + found[ASKED] == APPLICANTS
    assert list_miscounts() == []
