"""Answering a question while it is being deleted: the answer is kept, or dropped with it."""

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
from tests.races import run_concurrently, run_while_locked, wait_until_blocked
from tests.registration.test_session_booking_races import refuse_on_deadlock

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
def test_a_question_answered_while_it_is_deleted_is_kept(site: Flask) -> None:
    question, delegate = make_question().id, make_delegate().id

    ended = run_while_locked(
        site,
        lambda: answer(delegate, question),
        refuse_on_deadlock(db.session.flush),
        refuse_on_deadlock(lambda: delete_question(question)),
    )

    assert ended == ["People have answered this question. Retire it instead", "done"]
    assert db.session.scalars(select(DelegateAnswer.value)).all() == ["By bus"]


@pytest.mark.postgresql_only
def test_without_the_question_lock_the_whole_save_would_be_lost(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: without the lock, the test above fails."""
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

    assert run_concurrently(site, [save, delete]) == [LOST, "done"]


def answer_with_the_last_place(site: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Move a delegate to a category and answer for them, as the desk does; return both outcomes.

    The deletion of the question has to wait for the limit of the category and the cache version.
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
    return run_concurrently(site, [refuse_on_deadlock(move), refuse_on_deadlock(delete)])


@pytest.mark.postgresql_only
def test_deleting_a_question_and_saving_an_answer_do_not_deadlock(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = answer_with_the_last_place(site, monkeypatch)

    assert ended == ["People have answered this question. Retire it instead", "done"]
    assert db.session.scalars(select(DelegateAnswer.value)).all() == ["By bus"]


@pytest.mark.postgresql_only
def test_locking_questions_after_the_cache_version_would_deadlock(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: without the lock order, the test above deadlocks."""
    monkeypatch.setattr(custom_answers, "lock_answered", lambda _: None)

    assert answer_with_the_last_place(site, monkeypatch) == ["deadlock", "done"]
