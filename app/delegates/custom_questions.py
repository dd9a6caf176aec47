"""The questions of registration: who is asked which, their labels, and why they are asked.

Functions list the organisers’ own questions; those whose names end in ``_with_standard`` also list
the standard ones.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext

from app import cache_version, clock
from app.delegates import countries, fields
from app.delegates.answer_json import Answers
from app.delegates.categories.queries import CATEGORY
from app.delegates.fields import DAYS
from app.delegates.standard_questions import is_changed
from app.questions import answer_checks, answer_texts, form_fields, queries, standard_texts
from app.questions.definitions import (
    FILE,
    KEY_PREFIX,
    Definition,
    Person,
    applies_to,
    select_relevant,
)
from app.questions.models import REGISTRATION
from app.releases.current_release import get_programme
from app.web import languages
from app.web.formatting import plain_date

WORDING_PREFIX = "words_"  # of the wording hash in a draft, beside each answer
WORDING_HASH_LENGTH = 16  # hexadecimal digits
CUSTOM_PAGE = "more"  # the page of registration that asks them; others end in “-” and an id


def list_active() -> Sequence[Definition]:
    """List the questions that may be asked: not retired, nor past their erasure."""
    return [question for question in list_active_with_standard() if question.standard is None]


def list_all() -> Sequence[Definition]:
    """List all questions in their order, including those that are no longer asked."""
    return [question for question in list_all_with_standard() if question.standard is None]


def list_all_with_standard() -> Sequence[Definition]:
    """List all questions in their order."""
    return queries.get_definitions(REGISTRATION)


def list_active_with_standard() -> Sequence[Definition]:
    """List the questions that may be asked."""
    now = clock.now()
    return [one for one, ends in _list_with_ends() if now <= ends]


def _list_with_ends() -> Sequence[tuple[Definition, datetime]]:
    """List the questions that are not retired, each with when its answers are deleted."""
    return cache_version.cached(
        "ends of questions",
        lambda: [
            (question, get_erasure_moment(question))
            for question in list_all_with_standard()
            if not question.is_retired
        ],
    )


def get_by_name() -> Mapping[str, Definition]:
    """Map the name of each question's answer to the question."""
    return {question.name: question for question in list_all()}


def get_erasure_moment(definition: Definition) -> datetime:
    """Return when the answers to a question are deleted."""
    conference = get_programme().conference
    last = definition.get_erasure_date(conference.ends_on)
    return datetime.combine(last, time.max, ZoneInfo(conference.time_zone))


def is_erased(definition: Definition) -> bool:
    """Return True once the answers to a question have been deleted."""
    return clock.now() > get_erasure_moment(definition)


def get_person(answers: Answers) -> Person:
    """Return the facts that decide which questions a person is asked."""
    days = frozenset(answers[DAYS].split()) if DAYS in answers else None
    return Person(days, answers.get(CATEGORY, ""))


def list_relevant(answers: Answers) -> Sequence[Definition]:
    """List the questions that a person is asked, given their answers."""
    return [
        question for question in list_relevant_with_standard(answers) if question.standard is None
    ]


def list_relevant_with_standard(answers: Answers) -> Sequence[Definition]:
    """List the questions that a person is asked, given their answers."""
    active = list_active_with_standard()
    return select_relevant(active, get_person(answers), answers, answer_checks.is_valid)


def list_possible(answers: Answers) -> Sequence[Definition]:
    """List the questions that a person may be asked, whatever else they answer."""
    return [
        question for question in list_possible_with_standard(answers) if question.standard is None
    ]


def list_possible_with_standard(answers: Answers) -> Sequence[Definition]:
    """List the questions that a person may be asked, whatever else they answer."""
    person, possible = get_person(answers), dict[int, Definition]()
    for question in list_active_with_standard():
        depends_on = question.condition.question if question.condition else None
        if applies_to(question, person) and (depends_on is None or depends_on in possible):
            possible[question.id] = question
    return list(possible.values())


def is_unanswered(definition: Definition, answers: Answers) -> bool:
    """Return True if a question has no answer yet, or must be asked again."""
    name = definition.name
    return name not in answers or not answer_checks.is_valid(definition, answers[name])


def hash_wordings(definitions: Iterable[Definition]) -> Answers:
    """Return a hash of the wording of each question, which changes when it is reworded.

    It covers only the first language, so that neither a translation nor reading in another language
    changes it.
    """
    return {
        f"{WORDING_PREFIX}{definition.id}": sha256(
            next(iter(definition.current.texts.values())).label.encode()
        ).hexdigest()[:WORDING_HASH_LENGTH]
        for definition in definitions
    }


