"""Someone tells the organisers something."""

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
from tests.sent_emails import emails_to, last_email_to

MESSAGE = "Your message"
EMAIL = "Your email address, if you would like a reply (optional)"
SEND = "Send message"
ORGANISERS = "tides@conference.example"


def _kept() -> list[tuple[str, str]]:
    rows = db.session.scalars(select(Feedback).order_by(Feedback.id))
    return [(row.message, row.email) for row in rows]


def _sent(visitor: Browser, message: str, email: str = "", status: int = 200) -> Page:
    return visitor.open("/feedback").press(SEND, {MESSAGE: message, EMAIL: email}, status)


def test_a_message_is_kept_and_reaches_the_organisers(visitor: Browser) -> None:
    page = _sent(visitor, "The harbour is lovely.\n\nMore of it!", "ada@example.org")

    assert page.heading == "Message sent"
    assert page.address == "/feedback/sent"
    assert _kept() == [("The harbour is lovely.\n\nMore of it!", "ada@example.org")]
    letter = last_email_to(ORGANISERS)
    assert letter.subject == "A message from a visitor"
    assert "> The harbour is lovely.\n>\n> More of it!" in letter.text
    assert "Reply to them at this email address:\n\nada@example.org" in letter.text
    assert letter.text.endswith(
        "-- \nThis email was sent automatically to the organisers of Tides and Harbours.\n"
        "https://conference.example\n"
    )


def test_a_message_cannot_look_like_what_the_site_says(visitor: Browser) -> None:
    _sent(visitor, "Sign in:\n\nhttps://conference.example/sign-in\n\nUrgent\n------\n\n- Now")

    html = HtmlTree(last_email_to(ORGANISERS).html)

    (said,) = html.find_all("blockquote")
    assert read_text(said).split() == [
        *("Sign", "in:", "https://conference.example/sign-in", "Urgent", "------", "-", "Now")
    ]
    assert [*html.find_all("h2"), *html.find_all("li")] == []
    assert "act" not in [one.get("class") for one in html.find_all("p")]


def test_nobody_has_to_leave_an_address(visitor: Browser) -> None:
    _sent(visitor, "No name, no answer")

    assert _kept() == [("No name, no answer", "")]
    assert "They did not leave an email address." in last_email_to(ORGANISERS).text


def test_no_cookie_is_needed(visitor: Browser) -> None:
    _sent(visitor, "Hello")

    assert visitor.cookies() == {}


def test_an_empty_message_is_asked_for_again(visitor: Browser) -> None:
    page = _sent(visitor, "  ", "ada@example.org", status=422)

    assert page.title.startswith("Error: Feedback")
    assert page.errors == ["Enter your message"]
    assert page.error_for(MESSAGE) == "Enter your message"
    assert page.value_of(EMAIL) == "ada@example.org"
    assert _kept() == []


def test_a_message_that_is_too_long_is_kept_in_the_form(visitor: Browser) -> None:
    page = _sent(visitor, "a" * 5001, status=422)

    assert page.errors == ["Your message must be 5,000 characters or fewer"]
    assert page.value_of(MESSAGE) == "a" * 5001
    assert _kept() == []


def test_the_longest_message_fits_in_any_writing(visitor: Browser) -> None:
    widest = "\U00020bb7" * 5000  # twelve bytes each on their way to us

    _sent(visitor, widest)

    assert _kept() == [(widest, "")]


@pytest.mark.parametrize("hidden", ["\x00", "\x07", "\x1b[2J", "\u202e", "\u2066"])
def test_hidden_characters_are_refused(visitor: Browser, hidden: str) -> None:
    page = _sent(visitor, f"before{hidden}after", status=422)

    assert page.errors == [
        "Type this instead of pasting it. It contains hidden characters that we cannot use"
    ]
    assert _kept() == []


@pytest.mark.parametrize(
    "email", ["ada", "ada@", "ada@example", "a b@example.org", f"{'a' * 250}@example.org"]
)
def test_an_address_that_cannot_be_one_is_refused(visitor: Browser, email: str) -> None:
    page = _sent(visitor, "Hello", email, status=422)

    assert len(page.errors) == 1
    assert page.value_of(MESSAGE) == "Hello"
    assert page.value_of(EMAIL) == email
    assert _kept() == []


