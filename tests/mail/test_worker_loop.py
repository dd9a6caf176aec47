"""The worker that goes on: here in the process of the tests, where its faults can be arranged."""

import os
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from threading import Event, Timer
from threading import enumerate as enumerate_threads

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy.exc import OperationalError

from app.database_faults import newest_migration
from app.mail import transports
from app.mail import worker as mail_worker
from app.mail.models import NORMAL
from app.mail.outbox import LeasedEmail
from app.mail.worker import MailWorker, ShutdownSignal, TaskGroup
from tests.factories import make_email
from tests.mail_server import MailServer
from tests.waiting import wait_until

Run = Callable[[], Result]
RUN_WORKER = ["deliver-mail", "--forever"]


@pytest.fixture
def in_a_while() -> Iterator[Callable[[float, Callable[[], None]], None]]:
    """Let something happen while the worker works."""
    started: list[Timer] = []

    def arrange(seconds: float, do: Callable[[], None]) -> None:
        started.append(Timer(seconds, do))
        started[-1].start()

    yield arrange
    for timer in started:
        timer.cancel()
        timer.join()


InAWhile = Callable[[float, Callable[[], None]], None]


def stop() -> None:
    """Ask the command to stop, while it is there to hear it."""
    if signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        os.kill(os.getpid(), signal.SIGTERM)


def stop_when_all_are_sent(folder: Path) -> None:
    wait_until(lambda: count_unsent(folder) == 0, "all letters sent")
    stop()


def count_unsent(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "conference.sqlite", timeout=10)) as database:
        [count] = database.execute("SELECT count(*) FROM email WHERE state != 'sent'").fetchone()
        return int(count)


def hide_database(folder: Path) -> None:
    """Leave the database as it is in the middle of a migration."""
    with closing(sqlite3.connect(folder / "conference.sqlite", timeout=10)) as database:
        database.execute("UPDATE alembic_version SET version_num = '0001'")
        database.execute("ALTER TABLE email RENAME TO away")
        database.commit()


def restore_database(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "conference.sqlite", timeout=10)) as database:
        database.execute("UPDATE alembic_version SET version_num = ?", [newest_migration()])
        database.execute("ALTER TABLE away RENAME TO email")
        database.commit()


def run_worker(site: Flask) -> Result:
    return site.test_cli_runner().invoke(args=RUN_WORKER)


def test_a_worker_runs_until_it_gets_sigterm(
    site: Flask, mailbox: MailServer, in_a_while: InAWhile
) -> None:
    make_email()
    mailbox.on_accept(lambda: in_a_while(0.5, stop))

    done = run_worker(site)

    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "1 sent, 0 failed, 0 waiting")
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_stopping_worker_sends_no_further_email(site: Flask, mailbox: MailServer) -> None:
    make_email()
    make_email()

    def stop_twice() -> None:
        stop()
        stop()

    mailbox.on_accept(stop_twice)

    assert run_worker(site).output.splitlines()[-1] == "1 sent, 0 failed, 1 waiting"


def test_a_worker_survives_a_database_outage(
    site: Flask, workplace: Path, mailbox: MailServer, in_a_while: InAWhile
) -> None:
    make_email()
    hide_database(workplace)
    in_a_while(0.5, lambda: restore_database(workplace))
    mailbox.on_accept(stop)

    assert run_worker(site).output.splitlines()[-1] == "1 sent, 0 failed, 0 waiting"


def test_an_email_sent_during_a_database_outage_is_not_sent_again(
    site: Flask, workplace: Path, mailbox: MailServer, in_a_while: InAWhile
) -> None:
    make_email()

    def lose_the_database() -> None:
        hide_database(workplace)
        in_a_while(0.5, come_back)

    def come_back() -> None:
        restore_database(workplace)
        stop_when_all_are_sent(workplace)

    mailbox.on_accept(lose_the_database)

    assert run_worker(site).output.splitlines()[-1] == "1 sent, 0 failed, 0 waiting"
    assert len(mailbox.emails) == 1


