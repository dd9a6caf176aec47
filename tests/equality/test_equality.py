"""Equality monitoring is voluntary and anonymous.

People answer if they want to; organisers see counts that identify no one.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise, product
from typing import Any

import pytest
import time_machine
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect, select, text

from app.accounts.models import VIEWER
from app.database import db, transaction
from app.delegates.models import Delegate
from app.equality import answer_tokens, disclosure, services
from app.equality.models import EqualityCount, EqualityQuestion, SpentToken
from app.errors import RuleViolation
from app.registration.bookings import services as bookings
from tests.browser import Browser, Browsers, Page
from tests.factories import make_delegate, sign_in
from tests.lookups import booking_url
from tests.races import DONE, run_concurrently
from tests.registration.test_duplicates import MOMENT, compare, make_pair
from tests.registration_flow import answer_questions
from tests.sent_emails import find_link, get_last_email_to

AGE = "How old are you?"
CHOICES = ("a", "b", "c")  # of the property tests
OLGA = "olga@conference.example"
OFFER = "Answer a few questions about yourself (optional)"
ONCE = "You can answer these questions only once"
PATH = "/register/equality"


def ask(*keys: str) -> None:
    with transaction():
        services.set_active(keys, actor=OLGA)


def count(**answers: str) -> None:
    with transaction():
        services.count_answers(answers)


def get_numbers(key: str) -> dict[str, int]:
    db.session.rollback()
    rows = db.session.scalars(select(EqualityCount).where(EqualityCount.question_key == key))
    return {one.choice: one.number for one in rows if one.number}


def open_questions(delegate: Browser, booking: Delegate, root: str = "") -> Page:
    """Open the questions from the page of a booking; ``root`` is that of another language."""
    return delegate.open(f"{root}{booking_url(booking)}").press(OFFER)


@pytest.mark.both_databases
def test_equality_questions_can_be_answered_after_registering(visitor: Browser) -> None:
    ask("age", "disability")
    page = answer_questions(visitor).press("Confirm registration")
    assert "open your booking with the link in our email" in page.text
    booking = find_link(get_last_email_to("ada@example.org"), "/booking/")

    page = visitor.open(booking).press(OFFER)
    assert page.heading == "Help us understand who takes part"
    page = page.press("Send answers", {AGE: "25 to 34"})

    assert page.heading == "Thank you"
    assert get_numbers("age") == {"25-34": 1}
    assert get_numbers("disability") == {}


@pytest.mark.both_databases
def test_each_booking_can_answer_equality_questions_once(
    visitor: Browser, new_browser: Browsers
) -> None:
    ask("age")
    ada, cy = make_delegate(email="ada@example.org"), make_delegate(email="cy@example.org")
    elsewhere = new_browser()
    offered = elsewhere.open(booking_url(ada))
    form = open_questions(visitor, ada)
    token = visitor.cookies()["equality"]

    assert form.press("Send answers", {AGE: "25 to 34"}).heading == "Thank you"

    assert ONCE in form.press("Send answers", {AGE: "Under 25"}, status=409).text
    assert OFFER not in visitor.open(booking_url(ada)).buttons
    assert ONCE in offered.press(OFFER).text
    visitor.set_cookie("equality", token, PATH)  # as whoever has kept a copy
    visitor.open(PATH).press("Send answers", {AGE: "Under 25"})
    assert get_numbers("age") == {"25-34": 1}
    open_questions(new_browser(), cy).press("Send answers", {AGE: "25 to 34"})
    assert get_numbers("age") == {"25-34": 2}


def test_merged_bookings_can_answer_equality_questions_only_once(
    visitor: Browser, new_browser: Browsers
) -> None:
    ask("age")
    first, second = make_pair()
    ada = new_browser()
    open_questions(ada, first).press("Send answers", {AGE: "25 to 34"})
    assert OFFER in ada.open(booking_url(second)).buttons

    keep = f"{second.reference}, registered {MOMENT}"
    compare(visitor).press("Merge bookings", {"Which booking do you want to keep?": keep})

    assert OFFER not in ada.open(booking_url(second)).buttons


@pytest.mark.both_databases
def test_equality_answers_without_a_valid_ticket_are_refused(
    visitor: Browser, new_browser: Browsers
) -> None:
    ask("age")
    form = open_questions(visitor, make_delegate(email="ada@example.org"))
    stranger = new_browser()

    page = stranger.open(PATH)

    assert page.heading == "Help us understand who takes part"
    assert ONCE in page.text
    assert page.follow("Get the link to your booking").heading == "Get a new link to your booking"
    assert "Send answers" not in page.buttons
    for made_up in ("", "made-up", "Im1hZGUtdXAi.c2lnbmVk"):
        visitor.set_cookie("equality", made_up, PATH)
        assert ONCE in form.press("Send answers", {AGE: "Under 25"}, status=409).text
    assert get_numbers("age") == {}


@pytest.mark.both_databases
def test_concurrent_equality_answers_are_counted_once(site: Flask) -> None:
    ask("age")
    number = make_delegate().id

    def offer() -> None:
        if not bookings.open_equality_questions(db.session.get_one(Delegate, number)):
            raise RuleViolation(ONCE)

    def answer() -> None:
        if not answer_tokens.spend("a token"):
            raise RuleViolation(ONCE)
        services.count_answers({"age": "25-34"})

    assert run_concurrently(site, [offer, offer]) == [ONCE, DONE]
    assert run_concurrently(site, [answer, answer]) == [ONCE, DONE]
    assert get_numbers("age") == {"25-34": 1}


def test_no_equality_questions_are_offered_unless_organisers_choose_some(visitor: Browser) -> None:
    page = answer_questions(visitor).press("Confirm registration")

    assert "Help us understand who takes part" not in page.text
    booking = find_link(get_last_email_to("ada@example.org"), "/booking/")
    assert "Help us understand who takes part" not in visitor.open(booking).text
    assert "There are no questions at the moment." in visitor.open("/register/equality").text


def test_stored_equality_answers_cannot_be_linked_to_a_person(visitor: Browser) -> None:
    ask("age")
    delegate = make_delegate()
    page = open_questions(visitor, delegate)
    assert page.response.headers["Referrer-Policy"] == "no-referrer"
    page.press("Send answers", {AGE: "Under 25"})

    assert EqualityCount.__table__.columns.keys() == [
        *("question_key", "choice", "number", "published"),
    ]
    assert EqualityQuestion.__table__.columns.keys() == [
        *("key", "is_asked", "answered", "published"),
    ]
    assert SpentToken.__table__.columns.keys() == ["hash"]
    db.session.rollback()
    names = [one for one in inspect(db.engine).get_table_names() if not one.startswith("equality")]
    rows = [row for name in names for row in db.session.execute(text(f'SELECT * FROM "{name}"'))]  # noqa: S608 - ours
    assert [row for row in rows if "under-25" in map(str, row)] == []


def test_an_unknown_equality_choice_is_not_counted(site: Flask) -> None:
    ask("age")

    count(age="a hundred", disability="yes", height="tall")

    assert db.session.scalars(select(EqualityCount)).all() == []


def test_organisers_see_rounded_counts_and_small_ones_are_suppressed(visitor: Browser) -> None:
    sign_in(visitor)
    page = visitor.open("/organise/questions/equality").follow("Choose questions")
    page = page.press("Save", {"Questions (optional)": ["Disability"]})
    assert "There are not enough answers to show yet." in page.text
    for choice, number in (("yes", 2), ("no", 7), ("not-said", 3)):
        for _ in range(number):
            count(disability=choice)

    page = visitor.open("/organise/questions/equality")

    assert page.rows == [
        {"Answer": "Yes", "People": "Fewer than 5"},
        {"Answer": "No", "People": "5 or more"},
        {"Answer": "Prefer not to say", "People": "Fewer than 5"},
    ]
    viewer = sign_in(visitor, "vi@conference.example", VIEWER)
    assert "Choose questions" not in viewer.open("/organise/questions/equality").text


def test_the_privacy_page_names_the_equality_questions(visitor: Browser) -> None:
    assert "Equality monitoring" not in visitor.open("/privacy").text

    ask("ethnicity", "region")

    page = visitor.open("/privacy")
    assert "Equality monitoring" in page.text
    assert "Ethnic group Region" in page.text


def test_equality_answers_are_deleted_a_year_after_the_conference(site: Flask) -> None:
    ask("age")
    count(age="25-34")
    left = []
    for day in ("2010-06-11T12:00:00Z", "2010-06-13T12:00:00Z"):
        with time_machine.travel(day, tick=False), transaction():
            services.purge_expired()
        left.append(len(db.session.scalars(select(EqualityQuestion)).all()))
        db.session.rollback()

    assert left == [5, 0]


# Suppression cannot be undone: an attacker who knows how many people answered at each look, and all
# that was published, tries every set of counts that fits.

PublishedCounts = tuple[int, Mapping[str, int]]  # how many had answered, and what is published


def list_published_counts(answers: Sequence[str]) -> list[PublishedCounts]:
    """Return the published counts each time they change."""
    counts = dict.fromkeys(CHOICES, 0)
    looks: list[PublishedCounts] = [(0, dict.fromkeys(CHOICES, 0))]
    for number, answer in enumerate(answers, start=1):
        counts[answer] += 1
        answered, before = looks[-1]
        now = disclosure.choose_published(counts, before, number - answered)
        if now is not before:
            looks.append((number, dict(now)))
    return looks[1:]


def list_possible(look: PublishedCounts) -> list[tuple[int, ...]]:
    answered, shown = look
    ranges = [range(shown[name], shown[name] + disclosure.STEP) for name in CHOICES]
    return [one for one in product(*ranges) if sum(one) == answered]


many = st.lists(st.sampled_from(CHOICES), min_size=0, max_size=60)


@given(many)
def test_each_published_count_hides_five_possible_numbers(answers: list[str]) -> None:
    for look in list_published_counts(answers):
        possible = list_possible(look)
        for place, name in enumerate(CHOICES):
            shown = look[1][name]
            assert {one[place] for one in possible} == set(range(shown, shown + disclosure.STEP))


@settings(max_examples=60)
@given(many)
def test_comparing_two_published_counts_reveals_no_small_number(answers: list[str]) -> None:
    for earlier, later in pairwise(list_published_counts(answers)):
        assert later[0] - earlier[0] >= disclosure.STEP
        pairs = [
            (one, two)
            for one in list_possible(earlier)
            for two in list_possible(later)
            if all(before <= after for before, after in zip(one, two, strict=True))
        ]
        for place in range(len(CHOICES)):
            assert len({one[place] for one, _ in pairs}) > 1
            assert len({two[place] for _, two in pairs}) > 1


@given(many, st.sampled_from(CHOICES), st.data())
def test_a_single_answer_does_not_change_the_published_counts(
    answers: list[str], other: str, data: Any
) -> None:
    """The first answer after a publication changes nothing until four more have answered."""
    looks = list_published_counts(answers)
    answered = looks[-1][0] if looks else 0
    few = answers[:answered] + data.draw(st.lists(st.just(other), max_size=disclosure.STEP - 1))

    assert list_published_counts(few) == looks


def test_a_total_that_would_reveal_the_other_counts_is_not_published() -> None:
    """If five of five give the same answer, the count would reveal each of them."""
    assert list_published_counts(["a"] * 5) == []