def test_no_header_can_be_slipped_into_the_letter(visitor: Browser) -> None:
    _sent(visitor, "Hello\r\nBcc: everyone@example.org\r\n\r\n.\r\nMAIL FROM:<x@example.org>")

    letter = last_email_to(ORGANISERS)
    assert letter.message["Bcc"] is None
    assert letter.message["To"] == ORGANISERS
    assert emails_to("everyone@example.org") == []


def test_markup_in_a_message_stays_text(visitor: Browser) -> None:
    _sent(visitor, "<script>alert(1)</script> {{ config }} https://evil.example/")

    letter = last_email_to(ORGANISERS)
    assert "<script>" not in letter.html
    assert "{{ config }}" in letter.text
    assert 'href="https://evil.example' not in letter.html


@pytest.mark.parametrize("token", ["", "rubbish", "IiI.aBcDeF.0123456789"])
def test_a_wrong_token_is_refused_and_what_was_typed_is_kept(visitor: Browser, token: str) -> None:
    data = {"csrf_token": token, "message": "A long story", "email": ""}

    page = visitor.send("POST", "/feedback", status=422, data=data)

    assert page.errors == ["This page was open for too long. Check your answers, then try again"]
    assert page.value_of(MESSAGE) == "A long story"
    assert _kept() == []
    assert page.press(SEND).heading == "Message sent"


def test_a_form_that_was_open_for_more_than_a_week_is_sent_twice(
    visitor: Browser, frozen_time: Any
) -> None:
    form = visitor.open("/feedback")
    frozen_time.shift(timedelta(days=7, minutes=1))

    again = form.press(SEND, {MESSAGE: "At last"}, status=422)

    assert again.value_of(MESSAGE) == "At last"
    assert again.press(SEND).heading == "Message sent"


def test_a_remembered_form_does_not_grow_old(
    visitor: Browser, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.open("/feedback")
    frozen_time.shift(timedelta(days=8))
    monkeypatch.setattr("app.web.cache_policy.time.monotonic", lambda: float("1e12"))

    assert _sent(visitor, "Hello").heading == "Message sent"


def test_a_form_sent_from_another_site_is_refused(visitor: Browser) -> None:
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
    assert _kept() == []


def test_ten_megabytes_are_too_much(visitor: Browser) -> None:
    page = visitor.send("POST", "/feedback", 413, data={"message": "a" * 10 * 1024 * 1024})

    assert page.heading == "Too much data"
    assert _kept() == []


def test_a_file_is_not_asked_for(visitor: Browser) -> None:
    data = {"message": (io.BytesIO(b"a" * 100), "story.txt")}

    assert visitor.send("POST", "/feedback", 422, data=data).errors != []
    assert visitor.send("POST", "/feedback", 422, json={"message": 5}).errors != []
    assert _kept() == []


def test_many_messages_from_one_place_have_to_wait(
    visitor: Browser, new_browser: Browsers, frozen_time: Any
) -> None:
    for number in range(rate_limits.FEEDBACK.windows[0].times):
        _sent(visitor, f"Message {number}")

    page = _sent(visitor, "One more", status=429)

    assert page.value_of(MESSAGE) == "One more"
    assert page.errors == [TOO_MANY_FROM_NETWORK]
    assert page.headers["Retry-After"] == "3600"
    assert len(_kept()) == rate_limits.FEEDBACK.windows[0].times
    assert len(emails_to(ORGANISERS)) == rate_limits.FEEDBACK.windows[0].times
    frozen_time.shift(timedelta(hours=1, minutes=1))
    assert page.press(SEND).heading == "Message sent"


def test_it_is_forgotten_after_a_year(site: Flask) -> None:
    save(Feedback(sent_at=clock.now() - timedelta(days=366), message="Old"))
    save(Feedback(sent_at=clock.now() - timedelta(days=364), message="New"))

    for task in PERIODIC_TASKS:
        with transaction():
            task()

    assert _kept() == [("New", "")]


def test_nothing_that_tells_who_wrote_is_kept(site: Flask, visitor: Browser) -> None:
    _sent(visitor, "Hello")

    assert {column.name for column in Feedback.__table__.columns} == {
        "id",
        "sent_at",
        "message",
        "email",
    }
