"""Organisers ask questions of their own: added, changed, put in order, retired, deleted."""

from collections.abc import Callable

import pytest

from tests.browser import Browser
from tests.factories import sign_in
from tests.registration_flow import answer_questions

TRAVEL = "How will you travel?"


@pytest.mark.both_databases
def test_a_question_is_on_the_form_as_soon_as_it_is_added(
    visitor: Browser, new_browser: Callable[[], Browser]
) -> None:
    organiser = sign_in(visitor)
    somebody = new_browser()
    assert "Step 4 of 7" in answer_questions(somebody, until="days").text

    page = organiser.open("/organise/questions").follow("Add a question")
    page = page.press(
        "Add this question",
        {
            "Question": TRAVEL,
            "Kind of answer": "One of several choices",
            "Choices": "Bus\nTrain",
            "People must answer this question": True,
            "Why do you ask?": "To plan the buses.",
        },
    )
    assert page.heading == TRAVEL
    assert "The question has been added." in page.source

    form = answer_questions(new_browser(), until="more")
    assert form.heading == TRAVEL
    assert "Why we ask: To plan the buses." in form.text
