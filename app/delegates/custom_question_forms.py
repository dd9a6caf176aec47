"""The forms that ask the organisers' questions: each page has fields of its own."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from app.delegates import custom_questions
from app.delegates.answer_json import Answers
from app.delegates.forms import AnswersForm
from app.questions import form_fields
from app.questions.definitions import CONSENT, COUNTRY, FILE, Definition, select_relevant

QUESTIONS_FIELD = "asked"  # form fields: the questions on a page, with a hash of their wording
HEADING = _l("A few more questions")
ONE_QUESTION = _l("One more question")


class CustomQuestionsForm(AnswersForm):
    """Questions of the organisers."""

    template = "registration/custom_questions.html"
    definitions: Sequence[Definition] = ()
    words: Mapping[str, str] = {}  # hashes of the wording on the page, for a draft to store

    @property
    def questions(self) -> Sequence[Any]:
        """Return the form fields, in the order of the questions."""
        return [self[definition.name] for definition in self.definitions if definition.name in self]

    def get_answers(self) -> Answers:
        """Return the submitted answers, as they are stored."""
        answers = {
            question.name: form_fields.get_answer(question.data) for question in self.questions
        }
        return {**answers, **self.words}

    def drop_irrelevant(self, answers: Answers) -> None:
        """Remove the questions that the submitted answers make irrelevant, before validation."""
        typed = {**answers, **self.get_answers()}
        person = custom_questions.get_person(answers)
        questions = custom_questions.list_active_with_standard()
        relevant = {one.name for one in select_relevant(questions, person, typed)}
        for question in self.questions:
            if question.name not in relevant:
                del self[question.name]


AnyForm = TypeVar("AnyForm", bound=CustomQuestionsForm)


def build_form(base: type[AnyForm], definitions: Sequence[Definition], **data: Any) -> AnyForm:
    """Return a form that asks these questions."""
    own = {"definitions": definitions, "heading": _choose_heading(definitions)}
    fields = custom_questions.build_fields(definitions)
    form = cast("type[AnyForm]", type("CustomQuestionsForm", (base,), {**own, **fields}))
    return form(data=form_fields.without_names_of_files(definitions, data))


def _choose_heading(definitions: Sequence[Definition]) -> str:
    """Return the heading of a page; "" if its only question is the heading."""
    if len(definitions) != 1:
        return str(HEADING)
    return str(ONE_QUESTION) if definitions[0].kind in {CONSENT, COUNTRY, FILE} else ""


def list_submitted_questions(
    submitted: MultiDict[str, str], possible: Sequence[Definition]
) -> Sequence[Definition]:
    """Return the questions that the submitted page asked, if they are still asked there."""
    submitted_ids = {pair.partition(" ")[0] for pair in submitted.getlist(QUESTIONS_FIELD)}
    return [definition for definition in possible if str(definition.id) in submitted_ids]


def read_wording_hashes(submitted: MultiDict[str, str], asked: Sequence[Definition]) -> Answers:
    """Return the hashes of the wording of these questions on the submitted page."""
    parts = [pair.partition(" ") for pair in submitted.getlist(QUESTIONS_FIELD)]
    keys = {number: key[: custom_questions.WORDING_HASH_LENGTH] for number, _, key in parts}
    return {
        name: keys[str(definition.id)] or current
        for definition in asked
        for name, current in custom_questions.hash_wordings([definition]).items()
    }


def list_dependent(
    possible: Sequence[Definition], shown: Sequence[Definition]
) -> Sequence[Definition]:
    """List the questions of a page that depend on an answer on the same page."""
    on_page = {definition.id for definition in shown}
    later = []
    for one in possible:
        if one.condition and one not in shown and one.condition.question in on_page:
            on_page.add(one.id)
            later.append(one)
    return later


def template_context(form: CustomQuestionsForm, later: Sequence[Definition]) -> dict[str, Any]:
    """Return the template variables besides the form."""
    all_questions = [*form.definitions, *later]
    return {
        "in_order": _order_fields(form, build_form(CustomQuestionsForm, later)),
        "conditions": {
            question.name: question.condition for question in all_questions if question.condition
        },
        "sends_files": any(question.kind == FILE for question in all_questions),
        "asked_values": {question.name: _to_asked_value(question) for question in all_questions},
        "explanations": {
            question.name: custom_questions.explain(question) for question in all_questions
        },
    }


def _to_asked_value(definition: Definition) -> str:
    (key,) = custom_questions.hash_wordings([definition]).values()
    return f"{definition.id} {key}"


def _order_fields(
    form: CustomQuestionsForm, later: CustomQuestionsForm
) -> Sequence[tuple[Any, bool]]:
    """Yield the fields of both forms in the order of the questions, with the form they are from."""
    fields = {question.name: (question, False) for question in form.questions}
    fields |= {question.name: (question, True) for question in later.questions}
    names = [question.name for question in custom_questions.list_all()]
    return [fields[name] for name in names if name in fields]