def list_reworded(answers: Answers) -> Sequence[Definition]:
    """List the questions that were reworded after a draft stored their answers."""
    return [
        question
        for question in list_relevant(answers)
        for name, key in hash_wordings([question]).items()
        if answers.get(question.name) and answers.get(name, key) != key
    ]


def list_irrelevant_standard(answers: Answers) -> Sequence[str]:
    """List the conditional standard answers that do not apply; hidden questions keep theirs."""
    relevant_names = {question.name for question in list_relevant_with_standard(answers)}
    irrelevant_names = {
        question.name for question in list_active_with_standard() if question.standard
    } - relevant_names
    return (
        [field.name for field in fields.FIELDS if field.key in irrelevant_names]
        if irrelevant_names
        else ()
    )


def drop_irrelevant(answers: Answers) -> Answers:
    """Return the answers without those to questions that no longer apply to this person."""
    relevant_names = {question.name for question in list_relevant_with_standard(answers)}
    irrelevant_names = {field.name for field in fields.FIELDS if field.key not in relevant_names}
    return {
        name: answer
        for name, answer in answers.items()
        if name not in irrelevant_names
        and (not name.startswith(KEY_PREFIX) or name in relevant_names)
    }


def format_answer(definition: Definition, answer: str, version_id: int = 0) -> str:
    """Format an answer for pages, with the wording of its question."""
    wording = definition.get_version(version_id)
    language = languages.current().code
    return answer_texts.format_answer(wording, answer, language, countries.name_of)


def get_language() -> str:
    """Return the language in which questions are shown."""
    return languages.current().code


def get_label(definition: Definition, version_id: int = 0) -> str:
    """Return the label of a question in the language of the page."""
    if definition.standard:
        return standard_texts.get_label(definition, REGISTRATION)
    return definition.get_version(version_id).get_texts(languages.current().code).label


def build_fields(definitions: Iterable[Definition], *, optional: bool = False) -> Mapping[str, Any]:
    """Build the form fields of questions by name, in the language of the page.

    With ``optional`` none is required, as at the desk.
    """
    return {
        definition.name: _build_field(definition, optional=optional) for definition in definitions
    }


def _build_field(definition: Definition, *, optional: bool) -> Any:
    language = languages.current().code
    is_required = definition.is_required and not optional
    return cache_version.cached(
        f"{definition.name} {language} {is_required}",
        lambda: form_fields.build(definition, language, countries.choices, is_required=is_required),
    )


@dataclass(frozen=True)
class Explanation:
    """The explanation beside a question."""

    purpose: str
    readers: str
    visibility: str  # who can read the answer, in a sentence
    erased_on: str  # a day
    is_file: bool = False


def explain(definition: Definition) -> Explanation:
    """Return why a question is asked, who can read the answer and until when."""
    last = definition.get_erasure_date(get_programme().conference.ends_on)
    purpose = definition.purpose
    if definition.standard and not is_changed(definition):
        purpose = str(definition.standard.purpose)
    is_file = definition.kind == FILE
    return Explanation(purpose, *_describe_readers(definition), plain_date(last), is_file)


def _describe_readers(definition: Definition) -> tuple[str, str]:
    """Describe who may read the answers to a question, for a table and for a sentence."""
    if definition.is_private:
        return (
            gettext("Only the organisers and the registration desk"),
            gettext("Only the organisers and the registration desk can see your answer."),
        )
    return (
        gettext("The members of the conference team who can see bookings"),
        gettext("The members of the conference team who work with bookings can see your answer."),
    )


def explain_all() -> Sequence[tuple[str, Explanation]]:
    """List label and explanation of each current question, for the privacy page.

    The page's own text covers the standard ones, unless organisers changed their purpose or end.
    """
    questions = [
        question
        for question in list_active_with_standard()
        if question.standard is None or is_changed(question)
    ]
    return [(get_label(question), explain(question)) for question in questions]


def list_hidden() -> Sequence[str]:
    """List the hidden standard questions, for the privacy page, which mentions all."""
    return [
        get_label(question)
        for question in list_all_with_standard()
        if question.standard and question.is_retired
    ]


def join_ids(definitions: Collection[Definition]) -> str:
    """Join the ids of questions, as a page names the questions it asks."""
    return " ".join(str(definition.id) for definition in definitions)
