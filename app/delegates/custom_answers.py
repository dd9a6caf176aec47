"""The answers of delegates to the organisers' questions: stored, read, counted and erased."""

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
    names = {one.id: one.name for one in custom_questions.list_all()}
    if not names:
        return {}
    return {
        names[one.question_id]: one.value
        for one in delegate.custom_answers
        if one.question_id in names
    }


def store(delegate: Delegate, answers: Answers) -> None:
    """Write the answers to the questions that are asked of a delegate; others stay or go.

    An answer stays as it is, with its words, unless another is given. What is no longer asked of
    this delegate, because of another answer or other days, is deleted; what is retired stays.
    """
    definitions = custom_questions.list_active()
    if not definitions:
        return
    rows = {one.question_id: one for one in delegate.custom_answers}
    relevant = {one.id for one in custom_questions.list_relevant(answers)}
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
    """Add answers, in one query for all; not to questions that have just been deleted elsewhere."""
    for question_id in lock_questions(new):
        delegate.custom_answers.append(new[question_id])


def lock_answered(answers: Answers) -> None:
    """Let nobody delete the questions that answers are given to, until the transaction ends.

    Whoever deletes one locks it and then needs the cache version. So whoever also moves a place,
    which may bump the version, calls this before.
    """
    lock_questions([one.id for one in custom_questions.list_active() if answers.get(one.name)])


def lock_questions(numbers: Collection[int]) -> Sequence[int]:
    """Let nobody delete these questions until the transaction ends; return those that exist."""
    if not numbers:
        return ()
    wanted = select(Question.id).where(Question.id.in_(numbers)).order_by(Question.id)
    return db.session.scalars(wanted.with_for_update(read=True, key_share=True)).all()


class GivenAnswer(NamedTuple):
    """An answer of a delegate, with the words that it was asked with."""

    question: Definition
    label: str
    text: str
    value: str


def list_given(delegate: Delegate, *, with_private: bool = True) -> Sequence[GivenAnswer]:
    """List what a delegate has answered, also to retired questions."""
    every = custom_questions.list_all()
    if not every:
        return ()
    answers = {one.question_id: one for one in delegate.custom_answers}
    return [
        GivenAnswer(
            one,
            custom_questions.get_label(one, answers[one.id].version_id),
            custom_questions.format_answer(one, answers[one.id].value, answers[one.id].version_id),
            answers[one.id].value,
        )
        for one in every
        if one.id in answers and (with_private or not one.is_private)
    ]


def find_value(delegate: Delegate, question_id: int) -> str:
    """Return what a delegate has answered to a question; "" for nothing."""
    rows = {one.question_id: one.value for one in delegate.custom_answers}
    return rows.get(question_id, "")


def count_by_question() -> Mapping[int, int]:
    """Return the number of delegates who have answered each question, by its id."""
    rows = db.session.execute(
        select(DelegateAnswer.question_id, func.count()).group_by(DelegateAnswer.question_id)
    )
    return dict(rows.tuples().all())


def count_standard() -> Mapping[int, int]:
    """Return the same for standard questions, except those whose answers are private."""
    asked = [(find_definition(one), one) for one in BOOKING_FIELDS]
    numbers = [(found.id, getattr(Delegate, one.column)) for found, one in asked if found]
    counts = (func.count(func.nullif(column, "")) for _, column in numbers)
    row = db.session.execute(select(*counts)).one() if numbers else ()
    return {number: count for (number, _), count in zip(numbers, row, strict=True)}


def erase_of_questions(definitions: Iterable[Definition]) -> None:
    """Delete every answer to these questions."""
    ids = [one.id for one in definitions]
    if ids:
        answer_files.delete_of_questions(ids)
        db.session.execute(delete(DelegateAnswer).where(DelegateAnswer.question_id.in_(ids)))


def remove_private(delegate: Delegate) -> bool:
    """Delete a delegate's answers to questions that only few may read; return True if any."""
    private = {one.id for one in custom_questions.list_all() if one.is_private}
    found = [one for one in delegate.custom_answers if one.question_id in private]
    for one in found:
        delegate.custom_answers.remove(one)
    return bool(found)
