"""How emails reach a mail server, and what happens when they do not."""

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from app.database import db
from app.mail import queries, transports
from app.mail.models import BOUNCED, SuppressedAddress
from app.mail.retries import RETRY_FOR
from app.mail.worker import MailWorker, ShutdownSignal
from tests.factories import make_email
from tests.mail.conftest import reload_email
from tests.mail_server import MailServer

Deliver = Callable[[], str]


@pytest.mark.both_databases
def test_an_email_arrives_once(mailbox: MailServer, deliver: Deliver) -> None:
    letter = make_email(recipient="ada@example.org")

    assert deliver() == "1 sent, 0 failed, 0 waiting"
    assert deliver() == "0 sent, 0 failed, 0 waiting"

    [arrived] = mailbox.emails_to("ada@example.org")
    assert arrived.sender == "tides@conference.example"
    assert arrived.raw.rstrip() == letter.message
    assert letter.is_sent
    assert letter.sent_at is not None
    assert letter.lease_until is None


def test_many_emails_share_an_smtp_connection(mailbox: MailServer, deliver: Deliver) -> None:
    for number in range(30):
        make_email(recipient=f"delegate-{number}@example.org")
    before = mailbox.connections

    assert deliver() == "30 sent, 0 failed, 0 waiting"

    assert len(mailbox.emails) == 30
    assert mailbox.connections - before == 1


def test_the_smtp_connection_is_renewed_after_max_sends(
    site: Flask, mailbox: MailServer, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transports, "MAX_SENDS_PER_CONNECTION", 2)
    for _ in range(5):
        make_email()
    before = mailbox.connections

    assert deliver() == "5 sent, 0 failed, 0 waiting"

    assert mailbox.connections - before == 3


@pytest.mark.both_databases
def test_emails_are_sent_in_order_of_due_at(
    frozen_time: Any, mailbox: MailServer, deliver: Deliver
) -> None:
    make_email(recipient="second@example.org")
    frozen_time.shift(timedelta(minutes=-5))
    make_email(recipient="first@example.org")
    frozen_time.shift(timedelta(minutes=5))
    db.session.execute(text("ANALYZE email"))  # so that no index puts a few rows in order

    deliver()

    assert [letter.recipient for letter in mailbox.emails] == [
        "first@example.org",
        "second@example.org",
    ]


@pytest.mark.both_databases
def test_a_temporarily_refused_email_is_retried(
    frozen_time: Any, mailbox: MailServer, deliver: Deliver
) -> None:
    letter = make_email(recipient="ada@example.org")
    mailbox.refuse(451, "Try later", to="ada@example.org", times=2)

    assert deliver() == "0 sent, 0 failed, 1 waiting"
    assert letter.last_error == "The mail server replied: 451 Try later"
    assert deliver() == "0 sent, 0 failed, 1 waiting"
    assert letter.attempts == 1  # it was not due yet
    frozen_time.shift(timedelta(seconds=3))
    assert deliver() == "0 sent, 0 failed, 1 waiting"
    frozen_time.shift(timedelta(seconds=3))
    assert deliver() == "0 sent, 0 failed, 1 waiting"
    assert letter.attempts == 2  # the pause has grown
    frozen_time.shift(timedelta(seconds=10))

    assert deliver() == "1 sent, 0 failed, 0 waiting"
    assert letter.last_error == ""


def test_retries_back_off_from_seconds_to_hours_for_two_days(
    frozen_time: Any, mailbox: MailServer, deliver: Deliver
) -> None:
    letter = make_email()
    began = letter.created_at
    mailbox.refuse(451, "Try later")
    pauses = []

    while not letter.is_failed:
        before = letter.due_at
        deliver()
        pauses.append(letter.due_at - before)
        frozen_time.move_to(letter.due_at)

    assert timedelta(seconds=1) < pauses[0] < timedelta(seconds=3)
    assert pauses[:8] == sorted(pauses[:8])
    assert timedelta(hours=3) < max(pauses) < timedelta(hours=5)
    assert 15 < letter.attempts < 30
    assert RETRY_FOR <= letter.due_at - began < RETRY_FOR + timedelta(hours=6)
    assert letter.last_error == "The mail server replied: 451 Try later"
    assert deliver() == "0 sent, 0 failed, 0 waiting"


def test_an_email_fails_after_two_days_of_retries(
    frozen_time: Any, mailbox: MailServer, deliver: Deliver
) -> None:
    email = make_email()
    mailbox.refuse(451, "Try later")
    deliver()

    frozen_time.shift(RETRY_FOR)

    assert deliver() == "0 sent, 1 failed, 0 waiting"
    assert email.is_failed


