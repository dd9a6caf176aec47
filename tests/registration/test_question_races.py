"""Somebody answers a question while an organiser deletes it: the answer is kept, or is none."""

import threading
from collections.abc import Mapping

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.database import db, transaction
from app.delegates import custom_answers
from app.delegates.answer_json import Answers
from app.delegates.models import Delegate, DelegateAnswer
from app.errors import RuleViolation
from app.questions import services
from app.questions.models import Question
from app.registration.bookings import changes, operations
from app.registration.bookings.changes import BookingChange
from app.registration.question_promises import is_answered
from tests.factories import make_category, make_delegate, make_question
from tests.races import at_once, cross, wait_until_blocked
from tests.registration.test_session_booking_races import naming_deadlocks

LOST = "The booking was not saved"
DESK = "desk@conference.example"


def delete_question(number: int) -> None:
    with transaction():
        services.delete(
            db.session.get_one(Question, number),
            is_answered=is_answered,
            actor="grace@conference.example",
        )


def answer(delegate: int, question: int) -> None:
    """Answer a question in the transaction that the caller ends."""
    person = db.session.get_one(Delegate, delegate)
    custom_answers.store(person, {f"question_{question}": "By bus"})


@pytest.mark.postgresql_only
def test_a_question_that_is_answered_while_it_is_deleted_stays(site: Flask) -> None:
    question, delegate = make_question().id, make_delegate().id

    ended = cross(
        site,
        lambda: answer(delegate, question),
        naming_deadlocks(db.session.flush),
        naming_deadlocks(lambda: delete_question(question)),
    )

    assert ended == ["People have answered this question. Retire it instead", "done"]
    assert db.session.scalars(select(DelegateAnswer.value)).all() == ["By bus"]


@pytest.mark.postgresql_only
def test_without_its_lock_everything_that_is_saved_with_the_answer_would_be_lost(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: it shows that the story above can see the race."""
    question, delegate = make_question().id, make_delegate().id
    looked, deleted = threading.Event(), threading.Event()

    def only_look(person: Delegate, new: Mapping[int, DelegateAnswer]) -> None:
        for number in db.session.scalars(select(Question.id).where(Question.id.in_(new))).all():
            looked.set()
            deleted.wait(20)
            person.custom_answers.append(new[number])

    def save() -> None:
        try:
            with transaction():
                answer(delegate, question)
        except IntegrityError as fault:
            raise RuleViolation(LOST) from fault

    def delete() -> None:
        looked.wait(20)
        delete_question(question)
        deleted.set()

    monkeypatch.setattr(custom_answers, "_add", only_look)

    assert at_once(site, [save, delete]) == [LOST, "done"]


def answer_with_the_last_place(site: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Move somebody to a category and answer for them, as the desk does; return how both ended.

    The last place of the category is taken, and so the cache version, when the question is deleted.
    """
    category, question, delegate = make_category(1).id, make_question().id, make_delegate().id
    answers = {"category": str(category), f"question_{question}": "By bus"}
    placed, apply = threading.Event(), changes.apply

    def apply_late(person: Delegate, given: Answers) -> list[BookingChange]:
        placed.set()
        wait_until_blocked()
        return apply(person, given)

    def move() -> None:
        with transaction():
            person = db.session.get_one(Delegate, delegate)
            operations.update(person, answers, expected_version=person.version, actor=DESK)

    def delete() -> None:
        placed.wait(20)
        delete_question(question)

    monkeypatch.setattr(changes, "apply", apply_late)
    return at_once(site, [naming_deadlocks(move), naming_deadlocks(delete)])


@pytest.mark.postgresql_only
def test_whoever_deletes_a_question_is_not_in_the_way_of_a_move_with_an_answer(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = answer_with_the_last_place(site, monkeypatch)

    assert ended == ["People have answered this question. Retire it instead", "done"]
    assert db.session.scalars(select(DelegateAnswer.value)).all() == ["By bus"]


@pytest.mark.postgresql_only
def test_with_the_lock_after_the_cache_version_they_would_wait_for_each_other(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: it shows that the story above can see the deadlock."""
    monkeypatch.setattr(custom_answers, "lock_answered", lambda _: None)

    assert answer_with_the_last_place(site, monkeypatch) == ["deadlock", "done"]
