"""Replies of people to emails of the site, read from a real mailbox."""

import json
import threading
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import select

from app import clock
from app.accounts.models import DESK, VIEWER
from app.database import db, transaction
from app.delegates.models import Delegate
from app.mail import imap_inbox, replies, worker
from app.mail.bounce_reports import MAX_REPORT_SIZE, build_sender
from app.mail.models import Email, EmailReply
from app.mail_commands import get_inbox_handler
from app.registration import links
from app.registration.bookings import erasure, operations
from app.worker_tasks import PERIODIC_TASKS
from tests.browser import Browser
from tests.chromium import Axe, horizontal_overflow
from tests.factories import (
    get_ada_marsh,
    grant_speaker_access,
    make_delegate,
    save,
    sign_in,
    sign_in_window,
)
from tests.imap_server import ImapServer
from tests.live_site import LiveSites
from tests.mail.test_bounces import make_sent_email, receive, write_report

ADA = "ada@nhs.example"
LIST = "/organise/letters/replies"
pytestmark = pytest.mark.settings(MAIL_INBOX_REPLIES="on")


def write_reply(email: Email, text: str = "I come by train.", **headers: str) -> EmailMessage:
    """Write what a mail program sends when Ada replies."""
    message = EmailMessage()
    defaults = {
        "From": f"Ada Lovelace <{ADA}>",
        "To": "conference@health-equity.example",
        "Subject": "Re: You have a place",
        "Message_ID": f"<reply-{email.id}@nhs.example>",
        "In_Reply_To": email.message_id,
    }
    for name, value in {**defaults, **headers}.items():
        if value:
            message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def read(site: Flask) -> int:
    db.session.commit()
    with site.app_context():
        count = imap_inbox.read_batch(get_inbox_handler())
    db.session.expire_all()
    return count


def list_replies() -> list[tuple[str, str]]:
    rows = db.session.scalars(select(EmailReply).order_by(EmailReply.id))
    return [(one.sender, one.text) for one in rows]


def make_booked(**values: Any) -> tuple[Delegate, Email]:
    """Save a delegate and the confirmation that they got."""
    delegate = make_delegate(email=ADA, **values)
    return delegate, make_sent_email(booking_reference=delegate.reference)


@pytest.mark.both_databases
def test_a_reply_is_shown_on_the_dashboard_and_in_the_activity_thread(
    site: Flask, inbox: ImapServer, visitor: Browser
) -> None:
    delegate, email = make_booked()
    message = write_reply(email, "I come by train.\nIs there a step?")
    message.add_attachment(b"%PDF", "application", "pdf", filename="My ticket.pdf")
    inbox.add(message.as_bytes())
    read(site)
    desk = sign_in(visitor, "dora@conference.example", role=DESK)

    listed = desk.open("/organise").follow("1 reply to read")
    thread = desk.open(f"/organise/delegates/{delegate.reference}")
    after = thread.press("Mark as read “Re: You have a place”")

    assert listed.address == f"{LIST}?state=unread"
    assert "I come by train. Is there a step?" in listed.text
    assert "Attachments in the mailbox: My ticket.pdf" in listed.text
    assert "Reply: Re: You have a place" in thread.text
    assert "The reply has been marked as read." in after.source
    assert "Read by dora@conference.example" in after.text
    assert "reply to read" not in desk.open("/organise").text
    assert desk.open(LIST).rows[0]["State"] == "Read by dora@conference.example"
    assert inbox.seen() == [1]


def test_a_reply_is_matched_by_its_sender_in_any_spelling_of_the_domain(
    site: Flask, inbox: ImapServer
) -> None:
    email = make_sent_email(recipient="Zoe@bücher.example")
    other = make_sent_email(recipient="Zoe@xn--bcher-kva.example")
    for one, sender in ((email, "zoe@xn--bcher-kva.example"), (other, "zoe@XN--BCHER-KVA.example")):
        inbox.add(write_reply(one, From=f"Zoë <{sender}>").as_bytes())
    read(site)

    assert [sender for sender, _ in list_replies()] == ["zoe@bücher.example"] * 2


def test_a_reply_from_a_speaker_is_shown_in_their_activity(
    site: Flask, inbox: ImapServer, visitor: Browser
) -> None:
    speaker = get_ada_marsh()
    speaker.contact_address = "Ada@NHS.example"
    save(speaker)
    inbox.add(write_reply(make_sent_email(recipient="Ada@nhs.example")).as_bytes())
    read(site)

    page = sign_in(visitor).open(LIST).follow(ADA)

    assert page.address == f"/organise/speakers/{speaker.slug}#activity"
    assert "I come by train." in page.text


