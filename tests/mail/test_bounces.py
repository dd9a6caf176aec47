"""Emails that come back: reports of other mail servers, and who sees them."""

from base64 import encodebytes
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from app import clock
from app.accounts.models import DESK
from app.database import db
from app.mail import suppression
from app.mail.bounce_reports import MAX_REPORT_SIZE
from app.mail.models import BOUNCED, SENT, UNSUBSCRIBED, Email, SuppressedAddress
from app.mail.models import COMPLAINT as COMPLAINED
from app.registration import links
from tests.browser import Browser
from tests.factories import make_delegate, make_email, sign_in
from tests.mail_server import MailServer

COMPLAINT = """\
From: feedback@mailprovider.example
To: {to}
Subject: FW: You have a place
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="edge"

--edge
Content-Type: text/plain; charset=us-ascii

This is an email abuse report.

--edge
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <{sender}>
Original-Rcpt-To: <grace@example.org>

--edge
Content-Type: message/rfc822

From: conference@health-equity.example
To: grace@example.org
Message-ID: {message_id}
Subject: You have a place

Dear Grace

--edge--
"""
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
Status: {status}
Diagnostic-Code: smtp; 550 {status} No such user

--edge
Content-Type: {original_type}

From: conference@health-equity.example
Message-ID: {message_id}
Subject: You have a place

