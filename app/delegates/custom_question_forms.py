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
        return [self[one.name] for one in self.definitions if one.name in self]

    def get_answers(self) -> Answers:
        """Return the submitted answers, as they are stored."""
        answers = {one.name: form_fields.get_answer(one.data) for one in self.questions}
        return {**answers, **self.words}

    def drop_irrelevant(self, answers: Answers) -> None:
        """Remove the questions that the submitted answers make irrelevant, before validation."""
        typed = {**answers, **self.get_answers()}
        person = custom_questions.get_person(answers)
        every = custom_questions.list_active_with_standard()
        relevant = {one.name for one in select_relevant(every, person, typed)}
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
    asked = {one.partition(" ")[0] for one in submitted.getlist(QUESTIONS_FIELD)}
    return [one for one in possible if str(one.id) in asked]


def read_wording_hashes(submitted: MultiDict[str, str], asked: Sequence[Definition]) -> Answers:
    """Return the hashes of the wording of these questions on the submitted page."""
    parts = [one.partition(" ") for one in submitted.getlist(QUESTIONS_FIELD)]
    keys = {number: key[: custom_questions.WORDING_HASH_LENGTH] for number, _, key in parts}
    return {
        name: keys[str(one.id)] or current
        for one in asked
        for name, current in custom_questions.hash_wordings([one]).items()
    }


def list_dependent(
    possible: Sequence[Definition], shown: Sequence[Definition]
) -> Sequence[Definition]:
    """List the questions of a page that depend on an answer on the same page."""
    on_page = {one.id for one in shown}
    later = []
    for one in possible:
        if one.condition and one not in shown and one.condition.question in on_page:
            on_page.add(one.id)
            later.append(one)
    return later


def template_context(form: CustomQuestionsForm, later: Sequence[Definition]) -> dict[str, Any]:
    """Return the template variables besides the form."""
    every = [*form.definitions, *later]
    return {
        "in_order": _put_in_order(form, build_form(CustomQuestionsForm, later)),
        "conditions": {one.name: one.condition for one in every if one.condition},
        "sends_files": any(one.kind == FILE for one in every),
        "asked_values": {one.name: _to_asked_value(one) for one in every},
        "explanations": {one.name: custom_questions.explain(one) for one in every},
    }


def _to_asked_value(definition: Definition) -> str:
    (key,) = custom_questions.hash_wordings([definition]).values()
    return f"{definition.id} {key}"


def _put_in_order(
    form: CustomQuestionsForm, later: CustomQuestionsForm
) -> Sequence[tuple[Any, bool]]:
    """Yield the fields of both forms in the order of the questions, with the form they are from."""
    fields = {one.name: (one, False) for one in form.questions}
    fields |= {one.name: (one, True) for one in later.questions}
    names = [one.name for one in custom_questions.list_all()]
    return [fields[name] for name in names if name in fields]
