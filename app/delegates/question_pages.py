"""The pages of registration: which question is on which, in the order of the questions.

Standard questions have the pages of ``fields.STEPS``. Consecutive questions of the organisers share
a page, or have a page each, depending on a setting. The last of these pages is called CUSTOM_PAGE;
an earlier one has the id of its first question too, as has each page of one question.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from app import cache_version
from app.delegates import custom_questions
from app.delegates.answer_json import Answers
from app.delegates.custom_questions import CUSTOM_PAGE
from app.questions import queries
from app.questions.definitions import Definition
from app.questions.models import REGISTRATION


@dataclass(frozen=True)
class QuestionPage:
    """A page of registration, regardless of who is asked its questions."""

    step: str  # the last part of its URL
    ids: frozenset[int]  # of its custom questions
    is_standard: bool


def list_pages() -> Sequence[QuestionPage]:
    """List the pages in order."""
    return cache_version.cached("pages of questions", lambda: list(_build_pages()))


def _build_pages() -> Iterator[QuestionPage]:
    is_one_per_page = queries.is_one_per_page(REGISTRATION)
    runs = [
        (page, [one.id for one in run])
        for page, run in groupby(
            (
                question
                for question in custom_questions.list_all_with_standard()
                if not question.is_retired
            ),
            lambda question: question.page or (str(question.id) if is_one_per_page else ""),
        )
    ]
    standard = {
        question.page for question in custom_questions.list_all_with_standard() if question.standard
    }
    own = [ids[0] for page, ids in runs if page not in standard]
    for page, ids in runs:
        is_last = not is_one_per_page and ids[0] == own[-1] if own else False
        step = page if page in standard else CUSTOM_PAGE if is_last else f"{CUSTOM_PAGE}-{ids[0]}"
        yield QuestionPage(step, frozenset(ids), page in standard)


def is_own(step: str) -> bool:
    """Return True for a page with the organisers' questions."""
    return step == CUSTOM_PAGE or step.startswith(f"{CUSTOM_PAGE}-")


def name_by_question() -> Mapping[int, str]:
    """Map the id of each question to the step of its page."""
    return {number: page.step for page in list_pages() for number in page.ids}


def list_with_questions(answers: Answers) -> Iterator[tuple[QuestionPage, Sequence[Definition]]]:
    """Yield the pages with questions for a person, with these questions."""
    relevant = custom_questions.list_relevant_with_standard(answers)
    for page in list_pages():
        page_questions = [question for question in relevant if question.id in page.ids]
        if page_questions:
            yield page, page_questions


def list_steps(answers: Answers) -> Sequence[str]:
    """List the steps with questions for a person."""
    return [page.step for page, _ in list_with_questions(answers)]


def list_relevant(step: str, answers: Answers) -> Sequence[Definition]:
    """List the questions on a page for a person."""
    pages = list_with_questions(answers)
    return next((asked for page, asked in pages if page.step == step), ())


def differs_by_person(step: str) -> bool:
    """Return True if the questions on a page depend on the person."""
    ids = _find_ids(step)
    questions = [
        question for question in custom_questions.list_active_with_standard() if question.id in ids
    ]
    return any(question.condition or question.days or question.categories for question in questions)


def list_of_own_page(step: str, answers: Answers) -> Sequence[Definition]:
    """List the new organisers' questions on a page, or all of them if none is new."""
    relevant = list_relevant(step, answers)
    new = [one for one in relevant if custom_questions.is_unanswered(one, answers)]
    return new or relevant


def list_possible(step: str, answers: Answers) -> Sequence[Definition]:
    """List the organisers' questions on a page that a person may be asked, whatever they answer."""
    ids = _find_ids(step)
    return [question for question in custom_questions.list_possible(answers) if question.id in ids]


def _find_ids(step: str) -> frozenset[int]:
    return next((page.ids for page in list_pages() if page.step == step), frozenset())
