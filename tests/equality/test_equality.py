"""People say who they are if they want to; organisers see counts that give nobody away."""

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
from app.equality import disclosure, services
from app.equality.models import EqualityCount, EqualityQuestion
from tests.browser import Browser
from tests.factories import sign_in
from tests.registration_flow import answer_questions

AGE = "How old are you?"
CHOICES = ("a", "b", "c")  # of the property tests
OLGA = "olga@conference.example"


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


@pytest.mark.both_databases
def test_whoever_wants_to_answers_after_registering(visitor: Browser) -> None:
    ask("age", "disability")
    page = answer_questions(visitor).press("Confirm registration")
    page = page.follow("Answer a few questions about yourself (optional)")
    assert page.heading == "Help us understand who takes part"

    page = page.press("Send answers", {AGE: "25 to 34"})

    assert page.heading == "Thank you"
    assert get_numbers("age") == {"25-34": 1}
    assert get_numbers("disability") == {}


def test_where_nothing_is_asked_nothing_is_offered(visitor: Browser) -> None:
    page = answer_questions(visitor).press("Confirm registration")

    assert "Help us understand who takes part" not in page.text
    assert "There are no questions at the moment." in visitor.open("/register/equality").text


def test_nothing_that_is_stored_leads_to_a_person(visitor: Browser) -> None:
    ask("age")
    visitor.open("/register/equality").press("Send answers", {AGE: "Under 25"})

    assert EqualityCount.__table__.columns.keys() == [
        *("question_key", "choice", "number", "published"),
    ]
    assert EqualityQuestion.__table__.columns.keys() == [
        *("key", "is_asked", "answered", "published"),
    ]
    db.session.rollback()
    names = [one for one in inspect(db.engine).get_table_names() if not one.startswith("equality")]
    rows = [row for name in names for row in db.session.execute(text(f'SELECT * FROM "{name}"'))]  # noqa: S608 - ours
    assert [row for row in rows if "under-25" in map(str, row)] == []
    assert visitor.open("/register/equality").response.headers["Referrer-Policy"] == "no-referrer"


def test_an_answer_that_is_not_offered_is_not_counted(site: Flask) -> None:
    ask("age")

    count(age="a hundred", disability="yes", height="tall")

    assert db.session.scalars(select(EqualityCount)).all() == []


def test_organisers_see_rounded_counts_and_no_small_ones(visitor: Browser) -> None:
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


def test_the_privacy_page_names_what_is_asked(visitor: Browser) -> None:
    assert "Equality monitoring" not in visitor.open("/privacy").text

    ask("ethnicity", "region")

    page = visitor.open("/privacy")
    assert "Equality monitoring" in page.text
    assert "Ethnic group Region" in page.text


def test_all_of_it_is_deleted_a_year_after_the_conference(site: Flask) -> None:
    ask("age")
    count(age="25-34")
    left = []
    for day in ("2010-06-11T12:00:00Z", "2010-06-13T12:00:00Z"):
        with time_machine.travel(day, tick=False), transaction():
            services.purge_expired()
        left.append(len(db.session.scalars(select(EqualityQuestion)).all()))
        db.session.rollback()

    assert left == [5, 0]


# That suppression cannot be undone: somebody who knows exactly how many people answered, at each
# look, and all that was published, tries every set of counts that fits.

Look = tuple[int, Mapping[str, int]]  # how many had answered, and what is published


def watch(answers: Sequence[str]) -> list[Look]:
    """Return what is published, each time that it is published anew."""
    counts = dict.fromkeys(CHOICES, 0)
    looks: list[Look] = [(0, dict.fromkeys(CHOICES, 0))]
    for number, answer in enumerate(answers, start=1):
        counts[answer] += 1
        answered, before = looks[-1]
        now = disclosure.choose_published(counts, before, number - answered)
        if now is not before:
            looks.append((number, dict(now)))
    return looks[1:]


def list_possible(look: Look) -> list[tuple[int, ...]]:
    answered, shown = look
    ranges = [range(shown[name], shown[name] + disclosure.STEP) for name in CHOICES]
    return [one for one in product(*ranges) if sum(one) == answered]


many = st.lists(st.sampled_from(CHOICES), min_size=0, max_size=60)


@given(many)
def test_any_of_five_numbers_can_stand_behind_each_count(answers: list[str]) -> None:
    for look in watch(answers):
        possible = list_possible(look)
        for place, name in enumerate(CHOICES):
            shown = look[1][name]
            assert {one[place] for one in possible} == set(range(shown, shown + disclosure.STEP))


@settings(max_examples=60)
@given(many)
def test_two_looks_after_each_other_give_no_small_number_away(answers: list[str]) -> None:
    for earlier, later in pairwise(watch(answers)):
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
def test_what_one_person_says_changes_no_look(answers: list[str], other: str, data: Any) -> None:
    """Whoever answers first after a look leaves no trace until four more have answered."""
    looks = watch(answers)
    answered = looks[-1][0] if looks else 0
    few = answers[:answered] + data.draw(st.lists(st.just(other), max_size=disclosure.STEP - 1))

    assert watch(few) == looks


def test_a_sum_that_gives_the_others_away_is_not_published() -> None:
    """Five of five who say the same would say that nobody else said anything."""
    assert watch(["a"] * 5) == []
