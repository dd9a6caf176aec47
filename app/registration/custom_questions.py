"""The questions of the organisers in registration: who is asked which, in which order and how."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext

from app import cache_version, clock
from app.questions import answers as question_answers
from app.questions import form_fields, queries
from app.questions.definitions import (
    KEY_PREFIX,
    Definition,
    Person,
    applies_to,
    select_relevant,
)
from app.questions.models import REGISTRATION
from app.registration import countries, fields
from app.registration.categories.queries import CATEGORY
from app.registration.fields import DAYS
from app.registration.queries import Answers
from app.releases.current_release import get_programme
from app.web import languages
from app.web.formatting import plain_date

MORE = "more"  # the page of registration that asks them; one of several ends in “-” and an id


def list_definitions() -> Sequence[Definition]:
    """List the questions that may be asked: neither retired nor past their date of erasure."""
    return [one for one in list_all() if not one.is_retired and not is_erased(one)]


def list_all() -> Sequence[Definition]:
    """List all questions, in their order."""
    return queries.get_definitions(REGISTRATION)


def get_by_name() -> Mapping[str, Definition]:
    """Return all questions by the name of their answer."""
    return {one.name: one for one in list_all()}


def get_erasure_moment(definition: Definition) -> datetime:
    """Return when the answers to a question are deleted."""
    conference = get_programme().conference
    last = definition.get_erasure_date(conference.ends_on)
    return datetime.combine(last, time.max, ZoneInfo(conference.time_zone))


def is_erased(definition: Definition) -> bool:
    """Return True once the answers to a question have been deleted."""
    return clock.now() > get_erasure_moment(definition)


def get_person(answers: Answers) -> Person:
    """Return what decides which questions somebody is asked."""
    days = frozenset(answers[DAYS].split()) if DAYS in answers else None
    return Person(days, answers.get(CATEGORY, ""))


def list_relevant(answers: Answers) -> Sequence[Definition]:
    """List the questions that somebody is asked, given their answers."""
    definitions = list_definitions()
    if not definitions:
        return ()
    return select_relevant(definitions, get_person(answers), answers, question_answers.is_valid)


def list_possible(answers: Answers) -> Sequence[Definition]:
    """List the questions that somebody may be asked, whatever they answer to the others."""
    person = get_person(answers)
    return [one for one in list_definitions() if applies_to(one, person)]


def list_unanswered(answers: Answers) -> Sequence[Definition]:
    """List the questions that somebody has still to be asked, or to be asked again."""
    return [
        one
        for one in list_relevant(answers)
        if one.name not in answers or not question_answers.is_valid(one, answers[one.name])
    ]


def drop_irrelevant(answers: Answers) -> Answers:
    """Return answers without those to questions that are not asked of this person any more."""
    if not any(name.startswith(KEY_PREFIX) for name in answers):
        return answers
    asked = {one.name for one in list_relevant(answers)}
    return {k: v for k, v in answers.items() if not k.startswith(KEY_PREFIX) or k in asked}


def list_steps(answers: Answers) -> Sequence[str]:
    """List the pages of registration that ask such questions of this person."""
    relevant = list_relevant(answers)
    if not relevant:
        return ()
    if queries.is_one_per_page(REGISTRATION):
        return [f"{MORE}-{one.id}" for one in relevant]
    return (MORE,)


def find_unanswered_step(answers: Answers) -> str | None:
    """Return the page with the first question that is still to be asked, or None."""
    unanswered = list_unanswered(answers)
    if not unanswered:
        return None
    return f"{MORE}-{unanswered[0].id}" if queries.is_one_per_page(REGISTRATION) else MORE


def is_step(step: str) -> bool:
    """Return True for a page that asks such questions."""
    return step == MORE or step.startswith(f"{MORE}-")


def list_of_step(step: str, answers: Answers) -> Sequence[Definition]:
    """List the questions of a page: what is new among them, or all where nothing is."""
    if step != MORE:
        return [one for one in list_relevant(answers) if step == f"{MORE}-{one.id}"]
    return list_unanswered(answers) or list_relevant(answers)


def format_answer(definition: Definition, answer: str, version_id: int = 0) -> str:
    """Return an answer as pages show it, with the words that it was asked with."""
    wording = definition.get_version(version_id)
    language = languages.current().code
    return question_answers.format_answer(wording, answer, language, countries.name_of)


def get_language() -> str:
    """Return the language in which questions are shown."""
    return languages.current().code


def get_label(definition: Definition, version_id: int = 0) -> str:
    """Return the words of a question in the language of the page."""
    return definition.get_version(version_id).get_texts(languages.current().code).label


def list_rows(answers: Answers) -> Iterator[tuple[str, str, str]]:
    """Yield label, text and page of each answer to such a question."""
    is_one_per_page = queries.is_one_per_page(REGISTRATION)
    for one in list_relevant(answers):
        text = format_answer(one, answers.get(one.name, "")) or str(fields.NOT_GIVEN)
        yield get_label(one), text, f"{MORE}-{one.id}" if is_one_per_page else MORE


def build_fields(definitions: Iterable[Definition], *, optional: bool = False) -> Mapping[str, Any]:
    """Return the form fields of questions by name, in the language of the page.

    The desk may leave any of them empty (``optional``).
    """
    return {one.name: _build_field(one, optional=optional) for one in definitions}


def _build_field(definition: Definition, *, optional: bool) -> Any:
    language = languages.current().code
    is_required = definition.is_required and not optional
    return cache_version.cached(
        f"{definition.name} {language} {is_required}",
        lambda: form_fields.build(definition, language, countries.choices, is_required=is_required),
    )


@dataclass(frozen=True)
class Explanation:
    """What people are told about a question beside it."""

    purpose: str
    readers: str
    erased_on: str  # a day


def explain(definition: Definition) -> Explanation:
    """Return why a question is asked, who reads the answer and until when."""
    last = definition.get_erasure_date(get_programme().conference.ends_on)
    return Explanation(definition.purpose, name_readers(definition), plain_date(last))


def name_readers(definition: Definition) -> str:
    """Return who may read the answers to a question."""
    if definition.is_private:
        return str(gettext("Only the organisers and the registration desk"))
    return str(gettext("The members of the conference team who can see bookings"))


def explain_all() -> Sequence[tuple[str, Explanation]]:
    """List label and explanation of each question that is asked now, for the privacy page."""
    return [(get_label(one), explain(one)) for one in list_definitions()]


def names_of(definitions: Collection[Definition]) -> str:
    """Return the ids of questions, as a page says which it asks."""
    return " ".join(str(one.id) for one in definitions)