def test_a_stopping_worker_does_not_wait_for_an_unavailable_database(
    site: Flask, workplace: Path, mailbox: MailServer
) -> None:
    make_email()

    def lose_the_database() -> None:
        hide_database(workplace)
        stop()

    mailbox.on_accept(lose_the_database)

    done = run_worker(site)

    assert done.exit_code == 1
    assert done.output.splitlines()[-1] == (
        "Error: The database is not available or not ready (OperationalError)"
    )


def test_a_failing_task_does_not_stop_the_others(site: Flask) -> None:
    done: list[str] = []

    def fail() -> None:
        raise RuntimeError

    mail_worker.run_tasks([fail, lambda: done.append("the other")])

    assert done == ["the other"]


def test_slow_tasks_do_not_delay_other_task_groups(site: Flask) -> None:
    rounds: list[str] = []
    is_offered = Event()

    def offer() -> None:
        rounds.append("offers")
        if len(rounds) > 1:
            is_offered.set()

    with ShutdownSignal() as bell:

        def draw() -> None:
            rounds.append("drawn" if is_offered.wait(30) else "nobody was offered anything")
            bell.set()

        worker = MailWorker(transports.create_transport(site), bell)
        worker.run_forever([], [TaskGroup("pictures", 60, [draw]), TaskGroup("offers", 0, [offer])])

    assert rounds[:2] == ["offers", "offers"]
    assert "drawn" in rounds


def test_all_task_groups_are_stopped_before_any_is_joined(site: Flask) -> None:
    done: list[str] = []

    def count_resting() -> int:
        return sum(one.name == "resting" for one in enumerate_threads())

    with ShutdownSignal() as bell:

        def go_on() -> None:
            done.append("began" if count_resting() else "nobody rests")
            bell.set()
            wait_until(lambda: not count_resting(), "the other group has stopped", 30)
            done.append("ended after the other")

        worker = MailWorker(transports.create_transport(site), bell)
        worker.run_forever([], [TaskGroup("resting", 600, []), TaskGroup("busy", 600, [go_on])])

    assert done == ["began", "ended after the other"]


class FailingTransport:
    """A transport that fails for one email."""

    max_send_time = 1.0

    def send(self, email: LeasedEmail) -> None:
        if email.recipient == "odd@example.org":
            raise RuntimeError

    def close_if_idle(self) -> None:
        """Has nothing to let go of."""

    def close(self) -> None:
        """Has nothing to let go of."""


def test_an_email_that_raises_an_error_does_not_delay_the_others(site: Flask) -> None:
    odd, other = make_email(recipient="odd@example.org"), make_email()
    with ShutdownSignal() as bell:
        worker = mail_worker.MailWorker(FailingTransport(), bell)

        worker.run_once()

    assert worker.tally == {"waiting": 1, "sent": 1}
    assert odd.last_error == "Something went wrong on our side"
    assert other.is_sent


AN_EMAIL = LeasedEmail(
    id=1,
    template="x",
    booking_reference="",
    recipient="a@b.example",
    domain="b.example",
    priority=NORMAL,
    message=b"Subject: x",
    is_secret=False,
    attempts=0,
    give_up_at=None,
)


def test_an_idle_smtp_connection_is_checked_before_use(
    site: Flask, mailbox: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transports, "NOOP_AFTER", -1)
    server = transports.SmtpTransport(site)
    server.send(AN_EMAIL)
    server.send(AN_EMAIL)
    mailbox.reopen()

    server.send(AN_EMAIL)

    server.close()
    assert len(mailbox.emails) == 3


