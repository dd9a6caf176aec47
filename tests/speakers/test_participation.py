"""A speaker confirms, requests another time, or withdraws.

Organisers see it at once, visitors later.
"""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.database import db
from app.history.models import HistoryEntry
from app.mail.models import Email
from app.programme.models import Session
from tests.browser import Browser, Browsers, Page
from tests.factories import (
    get_ada_marsh,
    make_organiser,
    publish_programme,
    sign_in,
    sign_in_speaker,
)
from tests.sent_emails import last_email_text

ANSWER, WHY = "Are you taking part?", "Your message"
CANNOT, OTHER = "No, I cannot take part", "Yes, but I need another time"


def answer(visitor: Browser, what: str, why: str = "", status: int = 200) -> Page:
    visitor.open("/speak/ada-marsh").follow("Confirm whether you are taking part")
    return visitor.press("Send", {ANSWER: what, WHY: why}, status=status)


def list_sent_emails() -> list[tuple[str, str]]:
    letters = db.session.scalars(select(Email).order_by(Email.id))
    return [(letter.recipient, letter.subject) for letter in letters]


def test_a_speaker_confirms_participation_from_the_checklist(visitor: Browser) -> None:
    sign_in_speaker(visitor, get_ada_marsh())
    before = visitor.open("/speak/ada-marsh")

    page = answer(visitor, "Yes, at the times in the programme")

    assert "To do" in before.text
    assert "Thank you for confirming that you are taking part." in page.source
    assert "Confirmed" in page.text
    assert get_ada_marsh().confirmed_at is not None
    (entry,) = db.session.scalars(
        select(HistoryEntry).where(HistoryEntry.summary == "Ada Marsh has confirmed")
    )
    assert entry.actor == "ada@example.org"


@pytest.mark.both_databases
def test_a_request_for_another_time_is_emailed_and_changes_nothing(visitor: Browser) -> None:
    make_organiser()
    sign_in_speaker(visitor, get_ada_marsh())

    page = answer(visitor, OTHER, "The train arrives at noon")

    assert "We have told the organisers" in page.source
    assert get_ada_marsh().confirmed_at is None
    assert list_sent_emails() == [
        ("grace@conference.example", "Ada Marsh has asked for another time")
    ]
    told = db.session.scalars(select(HistoryEntry.summary)).all()
    assert "Ada Marsh asked for another time" in told
    assert not any("train" in one for one in told)


@pytest.mark.both_databases
def test_requests_of_a_speaker_are_rate_limited(visitor: Browser) -> None:
    make_organiser()
    sign_in_speaker(visitor, get_ada_marsh())
    for number in range(5):
        answer(visitor, OTHER, f"Not at {number} o’clock")

    page = answer(visitor, OTHER, "Not at noon", status=429)

    assert page.errors == [
        "You have contacted the organisers several times today. Wait for their reply"
    ]
    assert "Not at noon" in page.source
    assert len(list_sent_emails()) == 5


@pytest.mark.both_databases
def test_a_speakers_withdrawal_is_public_after_the_next_release(
    visitor: Browser, site: object
) -> None:
    make_organiser()
    sign_in_speaker(visitor, get_ada_marsh())

    asked = answer(visitor, CANNOT, "I am ill")
    nothing_yet = get_ada_marsh().withdrawn_at
    page = visitor.press("Withdraw")
    still_there = visitor.open("/speakers/ada-marsh").heading
    publish_programme()

    assert asked.heading == "Withdraw from the conference?"
    assert "I am ill" in asked.text
    assert nothing_yet is None
    assert "You have withdrawn" in page.text
    assert "To do" not in page.text
    assert page.summary_list["Travel and arrival"] == "No longer needed"
    assert still_there == "Ada Marsh"
    assert "Ada Marsh" not in visitor.open("/speakers").text
    assert list_sent_emails() == [
        ("grace@conference.example", "Ada Marsh has withdrawn"),
        ("ada@example.org", "You have withdrawn from the conference"),
    ]
    assert "ada@example.org told us on your pages" in last_email_text()
    assert "by ada@example.org" in visitor.open("/speak/ada-marsh/taking-part").text


def test_a_request_without_message_is_refused(visitor: Browser) -> None:
    sign_in_speaker(visitor, get_ada_marsh())

    page = answer(visitor, CANNOT, status=422)

    assert page.errors == ["Enter a message so that the organisers know what to do"]


def test_a_speaker_withdrawn_meanwhile_cannot_answer_and_keeps_typed_text(
    visitor: Browser,
) -> None:
    sign_in_speaker(visitor, get_ada_marsh())
    form = visitor.open("/speak/ada-marsh/taking-part")
    get_ada_marsh().withdrawn_at = get_ada_marsh().changed_at or make_organiser().added_at
    db.session.commit()

    page = form.press("Send", {ANSWER: OTHER, WHY: "The train arrives at noon"}, status=409)

    assert page.errors == ["You have withdrawn, so you cannot change this here"]
    assert "The train arrives at noon" in page.source