def test_a_reply_from_the_sign_in_address_of_a_speaker_is_shown_in_their_activity(
    site: Flask, inbox: ImapServer, visitor: Browser
) -> None:
    speaker = get_ada_marsh()
    grant_speaker_access(speaker, ADA)
    inbox.add(write_reply(make_sent_email()).as_bytes())
    read(site)

    page = sign_in(visitor).open(LIST).follow(ADA)

    assert page.address == f"/organise/speakers/{speaker.slug}#activity"
    assert "I come by train." in page.text


def test_without_the_setting_replies_stay_in_the_mailbox(site: Flask, inbox: ImapServer) -> None:
    site.config["MAIL_INBOX_REPLIES"] = False
    _, email = make_booked()
    inbox.add(write_reply(email).as_bytes())

    read(site)

    assert list_replies() == []


@pytest.mark.both_databases
def test_a_duplicate_reply_is_stored_once(site: Flask, inbox: ImapServer) -> None:
    _, email = make_booked()
    for _ in range(2):
        inbox.add(write_reply(email).as_bytes())
    nameless = write_reply(email, "Thank you", Message_ID="")
    for _ in range(2):
        inbox.add(nameless.as_bytes())

    assert [read(site), read(site)] == [4, 0]
    assert list_replies() == [(ADA, "I come by train."), (ADA, "Thank you")]


