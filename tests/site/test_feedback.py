"""Visitors send feedback to the organisers."""

import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.accounts import rate_limits
from app.database import db, transaction
from app.site.feedback import Feedback
from app.worker_tasks import PERIODIC_TASKS
from tests.browser import Browser, Browsers, Page
from tests.factories import save
from tests.pages import HtmlTree, read_text
from tests.refusals import TOO_MANY_FROM_NETWORK
from tests.sent_emails import get_last_email_to, list_emails_to

MESSAGE = "Your message"
EMAIL = "Your email address, if you would like a reply (optional)"
SEND = "Send message"
ORGANISERS = "tides@conference.example"


def _list_feedback() -> list[tuple[str, str]]:
    rows = db.session.scalars(select(Feedback).order_by(Feedback.id))
    return [(row.message, row.email) for row in rows]


def _send(visitor: Browser, message: str, email: str = "", status: int = 200) -> Page:
    return visitor.open("/feedback").press(SEND, {MESSAGE: message, EMAIL: email}, status)


def test_feedback_is_stored_and_emailed_to_the_organisers(visitor: Browser) -> None:
    page = _send(visitor, "The harbour is lovely.\n\nMore of it!", "ada@example.org")

    assert page.heading == "Message sent"
    assert page.address == "/feedback/sent"
    assert _list_feedback() == [("The harbour is lovely.\n\nMore of it!", "ada@example.org")]
    letter = get_last_email_to(ORGANISERS)
    assert letter.subject == "A message from a visitor"
    assert "> The harbour is lovely.\n>\n> More of it!" in letter.text
    assert "Reply to them at this email address:\n\nada@example.org" in letter.text
    assert letter.text.endswith(
        "-- \nThis email was sent automatically to the organisers of Tides and Harbours.\n"
        "https://conference.example\n"
    )


def test_feedback_text_is_quoted_as_plain_text_in_the_email(visitor: Browser) -> None:
    _send(visitor, "Sign in:\n\nhttps://conference.example/sign-in\n\nUrgent\n------\n\n- Now")

    html = HtmlTree(get_last_email_to(ORGANISERS).html)

    (said,) = html.find_all("blockquote")
    assert read_text(said).split() == [
        *("Sign", "in:", "https://conference.example/sign-in", "Urgent", "------", "-", "Now")
    ]
    assert [*html.find_all("h2"), *html.find_all("li")] == []
    assert "act" not in [one.get("class") for one in html.find_all("p")]


def test_feedback_can_be_sent_without_an_email_address(visitor: Browser) -> None:
    _send(visitor, "No name, no answer")

    assert _list_feedback() == [("No name, no answer", "")]
    assert "They did not leave an email address." in get_last_email_to(ORGANISERS).text


def test_feedback_needs_no_cookie(visitor: Browser) -> None:
    _send(visitor, "Hello")

    assert visitor.cookies() == {}


def test_an_empty_feedback_message_is_refused(visitor: Browser) -> None:
    page = _send(visitor, "  ", "ada@example.org", status=422)

    assert page.title.startswith("Error: Feedback")
    assert page.errors == ["Enter your message"]
    assert page.error_for(MESSAGE) == "Enter your message"
    assert page.value_of(EMAIL) == "ada@example.org"
    assert _list_feedback() == []


def test_a_too_long_feedback_message_is_refused_and_kept_in_the_form(visitor: Browser) -> None:
    page = _send(visitor, "a" * 5001, status=422)

    assert page.errors == ["Your message must be 5,000 characters or fewer"]
    assert page.value_of(MESSAGE) == "a" * 5001
    assert _list_feedback() == []


def test_a_feedback_message_of_maximum_length_is_accepted_in_any_script(visitor: Browser) -> None:
    widest = "\U00020bb7" * 5000  # twelve bytes each on their way to us

    _send(visitor, widest)

    assert _list_feedback() == [(widest, "")]


@pytest.mark.parametrize("hidden", ["\x00", "\x07", "\x1b[2J", "\u202e", "\u2066"])
def test_hidden_characters_in_feedback_are_refused(visitor: Browser, hidden: str) -> None:
    page = _send(visitor, f"before{hidden}after", status=422)

    assert page.errors == [
        "Type this instead of pasting it. It contains hidden characters that we cannot use"
    ]
    assert _list_feedback() == []


@pytest.mark.parametrize(
    "email", ["ada", "ada@", "ada@example", "a b@example.org", f"{'a' * 250}@example.org"]
)
def test_an_invalid_email_address_in_feedback_is_refused(visitor: Browser, email: str) -> None:
    page = _send(visitor, "Hello", email, status=422)

    assert len(page.errors) == 1
    assert page.value_of(MESSAGE) == "Hello"
    assert page.value_of(EMAIL) == email
    assert _list_feedback() == []


