"""Required answers that bookings still lack.

The organisers' questions are asked only of the person concerned. People registered by the contact
of a group, by the desk or from a file, or before a question was added, still have to answer them.
"""

from collections.abc import Sequence

from app.delegates import custom_answers, custom_questions, delegate_record
from app.delegates.answer_json import Answers
from app.delegates.categories.queries import CATEGORY
from app.delegates.fields import BOOKING_FIELDS
from app.delegates.models import Delegate
from app.questions.definitions import Definition
from app.registration import queries


def list_missing(answers: Answers) -> Sequence[Definition]:
    """List the required questions that are unanswered, given a person's answers."""
    return [
        question
        for question in custom_questions.list_relevant_with_standard(answers)
        if question.is_required and custom_questions.is_unanswered(question, answers)
    ]


def list_of_delegate(delegate: Delegate) -> Sequence[Definition]:
    """List those of a delegate, without reading private answers; empty for a cancelled booking."""
    if not delegate.is_attending:
        return ()
    answers = {
        **delegate_record.to_answers(delegate, BOOKING_FIELDS),
        CATEGORY: str(delegate.category_id or ""),
        **custom_answers.to_answers(delegate),
    }
    return list_missing(answers)


def list_unanswered(delegate: Delegate) -> Sequence[Definition]:
    """List those that a delegate can still answer: none once registration has closed."""
    return () if queries.has_registration_closed() else list_of_delegate(delegate)
