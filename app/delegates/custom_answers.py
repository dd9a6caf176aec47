"""Delegates' answers to the organisers' questions: stored, read, counted and erased."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import delete, func, select

from app.database import db
from app.delegates import answer_files, custom_questions
from app.delegates.answer_json import Answers
from app.delegates.fields import BOOKING_FIELDS
from app.delegates.models import Delegate, DelegateAnswer
from app.delegates.standard_questions import find_definition
from app.questions.definitions import Definition
from app.questions.models import Question


def to_answers(delegate: Delegate) -> Answers:
    """Return a delegate's answers by name."""
    names = {question.id: question.name for question in custom_questions.list_all()}
    if not names:
        return {}
    return {
        names[answer.question_id]: answer.value
        for answer in delegate.custom_answers
        if answer.question_id in names
    }


def store(delegate: Delegate, answers: Answers) -> None:
    """Write the answers to the questions that a delegate is asked.

    An answer keeps its wording unless its value changes. Answers to questions that the delegate is
    no longer asked, because of another answer or other days, are deleted; those to retired
    questions stay.
    """
    definitions = custom_questions.list_active()
    if not definitions:
        return
    rows = {answer.question_id: answer for answer in delegate.custom_answers}
    relevant = {question.id for question in custom_questions.list_relevant(answers)}
    new = {}
    for definition in definitions:
        value = answers.get(definition.name, "") if definition.id in relevant else ""
        row = rows.get(definition.id)
        if row is None and value:
            new[definition.id] = DelegateAnswer(
                question_id=definition.id, version_id=definition.current.id, value=value
            )
        elif row is not None and row.value != value:
            _replace(delegate, row, definition, value)
    _add(delegate, new)


def _replace(delegate: Delegate, row: DelegateAnswer, definition: Definition, value: str) -> None:
    if value:
        row.value, row.version_id = value, definition.current.id
    else:
        delegate.custom_answers.remove(row)


def _add(delegate: Delegate, new: Mapping[int, DelegateAnswer]) -> None:
    """Add answers in one query, except to questions that were deleted concurrently."""
    for question_id in lock_questions(new):
        delegate.custom_answers.append(new[question_id])


def lock_answered(answers: Answers) -> None:
    """Keep the answered questions from being deleted until the transaction ends.

    Deleting a question locks it and then needs the cache version. Moving a place may bump the
    version, so call this before.
    """
    lock_questions(
        [question.id for question in custom_questions.list_active() if answers.get(question.name)]
    )


def lock_questions(numbers: Collection[int]) -> Sequence[int]:
    """Keep these questions from being deleted until the transaction ends; return existing ones."""
    if not numbers:
        return ()
    wanted = select(Question.id).where(Question.id.in_(numbers)).order_by(Question.id)
    return db.session.scalars(wanted.with_for_update(read=True, key_share=True)).all()


class GivenAnswer(NamedTuple):
    """A delegate's answer, with the wording of its question."""

    question: Definition
    label: str
    text: str
    value: str


def list_given(delegate: Delegate, *, with_private: bool = True) -> Sequence[GivenAnswer]:
    """List a delegate's answers, including those to retired questions."""
    questions = custom_questions.list_all()
    if not questions:
        return ()
    answers = {answer.question_id: answer for answer in delegate.custom_answers}
    return [
        GivenAnswer(
            question,
            custom_questions.get_label(question, answers[question.id].version_id),
            custom_questions.format_answer(
                question, answers[question.id].value, answers[question.id].version_id
            ),
            answers[question.id].value,
        )
        for question in questions
        if question.id in answers and (with_private or not question.is_private)
    ]


def find_value(delegate: Delegate, question_id: int) -> str:
    """Return a delegate's answer to a question, or ""."""
    rows = {answer.question_id: answer.value for answer in delegate.custom_answers}
    return rows.get(question_id, "")


def count_by_question() -> Mapping[int, int]:
    """Return the number of delegates who answered each question, by its id."""
    rows = db.session.execute(
        select(DelegateAnswer.question_id, func.count()).group_by(DelegateAnswer.question_id)
    )
    return dict(rows.tuples().all())


def count_standard() -> Mapping[int, int]:
    """Return the same for standard questions, except those whose answers are private."""
    definitions_and_fields = [(find_definition(field), field) for field in BOOKING_FIELDS]
    numbers = [
        (found.id, getattr(Delegate, one.column)) for found, one in definitions_and_fields if found
    ]
    counts = (func.count(func.nullif(column, "")) for _, column in numbers)
    row = db.session.execute(select(*counts)).one() if numbers else ()
    return {number: count for (number, _), count in zip(numbers, row, strict=True)}


def erase_of_questions(definitions: Iterable[Definition]) -> None:
    """Delete every answer to these questions."""
    ids = [definition.id for definition in definitions]
    if ids:
        answer_files.delete_of_questions(ids)
        db.session.execute(delete(DelegateAnswer).where(DelegateAnswer.question_id.in_(ids)))


def remove_private(delegate: Delegate) -> bool:
    """Delete a delegate's answers to private questions; return True if there were any."""
    private = {question.id for question in custom_questions.list_all() if question.is_private}
    found = [answer for answer in delegate.custom_answers if answer.question_id in private]
    for one in found:
        delegate.custom_answers.remove(one)
    return bool(found)
