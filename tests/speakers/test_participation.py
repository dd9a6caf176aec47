"""A speaker confirms, asks for another time, or withdraws: organisers are told, readers later."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.database import db
from app.history.models import HistoryEntry
from app.mail.models import Email
from app.programme.models import Session
from tests.browser import Browser, Page
from tests.factories import get_ada_marsh, make_organiser, publish_programme, sign_in_speaker

ANSWER, WHY = "Do you take part?", "Why, or which times suit you"
CANNOT, OTHER = "No, I cannot take part", "Yes, but I need another time"


def answer(visitor: Browser, what: str, why: str = "", status: int = 200) -> Page:
    visitor.open("/speak/ada-marsh").follow("Say whether you take part")
    return visitor.press("Send", {ANSWER: what, WHY: why}, status=status)


def sent() -> list[tuple[str, str]]:
    letters = db.session.scalars(select(Email).order_by(Email.id))
    return [(letter.recipient, letter.subject) for letter in letters]


def test_a_speaker_confirms_on_the_list(visitor: Browser) -> None:
    sign_in_speaker(visitor, get_ada_marsh())
    before = visitor.open("/speak/ada-marsh")

    page = answer(visitor, "Yes, as the programme has it")

    assert "To do" in before.text
    assert "Thank you: you take part." in page.source
    assert "Confirmed" in page.text
    assert get_ada_marsh().confirmed_at is not None
    (entry,) = db.session.scalars(
        select(HistoryEntry).where(HistoryEntry.summary == "Ada Marsh has confirmed")
    )
    assert entry.actor == "ada@example.org"


@pytest.mark.both_databases
def test_another_time_is_asked_of_the_organisers_and_changes_nothing(visitor: Browser) -> None:
    make_organiser()
    sign_in_speaker(visitor, get_ada_marsh())

    page = answer(visitor, OTHER, "The train arrives at noon")

    assert "The organisers have been told" in page.source
    assert get_ada_marsh().confirmed_at is None
    assert sent() == [("grace@conference.example", "Ada Marsh asks for another time")]
    told = db.session.scalars(select(HistoryEntry.summary)).all()
    assert "Ada Marsh asked for another time" in told
    assert not any("train" in one for one in told)


@pytest.mark.both_databases
def test_organisers_are_not_flooded_with_what_a_speaker_asks(visitor: Browser) -> None:
    make_organiser()
    sign_in_speaker(visitor, get_ada_marsh())
    for number in range(5):
        answer(visitor, OTHER, f"Not at {number} o’clock")

    page = answer(visitor, OTHER, "Not at noon", status=429)

    assert page.errors == [
        "The organisers have been told several times today. Wait for their answer"
    ]
    assert "Not at noon" in page.source
    assert len(sent()) == 5


@pytest.mark.both_databases
def test_a_speaker_withdraws_and_readers_see_it_after_the_next_release(
    visitor: Browser, site: object
) -> None:
    make_organiser()
    sign_in_speaker(visitor, get_ada_marsh())

    page = answer(visitor, CANNOT, "I am ill")
    still_there = visitor.open("/speakers/ada-marsh").heading
    publish_programme()

    assert "You no longer take part" in page.text
    assert "To do" not in page.text
    assert page.summary_list["Travel and arrival"] == "No longer needed"
    assert still_there == "Ada Marsh"
    assert "Ada Marsh" not in visitor.open("/speakers").text
    assert sent() == [
        ("grace@conference.example", "Ada Marsh can no longer take part"),
        ("ada@example.org", "You no longer take part: Ada Marsh"),
    ]


def test_words_are_asked_for_where_organisers_must_act(visitor: Browser) -> None:
    sign_in_speaker(visitor, get_ada_marsh())

    page = answer(visitor, CANNOT, status=422)

    assert page.errors == ["Write a few words, so that the organisers know what to do"]


def test_whoever_was_withdrawn_meanwhile_is_told_and_keeps_what_they_typed(
    visitor: Browser,
) -> None:
    sign_in_speaker(visitor, get_ada_marsh())
    form = visitor.open("/speak/ada-marsh/taking-part")
    get_ada_marsh().withdrawn_at = get_ada_marsh().changed_at or make_organiser().added_at
    db.session.commit()

    page = form.press("Send", {ANSWER: OTHER, WHY: "The train arrives at noon"}, status=409)

    assert page.errors == ["You no longer take part, so this cannot be changed here"]
    assert "The train arrives at noon" in page.source


def test_a_session_that_moves_meanwhile_is_shown_before_anything_counts(visitor: Browser) -> None:
    sign_in_speaker(visitor, get_ada_marsh())
    form = visitor.open("/speak/ada-marsh/taking-part")
    moved = db.session.scalars(select(Session).where(Session.slug == "farewell")).one()
    assert moved.starts_at is not None
    moved.starts_at -= timedelta(hours=2)
    db.session.commit()

    late = form.press("Send", {ANSWER: "Yes, as the programme has it"}, status=409)
    nothing_yet = get_ada_marsh().confirmed_at
    again = late.press("Send")

    (error,) = late.errors
    assert error.startswith("The programme has changed since you opened this page")
    assert "2pm on Thursday 11 June 2009" in late.text
    assert nothing_yet is None
    assert "Thank you: you take part." in again.source
