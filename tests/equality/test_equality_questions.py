"""Organisers word the questions about equality themselves; counts never mix two wordings."""

import pytest
from flask import Flask
from sqlalchemy import inspect, select, text

from app.accounts.models import VIEWER
from app.database import db, transaction
from app.equality import queries, services, wordings
from app.equality.models import EqualityCount
from app.history.models import HistoryEntry
from app.questions.edited_question import EditedTexts
from tests.browser import Browser
from tests.equality.test_equality import AGE, OLGA, ask, count, get_numbers, open_questions
from tests.factories import make_delegate, sign_in

WORDING = "/organise/questions/equality/wording"
NEWER = "Which age group are you in?"
CHOICES = "Under 30\n30 or over"


@pytest.mark.both_databases
def test_changing_a_question_starts_new_counts_and_keeps_the_earlier_ones(
    organiser: Browser,
) -> None:
    ask("age")
    for choice in (*["25-34"] * 12, *["65-up"] * 4, *["under-25"] * 4):
        count(age=choice)
    before = get_numbers("age")

    organiser.open(WORDING).follow(AGE)
    page = organiser.press("Save", {"Question": NEWER, "Choices": CHOICES})
    assert page.heading == "Questions about equality"
    form = open_questions(organiser, make_delegate())
    assert AGE not in form.text
    form.press("Send answers", {NEWER: "30 or over"})

    assert get_numbers("age") == before
    assert get_numbers("age-2") == {"c2": 1}
    page = organiser.open("/organise/questions/equality")
    assert page.headings[1:3] == [NEWER, "Age group Earlier wording"]
    assert "There are not enough answers to show yet." in page.text
    assert {"Answer": "25 to 34", "People": "10 or more"} in page.rows
    assert {"Answer": "30 or over", "People": "Fewer than 5"} not in page.rows


def test_an_answer_to_the_earlier_text_is_not_counted_for_the_newer(
    organiser: Browser,
) -> None:
    ask("age")
    with transaction():
        edited = {"en": EditedTexts(NEWER, "", ("A", "B"))}
        wordings.reword("age", edited, expected_version=1, actor=OLGA)

    count(age="25-34")

    assert db.session.scalars(select(EqualityCount)).all() == []


def test_changing_the_hint_of_a_question_keeps_its_choices(organiser: Browser) -> None:
    ask("age")
    page = organiser.open(WORDING).follow(AGE)
    assert page.value_of("Question") == AGE
    assert page.value_of("Choices").splitlines()[0] == "Under 25"

    page.press("Save", {"Help (optional)": "At the time of the conference"})

    form = open_questions(organiser, make_delegate())
    assert "At the time of the conference" in form.text
    assert "25 to 34" in form.text


@pytest.mark.settings(LANGUAGES='["en", "fr"]')
def test_each_language_has_its_own_question_text(organiser: Browser) -> None:
    ask("age")
    organiser.open(WORDING).follow(AGE)

    organiser.press("Save", {"Question (français, optional)": "Quel âge avez-vous ?"})

    ada, cy = make_delegate(email="ada@example.org"), make_delegate(email="cy@example.org")
    assert AGE in open_questions(organiser, ada).text
    french = open_questions(organiser, cy, "/fr").text
    assert "Quel âge avez-vous ?" in french
    assert AGE not in french


def test_an_added_question_is_asked_once_it_is_chosen(organiser: Browser) -> None:
    organiser.open(WORDING).follow("Add a question")
    words = {"Question": "What is your first language?", "Choices": "English\nAnother"}
    page = organiser.press("Add this question", words)
    assert "Nobody is asked it until you choose it below." in page.source
    assert "There are no questions at the moment." in organiser.open("/register/equality").text

    organiser.open("/organise/questions/equality/change")
    organiser.press("Save", {"Questions (optional)": ["What is your first language?"]})
    form = open_questions(organiser, make_delegate())
    form.press("Send answers", {"What is your first language?": "Another"})

    key = next(one.key for one in queries.read_questions() if one.key.startswith("q"))
    assert get_numbers(key) == {"c2": 1}
    assert "What is your first language?" in organiser.open("/privacy").text


