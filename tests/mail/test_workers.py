"""Workers as they really run: several at once, killed, and told to stop."""

import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from app import clock
from app.database import db, transaction
from app.mail import queries, services
from app.mail.models import Letter
from tests.factories import a_letter
from tests.forked import Forked
from tests.mail.conftest import Start, now
from tests.mailbox import Mailbox
from tests.postgres import Postgres
from tests.waiting import wait_until

CLOCK_TICKS = 100  # a second, in /proc


def all_sent() -> bool:
    db.session.rollback()
    counted = queries.counts()
    db.session.rollback()
    return counted.waiting == 0


def the_lease_runs_out() -> None:
    with transaction():
        db.session.execute(update(Letter).values(lease_until=clock.real_now()))


@pytest.mark.both_databases
def test_two_workers_deliver_each_letter_once(mailbox: Mailbox, a_worker: Start) -> None:
    for number in range(200):
        db.session.add(a_letter(recipient=f"delegate-{number}@example.org"))
    workers = [a_worker(), a_worker()]

    wait_until(all_sent, "all letters sent", 60)

    assert sorted(letter.recipient for letter in mailbox.letters) == sorted(
        f"delegate-{number}@example.org" for number in range(200)
    )
    for worker in workers:
        worker.terminate()
    assert all(worker.wait(20) for worker in workers)
    assert sum(int(worker.last_words().split()[0]) for worker in workers) == 200


@pytest.mark.both_databases
def test_a_worker_killed_before_it_could_write_down_sends_at_most_one_letter_twice(
    mailbox: Mailbox, a_worker: Start
) -> None:
    for number in range(10):
        a_letter(recipient=f"delegate-{number}@example.org")
    worker = a_worker()

    def kill_at_the_third() -> None:
        if len(mailbox.letters) == 3:
            worker.kill()
            worker.wait(10)

    mailbox.when_kept(kill_at_the_third)
    worker.wait(30)
    mailbox.accept()
    the_lease_runs_out()
    a_worker()
    wait_until(all_sent, "all letters sent", 30)

    recipients = [letter.recipient for letter in mailbox.letters]
    assert set(recipients) == {f"delegate-{number}@example.org" for number in range(10)}
    assert len(recipients) == 11
    third, again = mailbox.letters_to("delegate-2@example.org")
    assert third.raw == again.raw


@pytest.mark.both_databases
def test_a_worker_told_to_stop_finishes_the_letter_in_its_hand(
    mailbox: Mailbox, a_worker: Start
) -> None:
    first, second = a_letter().id, a_letter().id
    worker = a_worker()

    def stop() -> None:
        worker.terminate()
        time.sleep(0.5)  # the letter is in hand all this time

    mailbox.when_kept(stop)
    assert worker.wait(30)

    assert worker.exit_code == 0
    assert worker.last_words() == "1 sent, 0 failed, 1 waiting"
    assert now(first).is_sent
    assert now(second).is_waiting
    assert now(second).lease_until is None
    assert len(mailbox.letters) == 1


def test_a_worker_with_nothing_to_do_costs_little_and_stops_when_asked(
    mailbox: Mailbox, a_worker: Start
) -> None:
    a_letter()
    worker = a_worker()
    mailbox.wait_for(1, 20)
    ticks, began = ticks_of(worker), time.perf_counter()

    time.sleep(1)

    busy = (ticks_of(worker) - ticks) / CLOCK_TICKS / (time.perf_counter() - began)
    assert busy < 0.1
    worker.terminate()
    assert worker.wait(20)


def ticks_of(worker: Forked) -> int:
    fields = Path(f"/proc/{worker.pid}/stat").read_text(encoding="ascii").split()
    return int(fields[13]) + int(fields[14])


def test_a_letter_goes_out_soon_after_the_commit(mailbox: Mailbox, a_worker: Start) -> None:
    """How soon, `make bench` measures."""
    a_letter()
    a_worker()
    mailbox.wait_for(1, 20)

    for count in range(2, 5):
        a_letter()
        mailbox.wait_for(count)


def test_a_worker_goes_on_when_the_mail_server_comes_back(
    mailbox: Mailbox, a_worker: Start
) -> None:
    mailbox.close()
    letter = a_letter().id
    a_worker()
    wait_until(lambda: now(letter).attempts > 0, "the first attempt", 20)

    mailbox.reopen()

    mailbox.wait_for(1, 20)


@pytest.mark.postgresql_only
def test_a_worker_goes_on_when_the_database_comes_back(
    mailbox: Mailbox, a_worker: Start, postgres: Postgres
) -> None:
    a_letter(recipient="first@example.org")
    a_letter(recipient="second@example.org")
    a_worker()

    def lose_the_database() -> None:
        if len(mailbox.letters) == 1:
            postgres.go_away()

    mailbox.when_kept(lose_the_database)
    mailbox.wait_for(1, 20)
    time.sleep(1)
    postgres.come_back()
    db.session.remove()
    db.engine.dispose()

    wait_until(all_sent, "all letters sent", 30)
    assert [letter.recipient for letter in mailbox.letters] == [
        "first@example.org",
        "second@example.org",
    ]


def test_the_worker_keeps_house(mailbox: Mailbox, a_worker: Start) -> None:
    long_ago = clock.real_now() - services.TEXT_IS_KEPT - timedelta(days=1)
    old = a_letter(state="sent", written_at=long_ago, about="ABC23456").id
    a_worker()

    wait_until(lambda: now(old).message == b"", "the old letter is forgotten", 20)