def test_retries_of_emails_that_failed_together_are_spread_by_jitter(
    frozen_time: Any, mailbox: MailServer, deliver: Deliver
) -> None:
    random.seed(2009)  # so that nothing hangs on chance
    letters = [make_email(recipient=f"ada@example{number}.org") for number in range(20)]
    mailbox.refuse(451, "Try later")

    deliver()

    pauses = [(letter.due_at - letter.created_at).total_seconds() for letter in letters]
    assert 2 * 0.8 <= min(pauses) < 2 * 0.9
    assert 2 * 1.1 < max(pauses) <= 2 * 1.2
    assert len(set(pauses)) == len(letters)


@pytest.mark.both_databases
def test_a_permanently_refused_email_fails_immediately_and_others_are_sent(
    mailbox: MailServer, deliver: Deliver
) -> None:
    nobody = make_email(recipient="nobody@example.org")
    somebody = make_email(recipient="ada@example.org")
    mailbox.refuse(550, "No such mailbox", to="nobody@example.org")
    before = mailbox.connections

    assert deliver() == "1 sent, 1 failed, 0 waiting"

    assert somebody.is_sent
    assert nobody.is_failed
    assert nobody.last_error == "The mail server replied: 550 No such mailbox"
    assert mailbox.connections - before == 1


@pytest.mark.both_databases
def test_an_address_refused_as_unknown_is_suppressed_for_group_emails(
    mailbox: MailServer, deliver: Deliver
) -> None:
    for name, code, answer in (
        ("unknown", 550, "5.1.1 No such user"),
        ("full", 552, "5.2.2 Mailbox full"),
        ("spam", 554, "5.7.1 Message looks like spam"),
        ("us", 550, "5.1.8 Sender's domain does not exist"),
        ("plain", 550, "Not now"),
        ("later", 450, "4.1.1 Ask again"),
    ):
        make_email(recipient=f"{name}@example.org")
        mailbox.refuse(code, answer, to=f"{name}@example.org")

    assert deliver() == "0 sent, 5 failed, 1 waiting"

    [reason] = db.session.scalars(select(SuppressedAddress))
    assert (reason.address, reason.reason) == ("unknown@example.org", BOUNCED)
    assert reason.note == "the mailbox does not exist (5.1.1)"


@pytest.mark.both_databases
def test_control_characters_in_an_smtp_reply_are_removed(
    mailbox: MailServer, deliver: Deliver
) -> None:
    nobody = make_email(recipient="nobody@example.org")
    somebody = make_email(recipient="ada@example.org")
    mailbox.refuse(550, "No\0 such \x1b[31mmail\x07box\x7f", to="nobody@example.org")

    assert deliver() == "1 sent, 1 failed, 0 waiting"

    assert nobody.last_error == "The mail server replied: 550 No such [31mmailbox"
    assert somebody.is_sent


@pytest.mark.both_databases
def test_an_outcome_that_cannot_be_recorded_causes_no_duplicate_and_no_delay(
    site: Flask, frozen_time: Any, mailbox: MailServer
) -> None:
    odd = make_email(recipient="odd@example.org").id
    make_email(recipient="ada@example.org")
    for statement in _refuse_changes_of(odd):
        db.session.execute(text(statement))
    db.session.commit()
    with ShutdownSignal() as bell:
        worker = MailWorker(transports.create_transport(site), bell)

        worker.run_once()
        frozen_time.shift(timedelta(hours=1))  # the lease is over
        worker.run_once()
        db.session.execute(text(ALLOW_CHANGES[db.engine.dialect.name]))
        db.session.commit()
        frozen_time.shift(timedelta(hours=1))
        worker.run_once()

    assert [one.recipient for one in mailbox.emails] == ["odd@example.org", "ada@example.org"]
    assert worker.tally == {"sent": 2}
    assert reload_email(odd).is_sent


CALL = "EXECUTE FUNCTION refuse()"
ALLOW_CHANGES = {
    "sqlite": "DROP TRIGGER refused",
    "postgresql": "DROP TRIGGER refused ON email",
}


def _refuse_changes_of(number: int) -> list[str]:
    """Give statements after which an email cannot be recorded as sent."""
    such = f"NEW.id = {number} AND NEW.state = 'sent'"
    if db.engine.dialect.name == "sqlite":
        body = "BEGIN SELECT RAISE(ABORT, 'refused'); END"
        return [f"CREATE TRIGGER refused BEFORE UPDATE ON email WHEN {such} {body}"]
    body = "$$ BEGIN RAISE EXCEPTION 'refused'; END $$"
    return [
        f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS {body}",
        f"CREATE TRIGGER refused BEFORE UPDATE ON email FOR EACH ROW WHEN ({such}) {CALL}",
    ]


def test_a_connection_closed_with_421_is_reopened(mailbox: MailServer, deliver: Deliver) -> None:
    one, other = make_email(), make_email()
    mailbox.refuse(421, "Closing now", times=1)

    assert deliver() == "1 sent, 0 failed, 1 waiting"

    assert one.last_error == "The mail server replied: 421 Closing now"
    assert other.is_sent