def test_feedback_cannot_inject_email_headers(visitor: Browser) -> None:
    _send(visitor, "Hello\r\nBcc: everyone@example.org\r\n\r\n.\r\nMAIL FROM:<x@example.org>")

    letter = get_last_email_to(ORGANISERS)
    assert letter.message["Bcc"] is None
    assert letter.message["To"] == ORGANISERS
    assert list_emails_to("everyone@example.org") == []


def test_markup_in_feedback_is_escaped(visitor: Browser) -> None:
    _send(visitor, "<script>alert(1)</script> {{ config }} https://evil.example/")

    letter = get_last_email_to(ORGANISERS)
    assert "<script>" not in letter.html
    assert "{{ config }}" in letter.text
    assert 'href="https://evil.example' not in letter.html


@pytest.mark.parametrize("token", ["", "rubbish", "IiI.aBcDeF.0123456789"])
def test_feedback_with_a_wrong_csrf_token_is_refused_and_kept_in_the_form(
    visitor: Browser, token: str
) -> None:
    data = {"csrf_token": token, "message": "A long story", "email": ""}

    page = visitor.send("POST", "/feedback", status=422, data=data)

    assert page.errors == ["This page was open for too long. Check your answers, then try again"]
    assert page.value_of(MESSAGE) == "A long story"
    assert _list_feedback() == []
    assert page.press(SEND).heading == "Message sent"


def test_an_expired_feedback_form_can_be_sent_again(visitor: Browser, frozen_time: Any) -> None:
    form = visitor.open("/feedback")
    frozen_time.shift(timedelta(days=7, minutes=1))

    again = form.press(SEND, {MESSAGE: "At last"}, status=422)

    assert again.value_of(MESSAGE) == "At last"
    assert again.press(SEND).heading == "Message sent"


def test_a_cached_feedback_form_is_rendered_again_before_its_token_expires(
    visitor: Browser, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.open("/feedback")
    frozen_time.shift(timedelta(days=8))
    monkeypatch.setattr("app.web.cache_policy.time.monotonic", lambda: float("1e12"))

    assert _send(visitor, "Hello").heading == "Message sent"


def test_feedback_sent_from_another_site_is_refused(visitor: Browser) -> None:
    token = next(
        one.get("value", "")
        for one in visitor.open("/feedback").tree.find_all("input")
        if one.get("name") == "csrf_token"
    )
    data = {"csrf_token": token, "message": "Not mine"}

    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "https://conference.example.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        page = visitor.send("POST", "/feedback", 400, headers, data=data)
        assert "sent from another site, so nothing was changed." in page.text
    assert _list_feedback() == []


def test_feedback_of_ten_megabytes_is_refused(visitor: Browser) -> None:
    page = visitor.send("POST", "/feedback", 413, data={"message": "a" * 10 * 1024 * 1024})

    assert page.heading == "Too much data"
    assert _list_feedback() == []


def test_feedback_with_a_file_or_json_is_refused(visitor: Browser) -> None:
    data = {"message": (io.BytesIO(b"a" * 100), "story.txt")}

    assert visitor.send("POST", "/feedback", 422, data=data).errors != []
    assert visitor.send("POST", "/feedback", 422, json={"message": 5}).errors != []
    assert _list_feedback() == []


def test_feedback_is_rate_limited_for_each_network(
    visitor: Browser, new_browser: Browsers, frozen_time: Any
) -> None:
    for number in range(rate_limits.FEEDBACK.windows[0].times):
        _send(visitor, f"Message {number}")

    page = _send(visitor, "One more", status=429)

    assert page.value_of(MESSAGE) == "One more"
    assert page.errors == [TOO_MANY_FROM_NETWORK]
    assert page.headers["Retry-After"] == "3600"
    assert len(_list_feedback()) == rate_limits.FEEDBACK.windows[0].times
    assert len(list_emails_to(ORGANISERS)) == rate_limits.FEEDBACK.windows[0].times
    frozen_time.shift(timedelta(hours=1, minutes=1))
    assert page.press(SEND).heading == "Message sent"


def test_feedback_is_deleted_after_a_year(site: Flask) -> None:
    save(Feedback(sent_at=clock.now() - timedelta(days=366), message="Old"))
    save(Feedback(sent_at=clock.now() - timedelta(days=364), message="New"))

    for task in PERIODIC_TASKS:
        with transaction():
            task()

    assert _list_feedback() == [("New", "")]


def test_feedback_stores_no_identifying_data(site: Flask, visitor: Browser) -> None:
    _send(visitor, "Hello")

    assert {column.name for column in Feedback.__table__.columns} == {
        "id",
        "sent_at",
        "message",
        "email",
    }