def test_an_idle_smtp_connection_is_closed(
    site: Flask, mailbox: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = transports.SmtpTransport(site)
    server.send(AN_EMAIL)
    before = mailbox.connections
    server.close_if_idle()
    server.send(AN_EMAIL)
    assert mailbox.connections == before

    monkeypatch.setattr(transports, "IDLE_TIMEOUT", -1)
    server.close_if_idle()
    server.send(AN_EMAIL)

    server.close()
    assert mailbox.connections == before + 1


def test_sending_an_email_has_an_overall_deadline(
    site: Flask, mailbox: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transports, "STEPS_PER_SEND", -1)

    with pytest.raises(
        transports.ServerUnavailable, match="The mail server did not respond in time"
    ):
        transports.SmtpTransport(site).send(AN_EMAIL)


@pytest.mark.settings(MAIL_TIMEOUT=1)
@pytest.mark.parametrize("be_slow", [MailServer.greet_endlessly, MailServer.drip])
def test_a_server_with_dripping_replies_is_cut_off_before_the_lease_expires(
    site: Flask, mailbox: MailServer, be_slow: Callable[[MailServer], None]
) -> None:
    server = transports.SmtpTransport(site)
    be_slow(mailbox)
    began = time.perf_counter()

    with pytest.raises(
        transports.TemporaryFailure, match="The mail server did not respond in time"
    ):
        server.send(AN_EMAIL)

    assert 1 < time.perf_counter() - began < server.max_send_time


@contextmanager
def listen_without_answering(count: int) -> Iterator[list[tuple[str, int]]]:
    """Give addresses at which connections are neither accepted nor refused."""
    with ExitStack() as open_sockets:
        addresses = []
        for _ in range(count):
            listener = open_sockets.enter_context(socket.socket())
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            for _ in range(3):  # as many as are in the backlog before it accepts no more
                caller = open_sockets.enter_context(socket.socket())
                caller.setblocking(False)
                caller.connect_ex(listener.getsockname())
            addresses.append(listener.getsockname())
        yield addresses


@pytest.mark.settings(MAIL_TIMEOUT=1)
def test_a_server_with_many_dead_addresses_is_given_up_before_the_lease_expires(
    site: Flask, mailbox: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listen_without_answering(9) as addresses:
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", one) for one in addresses]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        server = transports.SmtpTransport(site)
        began = time.perf_counter()

        with pytest.raises(
            transports.ServerUnavailable, match="The mail server did not respond in time"
        ):
            server.send(AN_EMAIL)

        assert 1 < time.perf_counter() - began < server.max_send_time


@pytest.mark.parametrize("name", ["127.0.0.1:8000", "[::1]:8000", "conference.example"])
def test_the_ehlo_name_is_valid_for_any_site_url(
    site: Flask, mailbox: MailServer, name: str
) -> None:
    site.config["SITE_URL"] = f"http://{name}"
    server = transports.SmtpTransport(site)

    server.send(AN_EMAIL)

    server.close()
    assert len(mailbox.emails) == 1


def test_emails_are_sent_to_a_server_with_implicit_tls(site: Flask, mailbox: MailServer) -> None:
    mailbox.close()
    mailbox.open(implicit_tls=True)
    site.config.update(MAIL_USE_SSL=True, MAIL_CA_FILE=mailbox.ca_certificate)
    server = transports.SmtpTransport(site)

    server.send(AN_EMAIL)

    server.close()
    assert len(mailbox.emails) == 1


def test_a_missing_ca_file_keeps_emails_waiting(
    site: Flask, mailbox: MailServer, tmp_path: Path
) -> None:
    site.config.update(MAIL_USE_SSL=True, MAIL_CA_FILE=tmp_path / "nowhere.pem")

    with pytest.raises(transports.ServerUnavailable, match="No such file"):
        transports.SmtpTransport(site).send(AN_EMAIL)


def test_a_worker_ends_with_the_error_if_the_schema_is_wrong(
    site: Flask, workplace: Path, mailbox: MailServer
) -> None:
    with closing(sqlite3.connect(workplace / "conference.sqlite")) as database:
        database.execute("ALTER TABLE email RENAME COLUMN due_at TO is_due_at")

    done = run_worker(site)

    assert isinstance(done.exception, OperationalError)
    assert "no such column: email.due_at" in str(done.exception)