def test_a_session_moved_meanwhile_must_be_confirmed_again(visitor: Browser) -> None:
    sign_in_speaker(visitor, get_ada_marsh())
    form = visitor.open("/speak/ada-marsh/taking-part")
    moved = db.session.scalars(select(Session).where(Session.slug == "farewell")).one()
    assert moved.starts_at is not None
    moved.starts_at -= timedelta(hours=2)
    db.session.commit()

    late = form.press("Send", {ANSWER: "Yes, at the times in the programme"}, status=409)
    nothing_yet = get_ada_marsh().confirmed_at
    again = late.press("Send")

    (error,) = late.errors
    assert error.startswith("The programme has changed since you opened this page")
    assert ", Thursday 11 June 2009" in late.text
    assert "2pm to " in late.text
    assert nothing_yet is None
    assert "Thank you for confirming that you are taking part." in again.source


def test_an_assistant_cannot_withdraw_the_speaker(visitor: Browser, new_browser: Browsers) -> None:
    sign_in_speaker(visitor, get_ada_marsh())
    helper = sign_in_speaker(
        new_browser(), get_ada_marsh(), "helper@example.org", is_assistant=True
    )
    own_page = visitor.open("/speak/ada-marsh/taking-part").press(
        "Send", {ANSWER: CANNOT, WHY: "Ill"}
    )
    page = answer(helper, CANNOT, "Ill", status=409)

    assert page.errors == ["Only the speaker can withdraw. If they cannot, contact the organisers"]
    assert page.value_of(WHY) == "Ill"
    assert get_ada_marsh().withdrawn_at is None
    own_page.press("Withdraw")
    assert get_ada_marsh().withdrawn_at is not None


@pytest.mark.both_databases
def test_the_reply_to_a_request_is_emailed_to_the_speaker(
    visitor: Browser, new_browser: Browsers
) -> None:
    organiser = sign_in(new_browser())
    sign_in_speaker(visitor, get_ada_marsh())
    answer(visitor, OTHER, "The train arrives at noon")
    waiting = visitor.open("/speak/ada-marsh/taking-part")

    organiser.open("/organise/speaking").follow("Answer: Ada Marsh")
    organiser.press("Send answer", status=422)
    page = organiser.press("Send answer", {"Your answer": "We have moved it to 3pm"})

    assert "The train arrives at noon" in waiting.text
    assert "The organisers have not answered yet." in waiting.text
    assert "We are emailing your answer to the speaker." in page.source
    assert "No open requests." in page.text
    assert list_sent_emails()[-1] == ("ada@example.org", "Your request to the organisers")
    assert "We have moved it to 3pm" in last_email_text()
    own = visitor.open("/speak/ada-marsh/taking-part")
    assert "We have moved it to 3pm" in own.text
    assert "Withdraw request" not in own.buttons
    assert "To do" in visitor.open("/speak/ada-marsh").text


@pytest.mark.both_databases
def test_a_request_can_be_withdrawn_until_it_is_closed(
    visitor: Browser, new_browser: Browsers
) -> None:
    organiser = sign_in(new_browser())
    sign_in_speaker(visitor, get_ada_marsh())
    answer(visitor, OTHER, "The train arrives at noon")
    late = organiser.open("/organise/speaking").follow("Answer: Ada Marsh")
    stale = visitor.open("/speak/ada-marsh/taking-part")

    page = visitor.press("Withdraw request")

    assert "You have withdrawn your request." in page.source
    assert "Withdrawn by ada@example.org at " in page.text
    assert "No open requests." in organiser.open("/organise/speaking").text
    refused = late.press("Send answer", {"Your answer": "At 3pm"}, status=422)
    assert refused.errors == [
        "This request has already been closed, so your answer has not been sent"
    ]
    again = stale.press("Withdraw request", status=409)
    assert "This request has already been closed" in again.text
    assert len(list_sent_emails()) == 1


@pytest.mark.parametrize(("what", "why"), [(OTHER, "At noon"), (CANNOT, "I am ill")])
def test_a_stale_answer_about_participation_must_be_sent_again(
    visitor: Browser, new_browser: Browsers, what: str, why: str
) -> None:
    helper = sign_in_speaker(
        new_browser(), get_ada_marsh(), "helper@example.org", is_assistant=True
    )
    sign_in_speaker(visitor, get_ada_marsh())
    form = visitor.open("/speak/ada-marsh/taking-part")
    answer(helper, "Yes, at the times in the programme")

    late = form.press("Send", {ANSWER: what, WHY: why}, status=409 if what == OTHER else 200)
    if what == CANNOT:
        late = late.press("Withdraw", status=409)

    (error,) = late.errors
    assert error.startswith("Someone has answered since you opened this page")
    assert late.value_of(WHY) == why
    assert get_ada_marsh().withdrawn_at is None
    assert list_sent_emails() == []