--edge--
"""


SENT_BACK = "Returned by the mail server for nhs.example at 9:30am on Tuesday 12 May 2009"


def write_report(email: Email | None = None, **values: str) -> bytes:
    defaults = {
        "to": "conference@health-equity.example",
        "status_type": "message/delivery-status",
        "original_type": "text/rfc822-headers",
        "action": "failed",
        "status": "5.1.1",
        "message_id": email.message_id if email else "<unknown@conference.example>",
    }
    return REPORT.format_map({**defaults, **values}).encode()


def write_complaint(email: Email | None = None, **values: str) -> bytes:
    defaults = {
        "to": "conference@health-equity.example",
        "kind": "abuse",
        "sender": "conference@health-equity.example",
        "message_id": email.message_id if email else "<unknown@conference.example>",
    }
    return COMPLAINT.format_map({**defaults, **values}).encode()


def encode_parts(report: bytes) -> bytes:
    """Encode the machine-readable parts of a report, as a server does that passes on only ASCII."""
    start, words, *parts, end = report.split(b"--edge")
    encoded = []
    for part in parts:
        headers, _, content = part.partition(b"\n\n")
        headers += b"\nContent-Transfer-Encoding: base64\n\n"
        encoded.append(headers + encodebytes(content) + b"\n")
    return b"--edge".join([start, words, *encoded, end])


def reasons_of(address: str) -> list[str]:
    db.session.rollback()
    return [one.reason for one in suppression.list_reasons(address)]


def receive(site: Flask, report: bytes, *options: str) -> str:
    db.session.commit()
    done = site.test_cli_runner().invoke(args=["receive-bounce", *options], input=report)
    assert done.exit_code == 0, done.output
    db.session.expire_all()
    return str(done.output).strip()


def make_sent_email(**values: str) -> Email:
    sent = {"recipient": "ada@nhs.example", "state": SENT, "sent_at": clock.real_now(), **values}
    return make_email(**sent)


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
def test_a_returned_email_is_marked_as_failed(
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


@pytest.mark.parametrize("original_type", ["message/global-headers", "message/global"])
def test_a_bounce_report_with_encoded_parts_is_parsed(site: Flask, original_type: str) -> None:
    email = make_sent_email()
    types = {"status_type": "message/global-delivery-status", "original_type": original_type}

    said = receive(site, encode_parts(write_report(email, **types)))

    assert said == "1 returned, 0 ignored"
    assert email.is_failed
    assert email.return_status == "5.1.1"


def test_the_desk_sees_a_returned_email_on_the_dashboard_and_in_the_booking(
    site: Flask, visitor: Browser
) -> None:
    delegate = make_delegate()
    email = make_sent_email(booking_reference=delegate.reference)
    receive(site, write_report(email))
    desk = sign_in(visitor, "dora@conference.example", role=DESK)

    page = desk.open("/organise").follow("1 email could not be delivered")

    assert "No such user" in page.follow("You have a place").text
    booking = desk.open(f"/organise/delegates/{delegate.reference}").text
    assert "An email was returned: the mailbox does not exist" in booking


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
def test_a_bounce_report_about_an_unknown_email_is_ignored(site: Flask, report: bytes) -> None:
    email = make_sent_email()

    assert receive(site, report) == "0 returned, 1 ignored"
    assert email.is_sent


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", ""])
def test_a_delivery_report_without_a_failure_is_ignored(site: Flask, action: str) -> None:
    email = make_sent_email()

    assert receive(site, write_report(email, action=action)) == "0 returned, 1 ignored"
    assert email.is_sent


def test_a_bounce_report_about_a_waiting_email_is_ignored(site: Flask) -> None:
    email = make_email()

    assert receive(site, write_report(email)) == "0 returned, 1 ignored"
    assert email.is_waiting


@pytest.mark.settings(MAIL_BOUNCE_ADDRESS="bounces@conference.example")
def test_a_bounce_is_matched_by_its_signed_return_path(
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
def test_a_hostile_message_is_ignored(site: Flask, report: bytes) -> None:
    assert receive(site, report).splitlines()[-1] == "0 returned, 1 ignored"


def test_a_huge_bounce_report_is_read_up_to_the_size_limit(site: Flask) -> None:
    email = make_sent_email()
    padding = b"x" * 78 + b"\r\n"

    said = receive(site, write_report(email) + padding * (3 * MAX_REPORT_SIZE // len(padding)))

    assert said == "1 returned, 0 ignored"
    assert email.is_failed


def test_new_messages_in_a_maildir_are_read_once(site: Flask, tmp_path: Path) -> None:
    email = make_sent_email()
    for part in ("new", "cur", "tmp"):
        (tmp_path / part).mkdir()
    (tmp_path / "new" / "1").write_bytes(write_report(email))
    (tmp_path / "new" / "2").write_bytes(b"Subject: Hello\r\n\r\nHello")

    said = [receive(site, b"", "--maildir", str(tmp_path)) for _ in range(2)]

    assert said == ["1 returned, 1 ignored", "0 returned, 0 ignored"]
    assert sorted(path.name for path in (tmp_path / "cur").iterdir()) == ["1:2,S", "2:2,S"]
    assert email.is_failed


@pytest.mark.both_databases
def test_a_hard_bounce_stops_group_emails_but_not_booking_emails(
    site: Flask, mailbox: MailServer, deliver: Callable[[], str]
) -> None:
    receive(site, write_report(make_sent_email()))

    assert reasons_of("ADA@nhs.example") == [BOUNCED]
    make_email(recipient="ada@nhs.example")
    assert deliver() == "1 sent, 0 failed, 0 waiting"


@pytest.mark.both_databases
@pytest.mark.parametrize("status", ["4.2.2", "5.2.2", "5.7.1", "5.3.4"])
def test_a_soft_bounce_suppresses_the_address_the_third_time(site: Flask, status: str) -> None:
    stopped = []
    for _ in range(3):
        receive(site, write_report(make_sent_email(), status=status))
        stopped.append(reasons_of("ada@nhs.example"))

    assert stopped == [[], [], [BOUNCED]]
    assert reasons_of("grace@nhs.example") == []


@pytest.mark.both_databases
def test_a_duplicate_bounce_report_counts_once(site: Flask) -> None:
    report = write_report(make_sent_email(), status="4.2.2")

    said = [receive(site, report) for _ in range(4)]

    assert said == ["1 returned, 0 ignored", *["0 returned, 1 ignored"] * 3]
    assert reasons_of("ada@nhs.example") == []


@pytest.mark.both_databases
def test_a_spam_complaint_stops_group_emails_to_the_address(site: Flask, visitor: Browser) -> None:
    delegate = make_delegate()
    email = make_sent_email(booking_reference=delegate.reference)

    said = [receive(site, write_complaint(email)) for _ in range(2)]

    assert said == ["1 returned, 0 ignored", "0 returned, 1 ignored"]
    assert (email.is_sent, email.complained_at) == (True, clock.real_now())
    assert reasons_of("ada@nhs.example") == [COMPLAINED]
    assert reasons_of("grace@example.org") == []  # whom the report names
    desk = sign_in(visitor, "dora@conference.example", role=DESK)
    booking = desk.open(f"/organise/delegates/{delegate.reference}").text
    assert "The recipient of an email marked it as spam" in booking
    assert desk.follow("You have a place").summary_list["Complaint"] == (
        "The recipient marked this email as spam at 9:30am on Tuesday 12 May 2009"
    )


@pytest.mark.parametrize(
    ("kind", "reasons"),
    [("opt-out", [UNSUBSCRIBED]), ("fraud", [COMPLAINED]), ("not-spam", []), ("invented", [])],
)
def test_each_type_of_feedback_report_has_its_effect(
    site: Flask, kind: str, reasons: list[str]
) -> None:
    receive(site, write_complaint(make_sent_email(), kind=kind))

    assert reasons_of("ada@nhs.example") == reasons


@pytest.mark.settings(MAIL_BOUNCE_ADDRESS="bounces@conference.example")
def test_a_complaint_without_the_original_email_is_matched_by_return_path(
    site: Flask, mailbox: MailServer, deliver: Callable[[], str]
) -> None:
    email = make_email(recipient="ada@nhs.example")
    deliver()
    [arrived] = mailbox.emails
    forged = arrived.sender.replace(f"+{email.id}.", f"+{email.id + 1}.")

    said = [receive(site, write_complaint(sender=one)) for one in (forged, arrived.sender)]

    assert said == ["0 returned, 1 ignored", "1 returned, 0 ignored"]
    assert reasons_of("ada@nhs.example") == [COMPLAINED]


FORGED = {
    "a guessed Message-ID": lambda: write_report(message_id="<guessed@conference.example>"),
    "a complaint with a guessed Message-ID": write_complaint,
    "a signature of something else": lambda: write_report(
        to="bounces+1.AAAAAAAA@conference.example"
    ),
    "many guessed Message-IDs": lambda: write_report().replace(
        b"--edge--", 500 * b"--edge\nContent-Type: message/rfc822\n\nMessage-ID: <x@y.example>\n\n"
    ),
    "the addresses of others as recipients": lambda: write_report(
        to="ada@nhs.example, grace@nhs.example"
    ),
    "the email that it is about comes after three megabytes": lambda: write_report().replace(
        b"--edge\nContent-Type: text/rfc822-headers", b"--edge\n\n" + b"x" * 3_000_000
    ),
}


@pytest.mark.both_databases
@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_a_forged_bounce_report_suppresses_nobody(site: Flask, forged: Callable[[], bytes]) -> None:
    email = make_sent_email()

    assert receive(site, forged()) == "0 returned, 1 ignored"
    assert email.is_sent
    assert reasons_of("ada@nhs.example") == []
    assert db.session.query(SuppressedAddress).all() == []


@pytest.mark.both_databases
def test_a_bounce_report_about_ones_own_email_cannot_suppress_another_address(site: Flask) -> None:
    mine, hers = make_sent_email(recipient="mallory@example.org"), make_sent_email()
    report = write_report(mine).replace(b"ada@nhs.example", b"ada@nhs.example, ada@nhs.example")

    receive(site, report)

    assert (mine.is_failed, hers.is_sent) == (True, True)
    assert reasons_of("mallory@example.org") == [BOUNCED]
    assert reasons_of("ada@nhs.example") == []


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"status": "5.1.1"},
            f"{SENT_BACK}: the mailbox does not exist",
        ),
        (
            {"status": "5.2.2"},
            f"{SENT_BACK}: the mailbox is full",
        ),
        (
            {"status": "5.9.9"},
            SENT_BACK,
        ),
    ],
)
def test_a_bounce_is_described_alike_on_every_admin_page(
    site: Flask, visitor: Browser, values: dict[str, str], sentence: str
) -> None:
    delegate = make_delegate()
    email = make_sent_email(booking_reference=delegate.reference)
    receive(site, write_report(email, **values))

    with site.test_request_context("/"):
        own = f"/booking/{links.booking_token(delegate)}"
    assert sentence in visitor.open(own).text
    desk = sign_in(visitor, "dora@conference.example", role=DESK)
    assert sentence in desk.open(f"/organise/delegates/{delegate.reference}").text
    assert desk.follow("You have a place").summary_list["State"] == sentence
