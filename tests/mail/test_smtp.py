"""How letters reach a mail server, and what happens when they do not."""

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
def test_a_letter_arrives_once(mailbox: MailServer, deliver: Deliver) -> None:
    letter = make_email(recipient="ada@example.org")

    assert deliver() == "1 sent, 0 failed, 0 waiting"
    assert deliver() == "0 sent, 0 failed, 0 waiting"

    [arrived] = mailbox.emails_to("ada@example.org")
    assert arrived.sender == "tides@conference.example"
    assert arrived.raw.rstrip() == letter.message
    assert letter.is_sent
    assert letter.sent_at is not None
    assert letter.lease_until is None


def test_many_letters_share_a_connection(mailbox: MailServer, deliver: Deliver) -> None:
    for number in range(30):
        make_email(recipient=f"delegate-{number}@example.org")
    before = mailbox.connections

    assert deliver() == "30 sent, 0 failed, 0 waiting"

    assert len(mailbox.emails) == 30
    assert mailbox.connections - before == 1


def test_a_connection_is_renewed_after_many_letters(
    site: Flask, mailbox: MailServer, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transports, "MAX_SENDS_PER_CONNECTION", 2)
    for _ in range(5):
        make_email()
    before = mailbox.connections

    assert deliver() == "5 sent, 0 failed, 0 waiting"

    assert mailbox.connections - before == 3


