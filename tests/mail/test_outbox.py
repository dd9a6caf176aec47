"""What organisers can do with letters, and how letters are forgotten."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, render_template_string

from app.database import db, transaction
from app.errors import NotFound, Refused
from app.mail import outbox, queries, services
from app.mail.models import FAILED, SENT, Letter
from tests.factories import a_letter
from tests.mailbox import Mailbox

Deliver = Callable[[], str]
SHOWN = "{% from 'mail/state.html' import state %}{{ state(letter) }}"


def test_a_letter_that_failed_can_be_sent_again(mailbox: Mailbox, deliver: Deliver) -> None:
    letter = a_letter(recipient="ada@example.org", is_secret=True)
    mailbox.refuse(550, "No such mailbox", times=1)
    deliver()

    assert services.send_again(letter) is letter

    assert deliver() == "1 sent, 0 failed, 0 waiting"


def test_a_letter_that_waits_can_be_sent_at_once(mailbox: Mailbox, deliver: Deliver) -> None:
    letter = a_letter()
    mailbox.refuse(451, "Try later", times=1)
    deliver()

    services.send_again(letter)

    assert deliver() == "1 sent, 0 failed, 0 waiting"


def test_a_letter_that_was_sent_goes_again_as_a_new_one(
    held_clock: Any, site: Flask, mailbox: Mailbox, deliver: Deliver
) -> None:
    letter = services.post("signature", to="ada@example.org", about="ABC23456")
    deliver()
    held_clock.shift(timedelta(hours=1))

    copy = services.send_again(letter)

    assert deliver() == "1 sent, 0 failed, 0 waiting"
    first, second = (arrived.message for arrived in mailbox.letters)
    assert (first["Message-ID"], second["Message-ID"]) == (letter.message_id, copy.message_id)
    assert letter.message_id != copy.message_id
    assert second["Date"].datetime - first["Date"].datetime == timedelta(hours=1)
    assert second["X-Booking-Reference"] == "ABC23456"
    assert mailbox.letters[0].text == mailbox.letters[1].text


def test_a_letter_whose_words_are_gone_cannot_be_sent_again(
    mailbox: Mailbox, deliver: Deliver
) -> None:
    letter = a_letter(is_secret=True)
    deliver()

    with pytest.raises(Refused, match="The words of this letter have been erased"):
        services.send_again(letter)


@pytest.mark.both_databases
def test_the_words_of_old_letters_are_erased(held_clock: Any, site: Flask) -> None:
    old = a_letter(state="sent", about="ABC23456", last_error="ada@example.org is away")
    a_letter(state="failed", recipient="about.nothing@example.org")
    waiting = a_letter()
    held_clock.shift(timedelta(days=91))
    new = a_letter(state="sent", about="ABC23456")

    with transaction():
        services.forget_old()

    assert [letter.id for letter in db.session.query(Letter).order_by(Letter.id)] == [
        old.id,
        waiting.id,
        new.id,
    ]
    assert (old.message, old.last_error) == (b"", "")
    assert waiting.message != b""
    assert new.message != b""


def test_the_letters_of_a_delegate_are_forgotten_but_not_before_they_went_out(site: Flask) -> None:
    a_letter(about="ABC23456", state=SENT)
    a_letter(about="ABC23456", state=FAILED)
    waits = a_letter(about="ABC23456")
    other = a_letter(about="XYZ98765")

    with transaction():
        services.forget_about("ABC23456")

    assert db.session.query(Letter).order_by(Letter.id).all() == [waits, other]
    assert waits.is_secret
    assert not other.is_secret


def test_a_letter_is_found_by_its_number(site: Flask) -> None:
    letter = a_letter()

    assert queries.letter(letter.id) is letter
    with pytest.raises(NotFound):
        queries.letter(letter.id + 1)


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"state": "waiting"}, "On its way to ada@example.org"),
        (
            {"state": "waiting", "last_error": "451 Later"},
            "Not delivered to ada@example.org yet. We go on trying",
        ),
        (
            {"state": "failed", "last_error": "550 No"},
            "Could not be delivered to ada@example.org",
        ),
    ],
)
def test_a_letters_state_is_told_in_words(site: Flask, about: dict[str, str], words: str) -> None:
    assert shown(a_letter(**about)) == words


def test_the_moment_of_sending_is_told(site: Flask) -> None:
    letter = a_letter(state="sent")
    letter.sent_at = letter.written_at

    assert shown(letter) == "Sent at 9:30am on Tuesday 12 May 2009 to ada@example.org"


def shown(letter: Letter) -> str:
    return " ".join(render_template_string(SHOWN, letter=letter).split())


@pytest.mark.both_databases
def test_a_worker_that_comes_too_late_does_not_unsay_what_another_has_done(site: Flask) -> None:
    letter = a_letter()
    with transaction():
        slow = outbox.take(timedelta(seconds=-1))
    with transaction():
        quick = outbox.take(timedelta(minutes=1))
    assert slow is not None
    assert quick is not None

    with transaction():
        outbox.write_down(quick, outbox.Outcome(SENT))
    with transaction():
        outbox.write_down(slow, outbox.Outcome(FAILED, "The mail server answered: 550 No"))

    assert letter.is_sent
    assert letter.last_error == ""
