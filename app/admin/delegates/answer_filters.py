"""Filters of delegates by their answers to the organisers' questions, one for each question.

Names and values occur in URLs, saved views and stored group emails: do not change them.
"""

from collections.abc import Iterator
from functools import partial
from typing import Final

from flask_babel import gettext
from sqlalchemy import literal, or_, select

from app.accounts import roles
from app.admin.delegates.delegate_filter import Condition, DelegateFilter, InUse, Options
from app.delegates import custom_questions
from app.delegates.models import Delegate, DelegateAnswer
from app.questions.definitions import CHOICE, CONSENT, NO, SEVERAL, YES, YES_NO, Definition

NO_ANSWER: Final = "none"  # cannot collide: keys of choices contain a digit


def iterate_filters() -> Iterator[DelegateFilter]:
    """Yield the filter of each question; those without options are not offered."""
    for question in custom_questions.list_all():
        yield DelegateFilter(
            question.name,
            custom_questions.get_label(question),
            partial(_has_answer, question),
            list_options=partial(_list_answers, question),
            area=roles.SPEAKER_NEEDS if question.is_private else None,
        )


def _has_answer(question: Definition, answer: str) -> Condition:
    """Return the condition that an answer is, or contains, a choice."""
    if answer == NO_ANSWER:
        return _lacks_answer(question)
    kinds = (CHOICE, SEVERAL, YES_NO, CONSENT)
    versions = [version.id for version in question.versions if version.kind in kinds]
    chosen = literal(" ") + DelegateAnswer.value + literal(" ")
    return Delegate.id.in_(
        select(DelegateAnswer.delegate_id).where(
            DelegateAnswer.question_id == question.id,
            DelegateAnswer.version_id.in_(versions),
            chosen.contains(f" {answer} ", autoescape=True),
        )
    )


def _lacks_answer(question: Definition) -> Condition:
    """Return the condition that a delegate is asked a question and has not answered it."""
    answered = select(DelegateAnswer.delegate_id).where(DelegateAnswer.question_id == question.id)
    found: Condition = Delegate.id.not_in(answered)
    if question.categories:
        found &= Delegate.category_id.in_([int(category) for category in question.categories])
    if question.days:
        found &= or_(*(Delegate.days.contains(day) for day in sorted(question.days)))
    return found


def _list_answers(question: Definition, _: InUse) -> Options:
    """List the distinct answers to a question, if few; for a required one, also "no answer".

    Whether a question applies to a delegate because of another answer is not known here.
    """
    is_needed = question.is_required and question.condition is None and not question.is_retired
    none = [(NO_ANSWER, gettext("No answer"))] if is_needed else []
    if question.kind in {CHOICE, SEVERAL}:
        return [*question.iterate_choices(custom_questions.get_language()), *none]
    yes = [(YES, gettext("Yes"))]
    few = {YES_NO: [*yes, (NO, gettext("No"))], CONSENT: yes}
    return [*few.get(question.kind, []), *none]
