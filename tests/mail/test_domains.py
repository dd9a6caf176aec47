"""Which email goes first, and domains that do not hold up the others."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app import clock
from app.accounts import services as accounts
from app.database import db, transaction
from app.mail import domains, outbox, retries, services, worker
from app.mail.models import BULK, URGENT, Email, MailDomain
from tests.factories import make_email, make_organiser
from tests.mail_server import MailServer
from tests.races import is_waiting_for_lock
from tests.waiting import wait_until

Deliver = Callable[[], str]
LEASE = timedelta(minutes=1)
URGENT_SECONDS = [2, 5, 10, 20, 30, 60]


def recipients(mailbox: MailServer) -> list[str]:
    return [letter.recipient for letter in mailbox.emails]


@pytest.mark.both_databases
def test_a_sign_in_link_is_sent_before_group_emails(
    site: Flask, frozen_time: Any, mailbox: MailServer, deliver: Deliver
) -> None:
    for number in range(5):
        make_email(recipient=f"speaker-{number}@example.org", priority=BULK)
    frozen_time.shift(timedelta(minutes=1))
    make_email(recipient="delegate@example.org")
    make_organiser("zoe@example.org")
    frozen_time.shift(timedelta(minutes=1))
    with transaction():
        accounts.send_sign_in_link("zoe@example.org")

    deliver()

    assert recipients(mailbox) == [
        "zoe@example.org",
        "delegate@example.org",
        *(f"speaker-{number}@example.org" for number in range(5)),
    ]


@pytest.mark.both_databases
def test_a_failing_domain_is_paused_while_other_domains_are_delivered(
    site: Flask, frozen_time: Any, mailbox: MailServer, deliver: Deliver
) -> None:
    for number in range(8):
        make_email(recipient=f"{number}@busy.example")
        mailbox.refuse(451, "Too many at once", to=f"{number}@busy.example")
    make_email(recipient="ada@example.org")

    first = deliver()
    tried = [email.recipient for email in db.session.query(Email) if email.attempts]

    assert first == "1 sent, 0 failed, 8 waiting"
    assert recipients(mailbox) == ["ada@example.org"]
    assert tried == ["0@busy.example", "1@busy.example", "2@busy.example", "ada@example.org"]
    [busy] = domains.list_failing()
    assert (busy.name, busy.last_error) == (
        "busy.example",
        "The mail server replied: 451 Too many at once",
    )

    mailbox.reset()
    frozen_time.shift(timedelta(seconds=13))

    assert deliver() == "8 sent, 0 failed, 0 waiting"
    assert [(one.failures, one.last_error) for one in db.session.query(MailDomain)] == [(0, "")]


@pytest.mark.both_databases
def test_the_pause_of_a_failing_domain_grows(
    site: Flask, frozen_time: Any, mailbox: MailServer, deliver: Deliver
) -> None:
    for number in range(20):
        make_email(recipient=f"{number}@away.example")
    mailbox.drop_connections("away.example")
    pauses = []

    for _ in range(5):
        deliver()
        [away] = domains.list_failing()
        pauses.append((away.resumes_at - clock.real_now()).total_seconds())
        frozen_time.move_to(away.resumes_at)
        assert domains.list_failing() == [], "from that moment on it is tried again"

    assert pauses == [10, 60, 300, 900, 900]
    assert [email.attempts for email in db.session.query(Email)].count(0) == 20 - 3 - 4


def test_a_full_mailbox_does_not_pause_its_domain(
    site: Flask, mailbox: MailServer, deliver: Deliver
) -> None:
    for number in range(6):
        make_email(recipient=f"{number}@example.org")
    mailbox.refuse(452, "Mailbox full", to="1@example.org")
    mailbox.refuse(452, "Mailbox full", to="3@example.org")

    assert deliver() == "4 sent, 0 failed, 2 waiting"
    assert domains.list_failing() == []


def test_a_mailbox_that_stays_full_does_not_pause_its_domain(
    site: Flask, frozen_time: Any, mailbox: MailServer, deliver: Deliver
) -> None:
    make_email(recipient="full@example.org")
    mailbox.refuse(452, "Mailbox full", to="full@example.org")
    failing: list[MailDomain] = []

    for _ in range(5):
        deliver()
        failing += domains.list_failing()
        frozen_time.shift(timedelta(hours=5))

    assert [email.attempts for email in db.session.query(Email)] == [5]
    assert failing == []


def test_resending_an_email_skips_the_pause_of_its_domain(
    site: Flask, mailbox: MailServer, deliver: Deliver
) -> None:
    email, *_ = (make_email(recipient=f"{number}@busy.example") for number in range(4))
    mailbox.drop_connections("busy.example")
    deliver()
    mailbox.reset()
    with transaction():
        domains.record_failure("away.example", 0, "", clock.real_now(), is_unanswered=True)

    assert deliver() == "0 sent, 0 failed, 4 waiting"

    email.domain = ""  # as in an email of an earlier version
    services.resend(email)

    assert email.domain == "busy.example"
    assert deliver() == "2 sent, 0 failed, 2 waiting"
    assert [domain.name for domain in domains.list_failing()] == ["away.example"]


@pytest.mark.settings(MAIL_TIMEOUT=1)
def test_a_domain_that_times_out_is_tried_once_then_paused(
    site: Flask, mailbox: MailServer, deliver: Deliver
) -> None:
    emails = [make_email(recipient=f"{number}@slow.example") for number in range(3)]
    mailbox.drip()

    deliver()

    assert [email.attempts for email in emails] == [1, 0, 0]
    assert [domain.name for domain in domains.list_failing()] == ["slow.example"]


def fail(domain: str, mailbox: MailServer, deliver: Deliver, count: int = 4) -> None:
    """Let a domain turn away emails until it is left alone."""
    for number in range(count):
        make_email(recipient=f"{number}@{domain}")
        mailbox.refuse(451, "Too many at once", to=f"{number}@{domain}")
    deliver()
    assert [one.name for one in domains.list_failing()] == [domain]


@pytest.mark.both_databases
def test_a_sign_in_link_skips_the_pause_of_its_domain(
    site: Flask, mailbox: MailServer, deliver: Deliver
) -> None:
    make_organiser("zoe@busy.example")
    fail("busy.example", mailbox, deliver)
    with transaction():
        accounts.send_sign_in_link("zoe@busy.example")

    assert deliver() == "1 sent, 0 failed, 4 waiting"

    assert recipients(mailbox) == ["zoe@busy.example"]


@pytest.mark.both_databases
def test_a_delivered_urgent_email_ends_the_pause_of_its_domain(
    site: Flask, mailbox: MailServer, deliver: Deliver
) -> None:
    fail("busy.example", mailbox, deliver)
    with transaction():
        for name in ("away.example", "a.example"):
            domains.record_failure(name, 0, "No answer", clock.real_now(), is_unanswered=True)
    make_email(recipient="ada@busy.example")
    make_email(recipient="zoe@busy.example", priority=URGENT)

    assert deliver() == "2 sent, 0 failed, 4 waiting"

    assert recipients(mailbox) == ["zoe@busy.example", "ada@busy.example"]
    assert [one.name for one in domains.list_failing()] == ["a.example", "away.example"]


@pytest.mark.both_databases
def test_retries_of_an_urgent_email_do_not_lengthen_the_pause_of_its_domain(
    site: Flask, frozen_time: Any, mailbox: MailServer, deliver: Deliver
) -> None:
    fail("busy.example", mailbox, deliver)
    [before] = [domain.resumes_at for domain in domains.list_failing()]
    urgent = make_email(recipient="zoe@busy.example", priority=URGENT)
    mailbox.refuse(451, "Too many at once", to="zoe@busy.example")
    pauses: list[float] = []

    for _ in range(6):
        deliver()
        if not pauses:
            assert [domain.resumes_at for domain in domains.list_failing()] == [before]
        pauses.append((urgent.due_at - clock.real_now()).total_seconds())
        frozen_time.move_to(urgent.due_at)

    for pause, usual in zip(pauses, URGENT_SECONDS, strict=True):
        assert 0.8 * usual <= pause <= 1.2 * usual
    assert urgent.attempts == 6
    mailbox.reset()
    deliver()
    assert urgent.is_sent


def test_a_sign_in_email_is_retried_every_minute_while_its_link_is_valid() -> None:
    within = [pause.total_seconds() for pause in retries.URGENT_BACKOFF]

    assert within[:6] == URGENT_SECONDS
    assert max(accumulate_until(within, 15 * 60)) == 60
    assert retries.URGENT_BACKOFF[-1] == retries.BACKOFF[-1]


def accumulate_until(pauses: list[float], seconds: float) -> list[float]:
    """Give the pauses that begin within some time."""
    begins = [sum(pauses[:count]) for count in range(len(pauses))]
    return [pause for pause, start in zip(pauses, begins, strict=True) if start < seconds]


@pytest.mark.settings(MAIL_TIMEOUT=1)
def test_urgent_emails_to_a_domain_that_times_out_do_not_delay_other_domains(
    site: Flask, mailbox: MailServer, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "PAUSE_SHARE", 60)  # however long the emails of others take
    mailbox.stall("slow.example")
    make_email(recipient="first@slow.example")
    deliver()
    urgent = [make_email(recipient=f"{n}@slow.example", priority=URGENT) for n in range(3)]
    for number in range(5):
        make_email(recipient=f"{number}@example.org")

    assert deliver() == "5 sent, 0 failed, 4 waiting"

    assert [email.attempts for email in urgent] == [1, 0, 0]


@pytest.mark.both_databases
@pytest.mark.settings(LIMIT_EMAILS_PER_DOMAIN=30)
def test_emails_to_one_domain_are_rate_limited_except_urgent_ones(
    site: Flask, frozen_time: Any, mailbox: MailServer, deliver: Deliver
) -> None:
    make_organiser("zoe@one.example")
    for number in range(3):
        make_email(recipient=f"{number}@one.example")
    make_email(recipient="ada@two.example")
    arrived = []

    for _ in range(3):
        deliver()
        arrived.append(recipients(mailbox))
        mailbox.emails.clear()
        frozen_time.shift(timedelta(seconds=1))
    with transaction():
        accounts.send_sign_in_link("zoe@one.example")
    deliver()

    assert arrived == [["0@one.example", "ada@two.example"], [], ["1@one.example"]]
    assert recipients(mailbox) == ["zoe@one.example"]


@pytest.mark.settings(LIMIT_EMAILS_PER_DOMAIN=30)
def test_with_a_domain_rate_limit_a_worker_leases_one_email_at_a_time(site: Flask) -> None:
    make_email(recipient="0@one.example")
    make_email(recipient="1@one.example")

    with transaction():
        leased = outbox.lease_next(LEASE, 5)

    assert [email.recipient for email in leased] == ["0@one.example"]


@pytest.mark.settings(LIMIT_EMAILS_PER_DOMAIN=30)
def test_a_refused_email_still_uses_its_turn_in_the_domain_rate_limit(
    site: Flask, frozen_time: Any, mailbox: MailServer, deliver: Deliver
) -> None:
    for number in range(4):
        make_email(recipient=f"{number}@one.example")
    mailbox.refuse(451, "Too many at once", to="0@one.example", times=1)
    tried = []

    for _ in range(6):
        deliver()
        emails = db.session.query(Email).order_by(Email.id)
        tried.append(sum(email.attempts for email in emails))
        frozen_time.shift(timedelta(seconds=1))

    assert tried == [1, 1, 2, 2, 3, 3]


@pytest.mark.postgresql_only
@pytest.mark.settings(LIMIT_EMAILS_PER_DOMAIN=30)
def test_two_workers_share_the_domain_rate_limit(site: Flask) -> None:
    make_email(recipient="0@one.example")
    make_email(recipient="1@one.example")
    db.session.commit()

    def lease_elsewhere() -> list[outbox.LeasedEmail]:
        with site.app_context(), transaction():
            return list(outbox.lease_next(LEASE))

    with ThreadPoolExecutor(1) as elsewhere:
        with transaction():
            here = outbox.lease_next(LEASE)
            there = elsewhere.submit(lease_elsewhere)
            wait_until(is_waiting_for_lock, "the second worker wants the same turn")
        leased = [[email.recipient for email in emails] for emails in (here, there.result(10))]

    assert leased == [["0@one.example"], []]


@pytest.mark.both_databases
def test_domain_records_are_deleted_an_hour_after_their_pause(
    site: Flask, frozen_time: Any
) -> None:
    with transaction():
        domains.record_failure(
            "busy.example", 5, "451 Later", clock.real_now(), is_unanswered=False
        )
    left = []

    for passed in (timedelta(minutes=15), timedelta(hours=1), timedelta(seconds=1)):
        frozen_time.shift(passed)
        with transaction():
            domains.delete_expired()
        left.append(db.session.query(MailDomain).count())

    assert left == [1, 1, 0], "an hour after the pause it is forgotten"
