"""What organisers can do with emails, and how emails are purged."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, render_template_string
from sqlalchemy import text

from app import clock
from app.database import db, transaction
from app.errors import NotFound, RuleViolation
from app.mail import outbox, queries, rendering, services
from app.mail.models import FAILED, SENT, URGENT, Email
from app.transaction_settings import quick_commits
from tests.factories import make_email
from tests.mail_server import MailServer

Deliver = Callable[[], str]
LEASE = timedelta(minutes=1)
STATE_DESCRIPTIONS = "{% from 'mail/delivery_state.html' import state %}{{ state(email) }}"


def test_a_failed_email_can_be_sent_again(mailbox: MailServer, deliver: Deliver) -> None:
    email = make_email(recipient="ada@example.org", is_secret=True)
    mailbox.refuse(550, "No such mailbox", times=1)
    deliver()

    assert services.resend(email) is email

    assert deliver() == "1 sent, 0 failed, 0 waiting"


def test_resending_a_waiting_email_resets_its_retries(
    mailbox: MailServer, deliver: Deliver
) -> None:
    email = make_email()
    mailbox.refuse(451, "Try later", times=1)
    deliver()

    services.resend(email)

    assert (email.attempts, email.give_up_at) == (0, None), "as if it had never been tried"
    assert deliver() == "1 sent, 0 failed, 0 waiting"


def test_resending_a_sent_email_creates_a_copy_with_its_own_message_id(
    frozen_time: Any, site: Flask, mailbox: MailServer, deliver: Deliver
) -> None:
    email = services.enqueue("signature", to="ada@example.org", booking_reference="ABC23456")
    deliver()
    frozen_time.shift(timedelta(hours=1))

    copy = services.resend(email)

    assert deliver() == "1 sent, 0 failed, 0 waiting"
    first, second = (arrived.message for arrived in mailbox.emails)
    assert (first["Message-ID"], second["Message-ID"]) == (email.message_id, copy.message_id)
    assert email.message_id != copy.message_id
    assert second["Date"].datetime - first["Date"].datetime == timedelta(hours=1)
    assert second["X-Booking-Reference"] == "ABC23456"
    assert mailbox.emails[0].text == mailbox.emails[1].text


def test_a_resent_email_keeps_its_attachments_and_metadata(
    mailbox: MailServer, deliver: Deliver
) -> None:
    email = services.enqueue(
        "signature",
        to="ada@example.org",
        booking_reference="ABC23456",
        priority=URGENT,
        calendar=b"BEGIN:VCALENDAR",
        qr_code=b"\x89PNG",
    )
    assert deliver() == "1 sent, 0 failed, 0 waiting"

    copy = services.resend(email)

    assert deliver() == "1 sent, 0 failed, 0 waiting"
    for arrived in mailbox.emails:
        pictures = [one for one in arrived.message.walk() if one.get_content_type() == "image/png"]
        assert [one.get_payload(decode=True) for one in pictures] == [b"\x89PNG"]
        assert arrived.calendar.strip() == "BEGIN:VCALENDAR"
    for one in (email, copy):
        assert (one.template, one.recipient, one.subject, one.priority, one.booking_reference) == (
            "signature",
            "ada@example.org",
            mailbox.emails[0].subject,
            URGENT,
            "ABC23456",
        )


def test_a_group_email_has_a_list_unsubscribe_header(
    site: Flask, mailbox: MailServer, deliver: Deliver
) -> None:
    rendered = rendering.render_email("signature", "en", {})
    headers = {"List-Unsubscribe": "<https://conference.example/emails/x>"}

    services.enqueue_rendered("signature", rendered, to="ada@example.org", headers=headers)
    deliver()

    [email] = mailbox.emails
    assert email.message["List-Unsubscribe"] == "<https://conference.example/emails/x>"


def test_the_body_of_a_secret_email_is_deleted_once_it_was_sent(
    site: Flask, mailbox: MailServer, deliver: Deliver
) -> None:
    email = services.enqueue("signature", to="ada@example.org", is_secret=True)
    assert email.is_secret

    deliver()

    db.session.refresh(email)
    assert (email.state, email.message) == (SENT, b"")


def test_an_email_without_its_body_cannot_be_sent_again(
    mailbox: MailServer, deliver: Deliver
) -> None:
    email = make_email(is_secret=True)
    deliver()

    with pytest.raises(RuleViolation, match="The text of this email has been deleted"):
        services.resend(email)


@pytest.mark.both_databases
def test_bodies_of_old_emails_are_deleted(frozen_time: Any, site: Flask) -> None:
    old = make_email(
        state="sent", booking_reference="ABC23456", last_error="ada@example.org is away"
    )
    make_email(state="failed", recipient="about.nothing@example.org")
    waiting = make_email()
    frozen_time.shift(timedelta(seconds=1))
    new = make_email(state="sent", booking_reference="ABC23456")
    frozen_time.shift(timedelta(days=90))

    with transaction():
        services.purge_bodies()

    assert [email.id for email in db.session.query(Email).order_by(Email.id)] == [
        old.id,
        waiting.id,
        new.id,
    ]
    assert (old.message, old.last_error) == (b"", "")
    assert waiting.message != b""
    assert new.message != b""


def test_emails_of_a_deleted_booking_are_deleted_except_waiting_ones(site: Flask) -> None:
    make_email(booking_reference="ABC23456", state=SENT)
    make_email(booking_reference="ABC23456", state=FAILED)
    waits = make_email(booking_reference="ABC23456")
    other = make_email(booking_reference="XYZ98765")

    with transaction():
        services.delete_for_booking("ABC23456")

    assert db.session.query(Email).order_by(Email.id).all() == [waits, other]
    assert waits.is_secret
    assert not other.is_secret


def test_an_email_is_found_by_its_id(site: Flask) -> None:
    email = make_email()

    assert queries.get_email(email.id) is email
    with pytest.raises(NotFound):
        queries.get_email(email.id + 1)


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"state": "waiting"}, "Waiting to be sent to ada@example.org"),
        (
            {"state": "waiting", "last_error": "451 Later"},
            "Not delivered to ada@example.org yet. We will keep trying",
        ),
        (
            {"state": "failed", "last_error": "550 No"},
            "Could not be delivered to ada@example.org",
        ),
    ],
)
def test_the_state_of_an_email_is_described_in_words(
    site: Flask, about: dict[str, str], words: str
) -> None:
    assert describe_state(make_email(**about)) == words


def test_the_time_of_sending_is_shown(site: Flask) -> None:
    email = make_email(state="sent")
    email.sent_at = email.created_at

    assert (
        describe_state(email)
        == "Accepted for delivery to ada@example.org at 9:30am on Tuesday 12 May 2009"
    )


def describe_state(email: Email) -> str:
    return " ".join(render_template_string(STATE_DESCRIPTIONS, email=email).split())


@pytest.mark.both_databases
def test_a_worker_with_an_expired_lease_does_not_overwrite_an_outcome(site: Flask) -> None:
    email = make_email()
    with transaction():
        [slow] = outbox.lease_next(timedelta(seconds=-1))
    with transaction():
        [quick] = outbox.lease_next(timedelta(minutes=1))

    with transaction():
        outbox.record_outcome(quick, outbox.SendOutcome(SENT))
    with transaction():
        outbox.record_outcome(slow, outbox.SendOutcome(FAILED, "The mail server replied: 550 No"))

    assert email.is_sent
    assert email.last_error == ""


def lease_id(site: Flask) -> int | None:
    """Lease the next email, as a worker does; return its number."""
    with site.app_context(), transaction():
        leased = outbox.lease_next(LEASE)
        return leased[0].id if leased else None


@pytest.mark.both_databases
def test_a_leased_email_is_due_again_only_after_its_lease(site: Flask, frozen_time: Any) -> None:
    email = make_email().id
    db.session.commit()
    leased = [lease_id(site)]

    for seconds in (0, 60, 1):  # the lease ends after its expiry time
        frozen_time.shift(timedelta(seconds=seconds))
        leased.append(lease_id(site))

    assert leased == [email, None, None, email]


@pytest.mark.postgresql_only
def test_leasing_skips_emails_locked_by_another_worker(site: Flask) -> None:
    first, second = make_email().id, make_email().id
    db.session.commit()

    with ThreadPoolExecutor(1) as elsewhere, transaction():
        [here] = outbox.lease_next(LEASE)
        there = elsewhere.submit(lease_id, site).result(10)

    assert (here.id, there) == (first, second)


@pytest.mark.both_databases
def test_a_released_email_is_as_if_it_had_not_been_leased(site: Flask) -> None:
    emails = [make_email(), make_email()]
    with transaction():
        first, second = outbox.lease_next(LEASE, 5)
    assert [email.attempts for email in emails] == [1, 1]

    with transaction():
        outbox.give_back([second])

    assert [(email.attempts, email.lease_until) for email in emails] == [
        (1, first.lease_until),
        (0, None),
    ]


@pytest.mark.both_databases
def test_a_worker_with_an_expired_lease_cannot_release_the_lease_of_another(
    site: Flask,
) -> None:
    email = make_email()
    with transaction():
        slow = outbox.lease_next(timedelta(seconds=-1), 5)
    with transaction():
        [quick] = outbox.lease_next(LEASE)

    with transaction():
        outbox.give_back(slow)

    assert (email.attempts, email.lease_until) == (2, quick.lease_until)


@pytest.mark.both_databases
def test_outcomes_are_committed_without_fsync_and_leases_with_it(site: Flask) -> None:
    levels = []
    for block in (nullcontext, quick_commits, nullcontext):
        with block(), transaction():
            levels.append(db.session.scalar(text(COMMIT_LEVEL[db.engine.dialect.name])))

    assert levels == ([2, 1, 2] if db.engine.dialect.name == "sqlite" else [False, True, False])


COMMIT_LEVEL = {
    "sqlite": "PRAGMA synchronous",
    "postgresql": "SELECT source = 'session' AND setting = 'off'"
    " FROM pg_settings WHERE name = 'synchronous_commit'",
}


@pytest.mark.both_databases
def test_an_email_is_due_at_its_due_time(site: Flask, frozen_time: Any) -> None:
    was_due = [outbox.has_due(db.engine)]
    email = make_email(due_at=clock.real_now() + timedelta(hours=1))
    db.session.commit()
    was_due.append(outbox.has_due(db.engine))

    frozen_time.move_to(email.due_at)
    db.session.commit()

    assert [*was_due, outbox.has_due(db.engine)] == [False, False, True]
