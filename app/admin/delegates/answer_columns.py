"""Answers to the organisers' questions in the list of delegates, on their pages and in files.

Answers that only some roles may read are left out for everyone else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any, Final, TypeVar, cast

from flask import has_request_context, url_for
from flask_babel import gettext
from sqlalchemy import ScalarSelect, String, func, literal, select
from sqlalchemy import cast as sql_cast
from wtforms import Field

from app.accounts import guards, roles
from app.admin.questions.descriptions import describe_condition
from app.delegates import answer_rows, custom_answers, custom_questions, standard_forms
from app.delegates.answer_json import Answers
from app.delegates.custom_answers import GivenAnswer
from app.delegates.forms import AnswersForm
from app.delegates.models import Delegate, DelegateAnswer
from app.questions import file_answers, form_fields
from app.questions.definitions import FILE, Definition
from app.registration import required_answers

MAX_COLUMNS: Final = 12  # of answers in the list
SEPARATOR: Final = " "  # between question version and answer in a selected value
Column = tuple[str, str]  # name and label


def list_readable() -> Sequence[Definition]:
    """List the questions whose answers the current user may read, including retired ones.

    The worker, which sends emails to the people a filter finds, may use every filter.
    """
    return [question for question in custom_questions.list_all() if can_read_answers(question)]


def can_read_answers(definition: Definition) -> bool:
    """Return True if the current user may read the answers to a question."""
    is_worker = not has_request_context()
    return is_worker or not definition.is_private or guards.can_read(roles.SPEAKER_NEEDS)


@dataclass(frozen=True)
class AnswerColumns:
    """The columns of answers in the list."""

    definitions: Sequence[Definition]
    hidden: frozenset[str]

    @property
    def choosable(self) -> Sequence[Column]:
        """Return the names of the columns, each with its label."""
        return [
            (_column_name(definition), custom_questions.get_label(definition))
            for definition in self.definitions
        ]

    def select(self) -> Sequence[ScalarSelect[str]]:
        """Return the SQL columns to select for each delegate."""
        return [select_stored(question) for question in self._shown]

    def format(self, answers: Sequence[str]) -> Sequence[str]:
        """Return the selected values as text."""
        columns = zip(self._shown, answers, strict=True)
        return [format_stored(one, stored) for one, stored in columns]

    @property
    def labels(self) -> Sequence[str]:
        """Return the labels of the columns that are shown."""
        return [custom_questions.get_label(question) for question in self._shown]

    @property
    def _shown(self) -> Sequence[Definition]:
        return [
            definition
            for definition in self.definitions
            if _column_name(definition) not in self.hidden
        ]


def _column_name(definition: Definition) -> str:
    """Return the name of a column; it consists of letters only."""
    return "answer_" + "".join(ascii_lowercase[int(digit)] for digit in str(definition.id))


def list_column_names() -> Sequence[str]:
    """Return the names of the columns, which are hidden until the user chooses them."""
    return [_column_name(question) for question in list_readable()[:MAX_COLUMNS]]


def build_columns(hidden: Sequence[str]) -> AnswerColumns:
    """Return the columns of the list, given the names of those that are hidden."""
    return AnswerColumns(list_readable()[:MAX_COLUMNS], frozenset(hidden))


def list_facts(delegate: Delegate) -> Sequence[tuple[str, str]]:
    """Return the label and text of each answer that the current user may read."""
    readable = {one.id for one in list_readable()}
    private = all(question.id in readable for question in custom_questions.list_all())
    answers = custom_answers.list_given(delegate, with_private=private)
    return [(answer.label, _link_file(delegate, answer)) for answer in answers]


def list_missing(delegate: Delegate) -> Sequence[str]:
    """List the labels of required questions without an answer, as far as the user may read them."""
    missing = required_answers.list_of_delegate(delegate)
    return [
        custom_questions.get_label(question) for question in missing if can_read_answers(question)
    ]


def _link_file(delegate: Delegate, given: GivenAnswer) -> str:
    """Return an answer as text, or a file as a link that downloads it."""
    if file_answers.read(given.value) is None:
        return given.text
    url = url_for(
        "admin.delegates.files.download", reference=delegate.reference, number=given.question.id
    )
    return answer_rows.link_file(given.text, url)


class AsksCustomQuestions(AnswersForm):
    """A desk form that also asks the organisers' questions, none of which is required."""

    definitions: Sequence[Definition] = ()

    @property
    def sends_files(self) -> bool:
        """Whether any question asks for a file."""
        return any(definition.kind == FILE for definition in self.definitions)

    @property
    def questions(self) -> Sequence[Field]:
        """Return the questions of the site, followed by those of the organisers."""
        return [*super().questions, *(self[definition.name] for definition in self.definitions)]

    def get_answers(self) -> Answers:
        """Return the submitted answers, as they are stored."""
        own = {
            definition.name: form_fields.get_answer(self[definition.name].data)
            for definition in self.definitions
        }
        return {**super().get_answers(), **own}


AnyForm = TypeVar("AnyForm", bound=AnswersForm)


def build_desk_form_class(base: type[AnyForm]) -> type[AnyForm]:
    """Return a desk form class with the organisers' questions, to use with ``adapt_for_desk``."""
    definitions = custom_questions.list_active()
    own = {
        "definitions": definitions,
        **custom_questions.build_fields(definitions, optional=True),
    }
    return cast("type[AnyForm]", type(base.__name__, (AsksCustomQuestions, base), own))


def build_desk_form(base: type[AnyForm], **data: Any) -> AnyForm:
    """Return a desk form with the organisers' questions, and the condition of each."""
    typed = form_fields.without_names_of_files(custom_questions.list_active(), data)
    form = build_desk_form_class(base)(data=typed)
    standard_forms.adapt_for_desk(form)
    for question in form:
        if isinstance(question, form_fields.AnswerFileField):
            question.is_own = False
    questions_by_id = {one.id: one for one in custom_questions.list_all_with_standard()}
    for one in custom_questions.list_active_with_standard():
        if one.name not in form:
            continue
        if words := describe_condition(one.condition, questions_by_id):
            form[one.name].description = gettext("Asked if %(condition)s", condition=words)
    return form


def select_stored(definition: Definition) -> ScalarSelect[str]:
    """Select a delegate's answer, preceded by the version of the question it answered."""
    version = sql_cast(DelegateAnswer.version_id, String)
    return (
        select(func.coalesce(version + literal(SEPARATOR) + DelegateAnswer.value, ""))
        .where(
            DelegateAnswer.delegate_id == Delegate.id,
            DelegateAnswer.question_id == definition.id,
        )
        .correlate(Delegate)
        .scalar_subquery()
    )


def format_stored(definition: Definition, stored: str | None) -> str:
    """Format an answer that ``select_stored`` selected."""
    version, _, answer = (stored or "").partition(SEPARATOR)
    return custom_questions.format_answer(definition, answer, int(version)) if version else ""