def test_an_email_to_a_non_ascii_address_is_delivered(
    mailbox: MailServer, deliver: Deliver
) -> None:
    make_email(recipient="zoë@bücher.example")

    assert deliver() == "1 sent, 0 failed, 0 waiting"

    assert [letter.recipient for letter in mailbox.emails] == ["zoë@xn--bcher-kva.example"]


def test_a_non_ascii_address_fails_with_a_clear_error_without_smtputf8(
    mailbox: MailServer, deliver: Deliver
) -> None:
    mailbox.close()
    mailbox.open(smtputf8=False)
    letter = make_email(recipient="zoë@example.org")

    assert deliver() == "0 sent, 1 failed, 0 waiting"

    assert letter.last_error == (
        "The mail server does not accept email addresses with characters like “ë” before the @ "
        "(it does not offer SMTPUTF8)"
    )


def test_a_non_ascii_sender_is_announced_with_smtputf8(
    site: Flask, mailbox: MailServer, deliver: Deliver
) -> None:
    site.config["MAIL_DEFAULT_SENDER"] = "gezeiten-für-alle@conference.example"
    make_email(recipient="ada@example.org")

    assert deliver() == "1 sent, 0 failed, 0 waiting"

    assert [letter.sender for letter in mailbox.emails] == ["gezeiten-für-alle@conference.example"]


def test_an_unreachable_server_does_not_count_as_an_attempt(
    frozen_time: Any, mailbox: MailServer, deliver: Deliver
) -> None:
    first, second = make_email(), make_email()
    mailbox.close()

    assert deliver() == "0 sent, 0 failed, 2 waiting"
    assert first.last_error.startswith("The mail server could not be reached or understood")
    assert second.attempts == 0  # there was no sense in trying

    mailbox.reopen()
    frozen_time.shift(timedelta(minutes=5))
    assert deliver() == "2 sent, 0 failed, 0 waiting"


def test_after_a_long_outage_emails_are_retried_every_five_minutes(
    frozen_time: Any, mailbox: MailServer, deliver: Deliver
) -> None:
    letter = make_email()
    mailbox.close()
    for _ in range(12):
        deliver()
        frozen_time.move_to(letter.due_at)

    pause = letter.due_at
    deliver()

    assert letter.is_waiting
    assert timedelta(minutes=4) <= letter.due_at - pause <= timedelta(minutes=6)


@pytest.mark.settings(MAIL_TIMEOUT=1)
def test_a_silent_smtp_server_times_out(
    frozen_time: Any, mailbox: MailServer, deliver: Deliver
) -> None:
    letter = make_email()
    mailbox.stay_silent()

    assert deliver() == "0 sent, 0 failed, 1 waiting"

    assert letter.last_error == "The mail server did not respond in time"


@pytest.mark.both_databases
def test_a_garbled_smtp_reply_is_a_temporary_failure(
    frozen_time: Any, mailbox: MailServer, deliver: Deliver
) -> None:
    letter = make_email()
    mailbox.send_garbage()

    assert deliver() == "0 sent, 0 failed, 1 waiting"
    assert letter.last_error.startswith("The mail server")

    mailbox.reset()
    frozen_time.shift(timedelta(seconds=3))
    assert deliver() == "1 sent, 0 failed, 0 waiting"


def test_a_connection_that_breaks_during_an_email_is_retried_within_seconds(
    frozen_time: Any, mailbox: MailServer, deliver: Deliver
) -> None:
    one, other = make_email(), make_email()
    mailbox.drop_connections()

    assert deliver() == "0 sent, 0 failed, 2 waiting"
    assert one.last_error == other.last_error == "The mail server closed the connection"

    mailbox.reset()
    frozen_time.shift(timedelta(seconds=3))
    assert deliver() == "2 sent, 0 failed, 0 waiting"


def test_emails_are_sent_over_tls_to_a_server_with_a_valid_certificate(
    secure_mailbox: MailServer, deliver: Deliver
) -> None:
    make_email()

    assert deliver() == "1 sent, 0 failed, 0 waiting"

    assert [letter.over_tls for letter in secure_mailbox.emails] == [True]


def test_no_email_is_sent_to_a_server_with_an_untrusted_certificate(
    site: Flask, secure_mailbox: MailServer, deliver: Deliver
) -> None:
    site.config["MAIL_CA_FILE"] = None
    letter = make_email()

    assert deliver() == "0 sent, 0 failed, 1 waiting"

    assert secure_mailbox.emails == []
    assert letter.last_error.startswith("The mail server’s certificate or encryption was not")


def test_no_email_is_sent_unencrypted_if_tls_is_required(
    site: Flask, mailbox: MailServer, deliver: Deliver
) -> None:
    site.config["MAIL_USE_TLS"] = True
    make_email()

    assert deliver() == "0 sent, 0 failed, 1 waiting"

    assert mailbox.emails == []


