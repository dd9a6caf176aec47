"""Emails that come back: reports of other mail servers, and who sees them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from app.accounts.models import DESK
from app.database import db
from app.mail.models import SENT, Email
from tests.browser import Browser
from tests.factories import make_delegate, make_email, sign_in
from tests.mail_server import MailServer

REPORT = """\
Return-Path: <>
From: MAILER-DAEMON@mx.nhs.example
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="edge"

--edge
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.nhs.example.

--edge
Content-Type: {status_type}

Reporting-MTA: dns; mx.nhs.example

Final-Recipient: rfc822; ada@nhs.example
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such user

--edge
Content-Type: {original_type}

From: conference@health-equity.example
Message-ID: {message_id}
Subject: You have a place

--edge--
"""


def write_report(email: Email | None = None, **values: str) -> bytes:
    defaults = {
        "to": "conference@health-equity.example",
        "status_type": "message/delivery-status",
        "original_type": "text/rfc822-headers",
        "action": "failed",
        "message_id": email.message_id if email else "<unknown@conference.example>",
    }
    return REPORT.format_map({**defaults, **values}).encode()


def receive(site: Flask, report: bytes, *options: str) -> str:
    db.session.commit()
    done = site.test_cli_runner().invoke(args=["receive-bounce", *options], input=report)
    assert done.exit_code == 0, done.output
    db.session.expire_all()
    return str(done.output).strip()


def make_sent_email(**values: str) -> Email:
    return make_email(recipient="ada@nhs.example", state=SENT, **values)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("status_type", "original_type"),
    [
        ("message/delivery-status", "text/rfc822-headers"),
        ("message/delivery-status", "message/rfc822"),
        ("message/global-delivery-status", "message/global-headers"),
        ("message/global-delivery-status", "message/global"),
    ],
)
def test_an_email_that_came_back_is_marked_as_not_delivered(
    site: Flask, status_type: str, original_type: str
) -> None:
    email = make_sent_email()
    other = make_sent_email()

    said = receive(site, write_report(email, status_type=status_type, original_type=original_type))

    assert said == "1 returned, 0 ignored"
    assert email.is_failed
    assert email.last_error == (
        "The mail server for nhs.example returned this email: 550 5.1.1 No such user"
    )
    assert other.is_sent


def test_the_desk_sees_it_on_the_dashboard_and_in_the_booking(
    site: Flask, visitor: Browser
) -> None:
    delegate = make_delegate()
    email = make_sent_email(booking_reference=delegate.reference)
    receive(site, write_report(email))
    desk = sign_in(visitor, "dora@conference.example", role=DESK)

    page = desk.open("/organise").follow("1 email could not be delivered")

    assert "No such user" in page.follow("You have a place").text
    assert "An email was returned" in desk.open(f"/organise/delegates/{delegate.reference}").text


@pytest.mark.parametrize(
    "report",
    [
        b"",
        b"\0\xff\xfe" * 1000,
        b"Subject: Out of office\r\n\r\nBack on Monday.",
        write_report(),
        write_report(message_id="<" + "x" * 100_000 + ">"),
        b"Content-Type: multipart/report; boundary=e\r\n\r\n" + b"--e\r\n" * 5000,
    ],
    ids=["nothing", "rubbish", "automatic reply", "somebody else's", "long", "many parts"],
)
def test_what_is_about_none_of_our_emails_changes_nothing(site: Flask, report: bytes) -> None:
    email = make_sent_email()

    assert receive(site, report) == "0 returned, 1 ignored"
    assert email.is_sent


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", ""])
def test_only_a_report_of_failure_counts(site: Flask, action: str) -> None:
    email = make_sent_email()

    assert receive(site, write_report(email, action=action)) == "0 returned, 1 ignored"
    assert email.is_sent


def test_an_email_that_waits_to_go_out_again_stays_in_the_outbox(site: Flask) -> None:
    email = make_email()

    assert receive(site, write_report(email)) == "0 returned, 1 ignored"
    assert email.is_waiting


@pytest.mark.settings(MAIL_BOUNCE_ADDRESS="bounces@conference.example")
def test_an_email_is_known_by_the_address_that_it_was_sent_from(
    site: Flask, mailbox: MailServer, deliver: Callable[[], str]
) -> None:
    email = make_email(recipient="ada@nhs.example")
    deliver()
    [arrived] = mailbox.emails
    sender = arrived.sender

    forged = sender.replace(f"+{email.id}.", f"+{email.id + 1}.")
    ignored = receive(site, write_report(to=forged))
    returned = receive(site, write_report(to=f"Bounces <{sender}>"))

    assert sender.startswith(f"bounces+{email.id}.")
    assert (ignored, returned) == ("0 returned, 1 ignored", "1 returned, 0 ignored")
    assert email.is_failed


NESTED = b"".join(
    b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (number, number)
    for number in range(2000)
)
HOSTILE = {
    "nested deeper than anybody reads": NESTED,
    "with a header within a header": write_report(action="failed\nX: a\vx: y"),
    "with characters that no database takes": write_report(message_id="<a\0b@conference.example>"),
}


@pytest.mark.both_databases
@pytest.mark.parametrize("report", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_message_changes_nothing_and_holds_up_nobody(site: Flask, report: bytes) -> None:
    assert receive(site, report).splitlines()[-1] == "0 returned, 1 ignored"


def test_new_messages_in_a_folder_are_read_once(site: Flask, tmp_path: Path) -> None:
    email = make_sent_email()
    for part in ("new", "cur", "tmp"):
        (tmp_path / part).mkdir()
    (tmp_path / "new" / "1").write_bytes(write_report(email))
    (tmp_path / "new" / "2").write_bytes(b"Subject: Hello\r\n\r\nHello")

    said = [receive(site, b"", "--maildir", str(tmp_path)) for _ in range(2)]

    assert said == ["1 returned, 1 ignored", "0 returned, 0 ignored"]
    assert sorted(path.name for path in (tmp_path / "cur").iterdir()) == ["1:2,S", "2:2,S"]
    assert email.is_failed
