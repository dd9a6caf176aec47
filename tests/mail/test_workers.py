"""Workers as they really run: several at once, killed, and stopped."""

import time
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import update

from app import clock
from app.database import db, transaction
from app.mail import queries, services
from app.mail.models import BULK, URGENT, Email
from tests.factories import make_email
from tests.mail.conftest import StartWorker, reload_email
from tests.mail_server import MailServer
from tests.postgres import PostgresServer
from tests.subprocesses import ForkedProgram
from tests.waiting import wait_until

CLOCK_TICKS = 100  # a second, in /proc


def all_sent() -> bool:
    db.session.rollback()
    counted = queries.count_by_state()
    db.session.rollback()
    return counted.waiting == 0


def expire_lease() -> None:
    with transaction():
        db.session.execute(update(Email).values(lease_until=clock.real_now()))


@pytest.mark.both_databases
def test_two_workers_deliver_each_email_once(
    mailbox: MailServer, start_worker: StartWorker
) -> None:
    for number in range(200):
        db.session.add(make_email(recipient=f"delegate-{number}@example.org"))
    workers = [start_worker(), start_worker()]

    wait_until(all_sent, "all letters sent", 60)

    assert sorted(letter.recipient for letter in mailbox.emails) == sorted(
        f"delegate-{number}@example.org" for number in range(200)
    )
    for worker in workers:
        worker.terminate()
    assert all(worker.wait(20) for worker in workers)
    assert sum(int(worker.last_line().split()[0]) for worker in workers) == 200


def send_with_a_kill(
    mailbox: MailServer, start_worker: StartWorker, letters: int, *, killed_at: int
) -> list[str]:
    """Kill the worker after it has sent so many emails, start another; return who got an email."""
    for number in range(letters):
        make_email(recipient=f"delegate-{number}@example.org")
    worker = start_worker()

    def kill() -> None:
        if len(mailbox.emails) == killed_at:
            worker.kill()
            worker.wait(10)

    mailbox.on_accept(kill)
    worker.wait(30)
    mailbox.reset()
    expire_lease()
    start_worker()
    wait_until(all_sent, "all letters sent", 30)
    return [letter.recipient for letter in mailbox.emails]


@pytest.mark.both_databases
def test_a_worker_killed_before_recording_sends_at_most_one_email_twice(
    mailbox: MailServer, start_worker: StartWorker
) -> None:
    recipients = send_with_a_kill(mailbox, start_worker, 10, killed_at=3)

    assert set(recipients) == {f"delegate-{number}@example.org" for number in range(10)}
    assert len(recipients) == 11
    third, again = mailbox.emails_to("delegate-2@example.org")
    assert third.raw == again.raw


@pytest.mark.both_databases
def test_a_worker_killed_within_a_batch_sends_at_most_one_email_twice(
    mailbox: MailServer, start_worker: StartWorker
) -> None:
    """It has leased several together by then, and does not wait for the disk after each."""
    recipients = send_with_a_kill(mailbox, start_worker, 100, killed_at=40)

    assert set(recipients) == {f"delegate-{number}@example.org" for number in range(100)}
    assert len(recipients) == 101


@pytest.mark.both_databases
def test_a_sign_in_link_does_not_wait_for_leased_emails(
    mailbox: MailServer, start_worker: StartWorker
) -> None:
    for number in range(40):
        make_email(recipient=f"delegate-{number}@example.org", priority=BULK)
    mailbox.on_accept(lambda: time.sleep(0 if len(mailbox.emails) < 20 else 0.3))
    start_worker()
    mailbox.wait_for(21, 20)

    make_email(recipient="zoe@example.org", priority=URGENT)
    gone = len(mailbox.emails)
    wait_until(lambda: mailbox.emails_to("zoe@example.org") != [], "the sign-in link", 20)

    position = [letter.recipient for letter in mailbox.emails].index("zoe@example.org")
    assert position <= gone + 1
    mailbox.reset()
    wait_until(all_sent, "all letters sent", 30)
    assert len(mailbox.emails) == 41


@pytest.mark.both_databases
def test_a_stopping_worker_finishes_the_current_email(
    mailbox: MailServer, start_worker: StartWorker
) -> None:
    first, second = make_email().id, make_email().id
    worker = start_worker()

    def stop() -> None:
        worker.terminate()
        time.sleep(0.5)  # the email stays leased all this time

    mailbox.on_accept(stop)
    assert worker.wait(30)

    assert worker.exit_code == 0
    assert worker.last_line() == "1 sent, 0 failed, 1 waiting"
    assert reload_email(first).is_sent
    assert reload_email(second).is_waiting
    assert reload_email(second).lease_until is None
    assert len(mailbox.emails) == 1


def test_an_idle_worker_uses_little_cpu_and_stops_on_sigterm(
    mailbox: MailServer, start_worker: StartWorker
) -> None:
    make_email()
    worker = start_worker()
    mailbox.wait_for(1, 20)

    # what was due at its start may still be leased in the first of these seconds
    assert any(busy_share_of(worker) < 0.1 for _ in range(20))
    worker.terminate()
    assert worker.wait(20)


def busy_share_of(worker: ForkedProgram) -> float:
    """Watch for a second and return the share of it in which the worker was busy."""
    ticks, began = ticks_of(worker), time.perf_counter()
    time.sleep(1)
    return (ticks_of(worker) - ticks) / CLOCK_TICKS / (time.perf_counter() - began)


def ticks_of(worker: ForkedProgram) -> int:
    fields = Path(f"/proc/{worker.pid}/stat").read_text(encoding="ascii").split()
    return int(fields[13]) + int(fields[14])


def test_an_email_is_sent_soon_after_the_commit(
    mailbox: MailServer, start_worker: StartWorker
) -> None:
    """How soon, `make bench` measures."""
    make_email()
    start_worker()
    mailbox.wait_for(1, 20)

    for count in range(2, 5):
        make_email()
        mailbox.wait_for(count)


def test_a_worker_resumes_after_a_mail_server_outage(
    mailbox: MailServer, start_worker: StartWorker
) -> None:
    mailbox.close()
    letter = make_email().id
    start_worker()
    wait_until(lambda: reload_email(letter).attempts > 0, "the first attempt", 20)

    mailbox.reopen()

    mailbox.wait_for(1, 20)


@pytest.mark.postgresql_only
def test_a_worker_resumes_after_a_database_outage(
    mailbox: MailServer, start_worker: StartWorker, postgres: PostgresServer
) -> None:
    make_email(recipient="first@example.org")
    make_email(recipient="second@example.org")
    start_worker()

    is_gone = Event()

    def lose_the_database() -> None:
        if len(mailbox.emails) == 1:
            postgres.crash()
            is_gone.set()

    mailbox.on_accept(lose_the_database)
    assert is_gone.wait(60)
    time.sleep(1)
    postgres.restart()
    db.session.remove()
    db.engine.dispose()

    wait_until(all_sent, "all letters sent", 30)
    assert [letter.recipient for letter in mailbox.emails] == [
        "first@example.org",
        "second@example.org",
    ]


def test_the_worker_runs_its_periodic_tasks(mailbox: MailServer, start_worker: StartWorker) -> None:
    long_ago = clock.real_now() - services.BODY_RETENTION - timedelta(days=1)
    old = make_email(state="sent", created_at=long_ago, booking_reference="ABC23456").id
    start_worker()

    wait_until(lambda: reload_email(old).message == b"", "the old letter is forgotten", 20)