@pytest.mark.both_databases
def test_the_letter_that_has_been_due_longest_goes_first(
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
def test_what_is_refused_for_now_is_tried_again(
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


def test_pauses_grow_from_seconds_to_hours_for_two_days(
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


def test_an_email_is_not_tried_again_once_its_two_days_are_over(
    frozen_time: Any, mailbox: MailServer, deliver: Deliver
) -> None:
    email = make_email()
    mailbox.refuse(451, "Try later")
    deliver()

    frozen_time.shift(RETRY_FOR)

    assert deliver() == "0 sent, 1 failed, 0 waiting"
    assert email.is_failed


def test_letters_that_are_put_off_together_are_not_tried_again_at_one_moment(
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
def test_what_is_refused_for_good_fails_at_once_and_holds_up_nobody(
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
def test_an_address_that_a_server_refuses_as_wrong_gets_no_emails_to_many_people(
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
def test_no_byte_of_a_servers_answer_holds_up_the_others(
    mailbox: MailServer, deliver: Deliver
) -> None:
    nobody = make_email(recipient="nobody@example.org")
    somebody = make_email(recipient="ada@example.org")
    mailbox.refuse(550, "No\0 such \x1b[31mmail\x07box\x7f", to="nobody@example.org")

    assert deliver() == "1 sent, 1 failed, 0 waiting"

    assert nobody.last_error == "The mail server replied: 550 No such [31mmailbox"
    assert somebody.is_sent


@pytest.mark.both_databases
def test_an_outcome_that_cannot_be_recorded_stops_no_other_email_and_is_no_second_email(
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


def test_a_server_that_ends_the_conversation_is_called_again(
    mailbox: MailServer, deliver: Deliver
) -> None:
    one, other = make_email(), make_email()
    mailbox.refuse(421, "Closing now", times=1)

    assert deliver() == "1 sent, 0 failed, 1 waiting"

    assert one.last_error == "The mail server replied: 421 Closing now"
    assert other.is_sent


def test_an_address_in_another_script_is_delivered(mailbox: MailServer, deliver: Deliver) -> None:
    make_email(recipient="zoë@bücher.example")

    assert deliver() == "1 sent, 0 failed, 0 waiting"

    assert [letter.recipient for letter in mailbox.emails] == ["zoë@xn--bcher-kva.example"]


def test_an_address_that_the_server_cannot_take_fails_clearly(
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


def test_a_sender_in_another_script_is_announced_too(
    site: Flask, mailbox: MailServer, deliver: Deliver
) -> None:
    site.config["MAIL_DEFAULT_SENDER"] = "gezeiten-für-alle@conference.example"
    make_email(recipient="ada@example.org")

    assert deliver() == "1 sent, 0 failed, 0 waiting"

    assert [letter.sender for letter in mailbox.emails] == ["gezeiten-für-alle@conference.example"]


def test_a_server_that_is_away_is_not_the_letters_fault(
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


def test_a_server_that_was_away_for_long_gets_all_letters_soon_after(
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
def test_a_silent_server_holds_nothing_up_for_longer_than_its_time(
    frozen_time: Any, mailbox: MailServer, deliver: Deliver
) -> None:
    letter = make_email()
    mailbox.stay_silent()

    assert deliver() == "0 sent, 0 failed, 1 waiting"

    assert letter.last_error == "The mail server did not respond in time"


@pytest.mark.both_databases
def test_nonsense_is_no_answer(frozen_time: Any, mailbox: MailServer, deliver: Deliver) -> None:
    letter = make_email()
    mailbox.send_garbage()

    assert deliver() == "0 sent, 0 failed, 1 waiting"
    assert letter.last_error.startswith("The mail server")

    mailbox.reset()
    frozen_time.shift(timedelta(seconds=3))
    assert deliver() == "1 sent, 0 failed, 0 waiting"


def test_a_connection_that_breaks_in_a_letter_costs_only_a_moment(
    frozen_time: Any, mailbox: MailServer, deliver: Deliver
) -> None:
    one, other = make_email(), make_email()
    mailbox.drop_connections()

    assert deliver() == "0 sent, 0 failed, 2 waiting"
    assert one.last_error == other.last_error == "The mail server closed the connection"

    mailbox.reset()
    frozen_time.shift(timedelta(seconds=3))
    assert deliver() == "2 sent, 0 failed, 0 waiting"


def test_letters_go_over_tls_to_a_server_that_is_vouched_for(
    secure_mailbox: MailServer, deliver: Deliver
) -> None:
    make_email()

    assert deliver() == "1 sent, 0 failed, 0 waiting"

    assert [letter.over_tls for letter in secure_mailbox.emails] == [True]


def test_no_letter_goes_to_a_server_that_nobody_vouches_for(
    site: Flask, secure_mailbox: MailServer, deliver: Deliver
) -> None:
    site.config["MAIL_CA_FILE"] = None
    letter = make_email()

    assert deliver() == "0 sent, 0 failed, 1 waiting"

    assert secure_mailbox.emails == []
    assert letter.last_error.startswith("The mail server’s certificate or encryption was not")


def test_no_letter_goes_in_the_clear_when_tls_is_asked_for(
    site: Flask, mailbox: MailServer, deliver: Deliver
) -> None:
    site.config["MAIL_USE_TLS"] = True
    make_email()

    assert deliver() == "0 sent, 0 failed, 1 waiting"

    assert mailbox.emails == []


def test_the_site_says_who_it_is(site: Flask, secure_mailbox: MailServer, deliver: Deliver) -> None:
    secure_mailbox.users["conference"] = "tide"
    site.config.update(MAIL_USERNAME="conference", MAIL_PASSWORD="tide")
    make_email()

    assert deliver() == "1 sent, 0 failed, 0 waiting"


def test_a_wrong_password_is_the_sites_fault_and_no_letter_is_lost(
    site: Flask, secure_mailbox: MailServer, deliver: Deliver
) -> None:
    site.config.update(MAIL_USERNAME="conference", MAIL_PASSWORD="wrong")
    letter = make_email()

    assert deliver() == "0 sent, 0 failed, 1 waiting"

    assert letter.last_error.startswith("The mail server replied: 535")


def test_a_secret_is_forgotten_once_it_is_sent(mailbox: MailServer, deliver: Deliver) -> None:
    secret = make_email(is_secret=True)
    other = make_email()

    deliver()

    assert len(mailbox.emails) == 2
    assert secret.message == b""
    assert other.message != b""


def test_a_secret_that_waits_is_kept(mailbox: MailServer, deliver: Deliver) -> None:
    mailbox.refuse(451, "Try later")
    secret = make_email(is_secret=True)

    deliver()

    assert secret.message != b""


def test_without_a_server_letters_become_files_for_their_owner_alone(
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


def test_a_folder_that_cannot_be_written_keeps_letters_waiting(
    site: Flask, instance: Path, deliver: Deliver
) -> None:
    (instance / "mail").write_text("in the way")
    letter = make_email()

    assert deliver() == "0 sent, 0 failed, 1 waiting"

    assert letter.last_error == "The email could not be saved to a file: File exists"


def test_a_letter_that_another_worker_holds_is_left_to_it(
    frozen_time: Any, mailbox: MailServer, deliver: Deliver
) -> None:
    now = make_email().created_at
    make_email(lease_until=now + timedelta(minutes=1))

    assert deliver() == "1 sent, 0 failed, 1 waiting"
    frozen_time.shift(timedelta(seconds=61))
    assert deliver() == "1 sent, 0 failed, 0 waiting"


def test_the_log_holds_no_addresses(
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
def test_a_letter_whose_words_are_refused(
    mailbox: MailServer, deliver: Deliver, code: int, said: str
) -> None:
    mailbox.reject_content(code, "We do not take that")
    letter = make_email()

    assert deliver() == said

    assert letter.last_error == f"The mail server replied: {code} We do not take that"


def test_counting_letters(
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
