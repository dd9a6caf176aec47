"""What only organisers and the desk may read of the answers shows nowhere else."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from app.accounts.models import VIEWER
from app.database import db, transaction
from app.delegates.models import Delegate, DelegateAnswer
from app.questions import services
from app.questions.models import Question
from app.questions.readers import TooManyReaders
from tests.browser import Browser, Page
from tests.factories import make_delegate, make_group, make_interest, make_question, sign_in

VI = "vi@conference.example"
DEAF, BUS = "Are you deaf?", "Which bus?"
WHEN, READERS = "When to ask it", "Who can see the answers?"
FEW = {READERS: "Only organisers and the registration desk"}
IF_DEAF = {WHEN: f"If “{DEAF}” is “Yes”"}
TOO_MANY = "depends on one whose answers only organisers and the registration desk can see"


def answer(delegate: Delegate, question: Question, value: str) -> None:
    """Save an answer of a delegate."""
    given = DelegateAnswer(delegate_id=delegate.id, question_id=question.id, value=value)
    with transaction():
        given.version_id = question.versions[-1].id
        db.session.add(given)


def change(
    organiser: Browser, question: Question, answers: dict[str, Any], status: int = 200
) -> Page:
    page = organiser.open(f"/organise/questions/{question.id}/change")
    return page.press("Save", answers, status=status)


@pytest.mark.both_databases
def test_a_question_that_depends_on_a_private_question_is_private_too(
    visitor: Browser, new_browser: Any
) -> None:
    deaf = make_question(DEAF, kind="yes_no")
    bus = make_question(BUS, condition=f"{deaf.id} is yes", is_required=True)
    ada, bo = make_delegate(), make_delegate(email="bo@example.org")
    group = make_group(ada, bo)
    answer(ada, deaf, "yes")
    answer(bo, deaf, "no")
    organiser, viewer = sign_in(visitor), sign_in(new_browser(), VI, role=VIEWER)
    assert BUS in viewer.open(f"/organise/delegates/{ada.reference}").text

    change(organiser, deaf, FEW)

    assert FEW[READERS] in organiser.open(f"/organise/questions/{bus.id}").text
    assert BUS in organiser.open(f"/organise/delegates/{ada.reference}").text
    assert "1 question to answer" in organiser.open(f"/organise/groups/{group.id}").text
    for delegate in (ada, bo):
        text = viewer.open(f"/organise/delegates/{delegate.reference}").text
        assert [one for one in (DEAF, BUS, "Still to answer") if one in text] == []
    assert "1 question to answer" not in viewer.open(f"/organise/groups/{group.id}").text
    counts = {row["Question"]: row["Answers"] for row in viewer.open("/organise/questions").rows}
    assert (counts[DEAF], counts[BUS]) == ("–", "–")
    counts = {row["Question"]: row["Answers"] for row in organiser.open("/organise/questions").rows}
    assert (counts[DEAF], counts[BUS]) == ("2", "0")


def test_a_question_that_depends_on_a_private_one_cannot_be_made_less_private(
    visitor: Browser,
) -> None:
    make_question(DEAF, kind="yes_no", readers="registrations")
    bus = make_question(BUS)
    organiser = sign_in(visitor)

    page = change(organiser, bus, IF_DEAF, status=422)

    assert TOO_MANY in page.text
    assert page.press("Save", FEW).heading == BUS
    with pytest.raises(TooManyReaders):
        make_question("Which seat?", condition=f"{bus.id} answered")


def test_standard_questions_cannot_depend_on_a_private_question(visitor: Browser) -> None:
    deaf = make_question(DEAF, kind="yes_no")
    with transaction():
        services.move(deaf, "1", actor="Olga")
    organiser = sign_in(visitor)
    role = db.session.scalars(select(Question).where(Question.key == "role")).one()

    change(organiser, role, IF_DEAF)
    refused = change(organiser, deaf, FEW, status=422)
    change(organiser, role, {WHEN: "Always"})
    change(organiser, deaf, FEW)
    page = change(organiser, role, IF_DEAF, status=422)

    assert "first: it depends on an answer to this question, and everyone" in refused.text
    assert TOO_MANY in page.text


def test_a_standard_question_that_depends_on_a_private_one_cannot_be_reinstated(
    visitor: Browser,
) -> None:
    deaf = make_question(DEAF, kind="yes_no")
    with transaction():
        services.move(deaf, "1", actor="Olga")
    organiser = sign_in(visitor)
    role = db.session.scalars(select(Question).where(Question.key == "role")).one()
    change(organiser, role, IF_DEAF)
    organiser.open(f"/organise/questions/{role.id}").press("Hide")
    change(organiser, deaf, FEW)

    page = organiser.open(f"/organise/questions/{role.id}").press("Ask it again", status=422)

    assert "Change when it is asked first" in page.text
    db.session.expire_all()
    assert role.retired_at is not None


@pytest.mark.both_databases
def test_private_answers_in_expressions_of_interest_are_hidden_from_viewers(
    visitor: Browser, new_browser: Any
) -> None:
    private, public = make_question("Are you pregnant?"), make_question(BUS)
    answers = {f"question_{private.id}": "Due in June", f"question_{public.id}": "Number 9"}
    interest = make_interest(document=json.dumps(answers))
    organiser, viewer = sign_in(visitor), sign_in(new_browser(), VI, role=VIEWER)
    assert "Due in June" in viewer.open(f"/organise/interest/{interest.id}").text

    change(organiser, private, FEW)

    page = viewer.open(f"/organise/interest/{interest.id}")
    assert "Number 9" in page.text
    assert "Due in June" not in page.text
