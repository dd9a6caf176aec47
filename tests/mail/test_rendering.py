"""The content and format of emails."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask
from jinja2 import UndefinedError

from app.database import db
from app.errors import RuleViolation
from app.mail import services
from app.mail.models import SENT, Email
from app.programme import queries
from config import ROOT
from tests.factories import publish_programme
from tests.pages import HtmlTree, find_faults, read_text, save_for_validator


def parse_email(letter: Email) -> EmailMessage:
    message = message_from_bytes(letter.message, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def enqueue_greeting(**about: Any) -> EmailMessage:
    return parse_email(
        services.enqueue("greeting", **{"to": "ada@example.org", "name": "Ada", **about})
    )


def content(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_an_email_has_sender_subject_and_reference_headers(site: Flask) -> None:
    message = enqueue_greeting(booking_reference="ABC23456")

    assert message["Subject"] == "A greeting for Ada"
    assert message["From"] == "Tides and Harbours <tides@conference.example>"
    assert message["To"] == "ada@example.org"
    assert message["Date"] == "Tue, 12 May 2009 08:30:00 +0000"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Booking-Reference"] == "ABC23456"
    assert message["Content-Language"] == "en"
    assert re.fullmatch(r"<[0-9a-f]{32}@conference\.example>", message["Message-ID"])
    assert message.get_content_type() == "multipart/alternative"


def test_reply_to_is_the_contact_address_of_the_conference(site: Flask) -> None:
    message = enqueue_greeting()

    assert message["Reply-To"] == "tides@conference.example"


def test_a_non_ascii_contact_address_does_not_stop_emails(site: Flask) -> None:
    queries.get_conference().contact_email = "jörg@tides.example"
    publish_programme()

    assert enqueue_greeting()["Reply-To"] is None
    zoe = services.enqueue("greeting", to="zoë@example.org", name="Zoë")
    assert "Reply-To: jörg@tides.example\r\n".encode() in zoe.message


def test_an_invalid_contact_address_leaves_out_reply_to(site: Flask) -> None:
    queries.get_conference().contact_email = "not an address"
    publish_programme()

    assert enqueue_greeting()["Reply-To"] is None


def test_each_email_has_its_own_message_id(site: Flask) -> None:
    one, other = (services.enqueue("greeting", to="a@example.org", name="Ada") for _ in range(2))

    assert one.message_id != other.message_id
    assert parse_email(one)["Message-ID"] == one.message_id


def test_text_and_html_say_the_same(site: Flask) -> None:
    message = enqueue_greeting(name="Zoë <Doe>")
    text, html = content(message, "plain"), HtmlTree(content(message, "html"))

    assert text.startswith("Dear Zoë <Doe>,\n\nYou have a place.\n\n-- \nThe organisers\n")
    said = read_text(next(html.find_all("main")))
    assert said == "A greeting for Zoë <Doe> Dear Zoë <Doe>, You have a place."


def test_every_encoded_line_is_ascii_and_at_most_998_bytes(site: Flask) -> None:
    letter = services.enqueue("greeting", to="ada@example.org", name="Zoë " + "x" * 3000)

    lines = letter.message.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert letter.message.isascii()
    assert b"\n" not in letter.message.replace(b"\r\n", b"")


def test_a_name_cannot_add_a_header(site: Flask) -> None:
    message = enqueue_greeting(
        name="Ada\r\nBcc: all@example.org\r\n\r\nBuy now", booking_reference="ABC23456"
    )

    assert message["Subject"] == "A greeting for Ada"
    assert message["Bcc"] is None
    assert [str(one) for one in message["To"].addresses] == ["ada@example.org"]


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.org\r\nBcc: all@example.org",
        "ada@example.org\nX: y",
        "ada@example.org, grace@example.org",
        "nobody",
        "",
        "@example.org",
        "ada@",
        "ada@..",
        "ada@" + "é" * 64 + ".example",
    ],
)
def test_enqueueing_an_email_to_an_invalid_address_is_refused(site: Flask, address: str) -> None:
    with pytest.raises(RuleViolation, match="Emails cannot be sent to that email address"):
        services.enqueue("greeting", to=address, name="Ada")


def test_a_reference_cannot_add_a_header(site: Flask) -> None:
    with pytest.raises(ValueError, match="linefeed"):
        services.enqueue(
            "greeting",
            to="ada@example.org",
            name="Ada",
            booking_reference="A\r\nBcc: b@c.example",
        )


def test_the_title_of_the_conference_may_be_in_any_script(site: Flask) -> None:
    message = enqueue_greeting(name="李小龍")

    assert message["Subject"] == "A greeting for 李小龍"


def test_a_non_ascii_domain_is_written_in_punycode(site: Flask) -> None:
    assert enqueue_greeting(to="ada@bücher.example")["To"] == "ada@xn--bcher-kva.example"


def test_a_non_ascii_local_part_is_written_as_utf_8(site: Flask) -> None:
    letter = services.enqueue("greeting", to="zoë@bücher.example", name="Zoë")

    assert "To: zoë@xn--bcher-kva.example\r\n".encode() in letter.message


def test_a_non_ascii_address_is_kept_when_an_email_is_sent_again(site: Flask) -> None:
    letter = services.enqueue("greeting", to="zoë@bücher.example", name="Zoë")
    letter.state = SENT

    again = services.resend(letter)

    assert "To: zoë@xn--bcher-kva.example\r\n".encode() in again.message


def test_a_calendar_entry_is_attached_to_the_email(site: Flask) -> None:
    entry = "BEGIN:VCALENDAR\r\nSUMMARY:Café\r\nEND:VCALENDAR\r\n"

    message = enqueue_greeting(calendar=entry.encode())

    [part] = message.iter_attachments()
    assert isinstance(part, EmailMessage)
    assert part.get_content_type() == "text/calendar"
    assert part["Content-Type"].params["method"] == "PUBLISH"
    assert part.get_filename() == "conference.ics"
    assert part.get_payload(decode=True) == entry.encode()
    assert content(message, "plain").startswith("Dear Ada")


def test_an_undefined_name_in_an_email_template_raises_an_error(site: Flask) -> None:
    with pytest.raises(UndefinedError):
        services.enqueue("misspelt", to="ada@example.org")


def test_an_email_is_rendered_in_the_language_of_its_recipient(site: Flask) -> None:
    site.extensions["languages"] = ("en", "ar")

    letter = services.enqueue("translated", to="ada@example.org", language="ar")

    message = parse_email(letter)
    html = HtmlTree(content(message, "html"))
    assert message["Content-Language"] == "ar"
    assert letter.subject.endswith("in ar")
    assert (html.root.get("lang"), html.root.get("dir")) == ("ar", "rtl")
    assert "https://conference.example/ar/" in content(message, "plain")


def test_an_unsupported_language_falls_back_to_english(site: Flask) -> None:
    letter = services.enqueue("translated", to="ada@example.org", language="tlh")

    assert letter.subject == "Error in en"


def test_an_email_of_a_rolled_back_transaction_is_not_sent(site: Flask) -> None:
    services.enqueue("greeting", to="ada@example.org", name="Ada")
    db.session.rollback()

    assert db.session.query(Email).count() == 0


def test_the_html_of_an_email_is_valid(
    site: Flask, templates: dict[str, str], request: pytest.FixtureRequest
) -> None:
    templates["mail/everything.txt"] = """Your booking & more

Reference: ABC23456
Days: 10 and 11 June 2009

See or change your booking:

https://conference.example/booking/secret

What happens next:

- the conference
- https://conference.example/programme.

https://conference.example/
"""
    source = content(parse_email(services.enqueue("everything", to="ada@example.org")), "html")

    tree = HtmlTree(source)
    assert [fault for fault in find_faults(tree) if fault != "a style element"] == []
    assert [read_text(row) for row in tree.find_all("tr")] == [
        "Reference ABC23456",
        "Days 10 and 11 June 2009",
    ]
    assert [read_text(one) for one in tree.find_all("th")] == ["Reference", "Days"]
    links = [(read_text(one), one.get("href")) for one in tree.find_all("a", within=main(tree))]
    assert links == [
        ("See or change your booking", "https://conference.example/booking/secret"),
        ("https://conference.example/programme", "https://conference.example/programme"),
        ("https://conference.example/", "https://conference.example/"),
    ]
    assert list(tree.find_all("img", "script", "link")) == []
    if request.config.getoption("--nu"):
        save_for_validator(source, tree, ROOT / ".pytest_cache" / "pages")


def main(tree: HtmlTree) -> Any:
    return next(tree.find_all("main"))