def test_questions_are_asked_in_the_order_set_by_organisers(organiser: Browser) -> None:
    ask("age", "gender")

    organiser.open(WORDING).press("Move Gender up")

    form = open_questions(organiser, make_delegate())
    assert form.text.index("What is your gender?") < form.text.index(AGE)
    assert [one.key for one in queries.read_questions()][:2] == ["gender", "age"]


def test_hiding_a_question_keeps_its_counts(organiser: Browser) -> None:
    ask("age")
    for _ in range(6):
        count(age="25-34")
        count(age="65-up")
        count(age="under-25")
    numbers = get_numbers("age")

    organiser.open("/organise/questions/equality/change")
    organiser.press("Save", {"Questions (optional)": []})

    assert "There are no questions at the moment." in organiser.open("/register/equality").text
    assert get_numbers("age") == numbers


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ({"Question": ""}, "Enter the question"),
        ({"Choices": "One"}, "Enter at least two choices, each on a line of its own"),
        (
            {"Choices": "Same\nsame"},
            "Two of the choices are the same. Change or remove one of them",
        ),
        ({"Choices": "Yes\nPrefer not to say"}, wordings.NOT_SAID_IS_ADDED),
        ({"Choices": "\n".join(map(str, range(31)))}, "Enter 30 choices or fewer"),
        ({"Question": "A" * 201}, "The question must be 200 characters or fewer"),
        ({"Question": "A\u202e"}, "It contains hidden characters that we cannot use"),
    ],
)
def test_an_invalid_question_text_is_refused(
    organiser: Browser, words: dict[str, str], error: str
) -> None:
    page = organiser.open(WORDING).follow(AGE)

    page = page.press("Save", words, status=422)

    assert error in page.errors[0]
    assert queries.read_questions() == queries.SHIPPED


def test_a_stale_edit_of_a_question_shows_both_texts(organiser: Browser) -> None:
    page = organiser.open(WORDING).follow(AGE)
    with transaction():
        edited = {"en": EditedTexts(NEWER, "", ("A", "B"))}
        wordings.reword("age", edited, expected_version=1, actor=OLGA)

    page = page.press("Save", {"Question": "Mine"}, status=409)

    assert page.value_of("Question") == "Mine"
    assert {"": "Question", "Saved now": NEWER, "Yours": "Mine"} in page.rows
    assert queries.get_question("age").current.label == NEWER


def test_changing_a_question_stores_nothing_that_identifies_a_person_or_a_time(
    organiser: Browser,
) -> None:
    ask("age")
    organiser.open(WORDING).follow(AGE)
    organiser.press("Save", {"Question": NEWER, "Choices": "Marker one\nMarker two"})
    db.session.rollback()
    entries = len(db.session.scalars(select(HistoryEntry.id)).all())
    open_questions(organiser, make_delegate()).press("Send answers", {NEWER: "Marker one"})

    db.session.rollback()
    assert len(db.session.scalars(select(HistoryEntry.id)).all()) == entries
    db.session.rollback()
    counts = [one.name for one in EqualityCount.__table__.columns]
    assert counts == ["question_key", "choice", "number", "published"]
    names = [one for one in inspect(db.engine).get_table_names() if not one.startswith("equality")]
    rows = [row for name in names for row in db.session.execute(text(f'SELECT * FROM "{name}"'))]  # noqa: S608 - ours
    assert [row for row in rows if "age-2" in map(str, row)] == []


def test_a_viewer_can_read_the_questions_but_not_change_them(site: Flask, visitor: Browser) -> None:
    viewer = sign_in(visitor, "vi@conference.example", VIEWER)

    page = viewer.open(WORDING)

    assert AGE in page.text
    assert "Add a question" not in page.text
    viewer.open(f"{WORDING}/age", status=403)
    assert services.list_active() == []