@pytest.mark.parametrize(
    "headers",
    [
        {"From": "Mallory <mallory@evil.example>"},  # who knows the email
        {"From": f"{ADA}, mallory@evil.example"},
        {"From": f'"{ADA}" <mallory@evil.example>'},
        {"From": ""},
        {"In_Reply_To": "<somebody-else@nhs.example>"},  # an email of another sender
        {"In_Reply_To": ""},
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; owner-email=x"},
        {"Precedence": "Bulk"},
        {"List_Id": "<all.nhs.example>"},
        {"Return_Path": "<>"},
    ],
)
def test_messages_that_are_not_replies_of_the_recipient_are_left_in_the_mailbox(
    site: Flask, inbox: ImapServer, headers: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    _, email = make_booked()
    inbox.add(write_reply(email, **headers).as_bytes())

    assert [read(site), read(site)] == [1, 0]

    assert list_replies() == []
    assert inbox.seen() == []  # unchanged, for readers of the mailbox
    said = capfd.readouterr().err
    assert [word for word in ("nhs.example", "evil.example", "train") if word in said] == []


def test_a_bounce_report_is_not_stored_as_a_reply(site: Flask, inbox: ImapServer) -> None:
    _, email = make_booked()
    inbox.add(write_report(email))

    read(site)

    assert (list_replies(), db.session.get_one(Email, email.id).is_failed) == ([], True)
    assert inbox.seen() == [1]


def test_a_reply_from_the_changed_address_of_a_delegate_is_stored(
    site: Flask, inbox: ImapServer
) -> None:
    delegate, email = make_booked()
    delegate.email = "Ada@new.example"
    for sender in ("ada@new.example", "grace@new.example"):
        inbox.add(write_reply(email, From=sender, Message_ID=f"<{sender}>").as_bytes())

    read(site)

    assert list_replies() == [("ada@new.example", "I come by train.")]


def test_a_reply_is_matched_by_the_signed_return_path(site: Flask, inbox: ImapServer) -> None:
    _, email = make_booked()
    to = build_sender("bounces@conference.example", email.id)
    forged = build_sender("bounces@conference.example", email.id).replace("+", "+1")
    for address in (to, forged):
        values = {"To": address, "In_Reply_To": "", "Message_ID": f"<{address}>"}
        inbox.add(write_reply(email, **values).as_bytes())

    read(site)

    assert list_replies() == [(ADA, "I come by train.")]


def test_secret_links_hidden_characters_and_trailing_quotes_are_removed_from_replies(
    site: Flask, inbox: ImapServer
) -> None:
    delegate, email = make_booked()
    link = links.booking_link(delegate)
    public = "https://conference.example/programme"
    text = (
        f"My link is {link} and not\u202e {public}\x07.\n\n> I quote\n\nThis is mine.\n\n"
        f"On Tuesday the conference wrote:\n> Your booking:\n> {link}\n>\n"
    )
    inbox.add(write_reply(email, text).as_bytes())

    read(site)

    ((_, stored),) = list_replies()
    assert stored == (
        f"My link is https://conference.example/booking/… and not {public}.\n\n> I quote\n\n"
        "This is mine."
    )


def test_huge_and_malformed_replies_do_not_stop_other_replies(
    site: Flask, inbox: ImapServer
) -> None:
    _, email = make_booked()
    inbox.add(write_reply(email, "x" * (3 * MAX_REPORT_SIZE), Message_ID="<1@x>").as_bytes())
    html = write_reply(email, Message_ID="<2@x>")
    html.set_content("<p>Only <b>HTML</b></p>", subtype="html")
    inbox.add(html.as_bytes())
    strange = write_reply(email, Message_ID="<3@x>").as_bytes()
    inbox.add(strange.replace(b'charset="utf-8"', b'charset="klingon"') + b"\x00\xff")
    nested = b"Content-Type: multipart/mixed; boundary=a\r\n" * 3 + b"--a\r\n" * 5000
    inbox.add(nested)
    inbox.add(b"\xff\xfe\x00From\x00")
    inbox.add(write_reply(email, "The last", Message_ID="<4@x>").as_bytes())

    assert read(site) == 6

    texts = [text for _, text in list_replies()]
    assert [len(texts[0]), *texts[1:]] == [replies.MAX_TEXT_LENGTH, "", texts[2], "The last"]
    assert texts[2].startswith("I come by train.")


def test_two_workers_store_a_reply_once(site: Flask, inbox: ImapServer) -> None:
    emails = [make_booked(given_names=f"Ada {number}")[1] for number in range(3)]
    for email in emails:
        inbox.add(write_reply(email).as_bytes())
    db.session.commit()

    def run() -> None:
        with site.app_context():
            imap_inbox.read_batch(get_inbox_handler())

    threads = [threading.Thread(target=run) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len(list_replies()) == 3


def test_receive_bounce_stores_replies_of_a_maildir_and_leaves_other_messages(
    site: Flask, tmp_path: Path
) -> None:
    _, email = make_booked()
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "new" / "1").write_bytes(write_reply(email).as_bytes())
    (tmp_path / "new" / "2").write_bytes(b"Subject: Lunch?\r\n\r\nAt one?")

    said = receive(site, b"", "--maildir", str(tmp_path))

    assert said == "1 returned or replied, 1 ignored"
    assert sorted(one.name for one in (tmp_path / "cur").iterdir()) == ["1:2,S", "2:2,"]
    assert list_replies() == [(ADA, "I come by train.")]


def test_a_delegate_can_download_their_replies_and_have_them_deleted(
    site: Flask, inbox: ImapServer, visitor: Browser
) -> None:
    delegate, email = make_booked()
    other = make_sent_email()  # to the same address, about no booking
    for number, one in enumerate((email, other)):
        inbox.add(write_reply(one, Message_ID=f"<{number}@x>").as_bytes())
    read(site)
    address = links.booking_link(delegate).removeprefix("https://conference.example")

    copy = json.loads(visitor.fetch("GET", f"{address}/copy.json").text)
    with transaction():
        operations.cancel(delegate, actor=ADA)
        erasure.erase_cancelled(delegate, actor=ADA)

    assert [(one["from"], one["text"]) for one in copy["replies"]] == [
        (ADA, "I come by train."),
        (ADA, "I come by train."),
    ]
    assert list_replies() == []


def test_replies_are_deleted_a_year_after_the_conference(
    site: Flask, inbox: ImapServer, frozen_time: Any
) -> None:
    inbox.add(write_reply(make_sent_email()).as_bytes())
    read(site)
    frozen_time.move_to("2010-06-12T12:00:00+01:00")

    worker.run_tasks(PERIODIC_TASKS)

    assert list_replies() == []


def test_a_viewer_cannot_mark_a_reply_as_read(
    site: Flask, inbox: ImapServer, visitor: Browser
) -> None:
    _, email = make_booked()
    inbox.add(write_reply(email).as_bytes())
    read(site)

    page = sign_in(visitor, "vera@conference.example", role=VIEWER).open(LIST)

    assert page.rows[0]["State"] == "Unread"


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_replies_needs_a_constant_number_of_queries(
    visitor: Browser, queries: list[str], count: int
) -> None:
    for number in range(count):
        save(make_reply(number))
    desk = sign_in(visitor)
    desk.open(LIST)
    queries.clear()

    desk.open(LIST)

    assert len(queries) == 4


def make_reply(number: int, **values: Any) -> EmailReply:
    defaults = {
        "sender": ADA,
        "subject": "Re: You have a place",
        "text": "I come by train. " * 20,
        "attachments": '["A ticket with a name that is rather long.pdf"]',
        "message_id": f"<{number}@x>",
        "received_at": clock.real_now(),
    }
    return EmailReply(**{**defaults, **values})


@pytest.mark.parametrize(("width", "colours"), [(320, "light"), (1280, "dark")])
def test_replies_have_no_accessibility_violations(
    live_site: LiveSites, window: Page, axe: Axe, width: int, colours: str
) -> None:
    delegate = make_delegate(email=ADA)
    for number in range(2):
        save(make_reply(number, booking_reference=delegate.reference))
    sign_in_window(window, site := live_site().address)
    window.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    window.set_viewport_size({"width": width, "height": 800})

    for path in (LIST, f"/organise/delegates/{delegate.reference}"):
        window.goto(site + path)
        assert (path, axe(window), horizontal_overflow(window)) == (path, [], 0)
