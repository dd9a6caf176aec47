"""Subjects and names arrive as they were written, in every script, from every mail program."""

from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from flask import Flask

from app.mail import rendering
from app.mail.rendering import ASCII_POLICY, RenderedEmail
from app.mail.unsubscribe import unsubscribe_headers

ARABIC = "تم تسجيلك في المؤتمر الدولي حول الإنصاف الصحي في لندن: BCDF2345"
TEXTS = [
    "You are registered for Tides and Harbours: BCDF2345",
    ARABIC,
    f"{ARABIC} {ARABIC}",
    "هل هذا عنوان بريدك الإلكتروني؟ أكده لحجزك BCDF2345 في المؤتمر",
    "Vous êtes inscrit à la conférence internationale sur l’équité en santé à Londres : BCDF2345",
    "您已注册参加国际健康公平会议" * 4,
    "🌊 " * 40 + "tides",
    "Averyverylongwordwithoutanyspaces" * 5,
    "word " * 39 + "end",
    "x",
]


def _encode(
    text: str, recipient: str = "ada@example.org", sender: str = "tides@conference.example"
) -> bytes:
    rendered = RenderedEmail(
        subject=text,
        text="Hello",
        html="<p>Hello</p>",
        language="en",
        sender=sender,
        sender_name=text,
        reply_to="",
    )
    return rendering.encode_email(rendered, recipient, "BCDF2345", None).message


def _unfold(message: bytes, name: str) -> str:
    """Read a header as RFC 5322 and RFC 2047 say."""
    raw = message_from_bytes(message)[name]
    return str(make_header(decode_header("".join(raw.splitlines()))))


@pytest.mark.parametrize("text", TEXTS)
def test_header_folding_keeps_every_space_of_subject_and_name(site: Flask, text: str) -> None:
    message = _encode(text)

    assert _unfold(message, "Subject") == text
    assert message_from_bytes(message, policy=policy.SMTP)["Subject"] == text
    assert _unfold(message, "From").replace('"', "") == f"{text} <tides@conference.example>"


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("recipient", ["ada@example.org", f"{'a' * 64}@{'b' * 60}.example.org"])
def test_folded_headers_have_no_empty_lines(site: Flask, text: str, recipient: str) -> None:
    message = _encode(text, recipient, sender=f"conference@{'long-' * 11}name.example.org")
    headers = message.partition(b"\r\n\r\n")[0].split(b"\r\n")

    assert [line for line in headers if not line.partition(b": ")[2] and b":" in line[-2:]] == []
    assert [line for line in headers if not line.strip()] == []
    assert all(line.isascii() and len(line) <= 998 for line in headers)
    assert _unfold(message, "To") == recipient


def test_a_display_name_with_commas_and_quotes_is_one_name(site: Flask) -> None:
    name = 'Tides, Harbours "and" \\ walls'

    message = message_from_bytes(_encode(name), policy=policy.SMTP)

    (address,) = message["From"].addresses
    assert (address.display_name, address.addr_spec) == (name, "tides@conference.example")


def test_a_non_ascii_address_is_written_as_utf_8(site: Flask) -> None:
    message = _encode(ARABIC, "عائشة@example.org")

    assert "To: عائشة@example.org\r\n".encode() in message
    assert _unfold(message, "Subject") == ARABIC


def test_a_long_list_unsubscribe_link_is_neither_folded_nor_encoded() -> None:
    url = f"https://{'a-long-name.' * 8}example/emails/{'x' * 120}"
    email = EmailMessage(policy=ASCII_POLICY)
    for name, value in unsubscribe_headers(url).items():
        email[name] = value

    lines = email.as_bytes().decode().split("\r\n")

    assert f"List-Unsubscribe: <{url}>" in lines
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