def test_the_site_authenticates_with_the_smtp_server(
    site: Flask, secure_mailbox: MailServer, deliver: Deliver
) -> None:
    secure_mailbox.users["conference"] = "tide"
    site.config.update(MAIL_USERNAME="conference", MAIL_PASSWORD="tide")
    make_email()

    assert deliver() == "1 sent, 0 failed, 0 waiting"


def test_a_wrong_smtp_password_keeps_emails_waiting(
    site: Flask, secure_mailbox: MailServer, deliver: Deliver
) -> None:
    site.config.update(MAIL_USERNAME="conference", MAIL_PASSWORD="wrong")
    letter = make_email()

    assert deliver() == "0 sent, 0 failed, 1 waiting"

    assert letter.last_error.startswith("The mail server replied: 535")


def test_only_secret_email_bodies_are_deleted_once_sent(
    mailbox: MailServer, deliver: Deliver
) -> None:
    secret = make_email(is_secret=True)
    other = make_email()

    deliver()

    assert len(mailbox.emails) == 2
    assert secret.message == b""
    assert other.message != b""


def test_a_waiting_secret_email_keeps_its_body(mailbox: MailServer, deliver: Deliver) -> None:
    mailbox.refuse(451, "Try later")
    secret = make_email(is_secret=True)

    deliver()

    assert secret.message != b""


def test_without_a_mail_server_emails_are_written_to_private_files(
    site: Flask, instance: Path, deliver: Deliver
) -> None:
    letter = make_email(booking_reference="ABC23456")
    make_email(template="sign_in")

    assert deliver() == "2 sent, 0 failed, 0 waiting"

    files = sorted((instance / "mail").iterdir())
    assert [file.name for file in files] == [
        f"20090512T083000.000000-ABC23456-registration_confirmed-{letter.id}.eml",
        f"20090512T083000.000000-sign_in-{letter.id + 1}.eml",
    ]
    assert files[0].read_bytes() == letter.message
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600, 0o600]
    assert (instance / "mail").stat().st_mode & 0o777 == 0o700


def test_an_unwritable_mail_folder_keeps_emails_waiting(
    site: Flask, instance: Path, deliver: Deliver
) -> None:
    (instance / "mail").write_text("in the way")
    letter = make_email()

    assert deliver() == "0 sent, 0 failed, 1 waiting"

    assert letter.last_error == "The email could not be saved to a file: File exists"


def test_an_email_leased_by_another_worker_is_skipped(
    frozen_time: Any, mailbox: MailServer, deliver: Deliver
) -> None:
    now = make_email().created_at
    make_email(lease_until=now + timedelta(minutes=1))

    assert deliver() == "1 sent, 0 failed, 1 waiting"
    frozen_time.shift(timedelta(seconds=61))
    assert deliver() == "1 sent, 0 failed, 0 waiting"


def test_the_log_contains_no_email_addresses(
    mailbox: MailServer, deliver: Deliver, capfd: pytest.CaptureFixture[str]
) -> None:
    mailbox.refuse(550, "ada@example.org is unknown", to="ada@example.org")
    mailbox.refuse(451, "<zoe@example.org> is away", to="zoe@example.org")
    for name in ("ada", "grace", "zoe"):
        make_email(recipient=f"{name}@example.org")

    deliver()

    assert "@" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("code", "said"), [(554, "0 sent, 1 failed, 0 waiting"), (452, "0 sent, 0 failed, 1 waiting")]
)
def test_a_reply_to_the_content_decides_between_retry_and_failure(
    mailbox: MailServer, deliver: Deliver, code: int, said: str
) -> None:
    mailbox.reject_content(code, "We do not take that")
    letter = make_email()

    assert deliver() == said

    assert letter.last_error == f"The mail server replied: {code} We do not take that"


def test_undelivered_emails_are_counted_and_listed_by_state(
    site: Flask, frozen_time: Any, mailbox: MailServer, deliver: Deliver
) -> None:
    assert queries.get_undelivered().oldest is None
    mailbox.refuse(550, "No", to="nobody@example.org")
    make_email(recipient="nobody@example.org", booking_reference="ABC23456")
    make_email(booking_reference="ABC23456")
    deliver()
    waits = make_email()
    frozen_time.shift(timedelta(minutes=3))

    assert queries.count_by_state() == queries.EmailCounts(waiting=1, sent=1, failed=1)
    assert queries.get_undelivered().oldest == timedelta(minutes=3)
    assert queries.list_waiting() == [waits]
    assert [letter.recipient for letter in queries.list_failed()] == ["nobody@example.org"]
    assert [letter.state for letter in queries.list_for_booking("ABC23456")] == ["sent", "failed"]
