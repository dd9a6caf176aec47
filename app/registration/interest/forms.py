"""The form for expressing interest."""

from collections.abc import Sequence
from typing import Any, cast

from wtforms import Field

from app.delegates import custom_questions
from app.delegates.answer_json import Answers
from app.delegates.fields import BY_NAME
from app.delegates.forms import EmailForm
from app.questions import form_fields
from app.questions.definitions import Definition


class InterestForm(EmailForm):
    """Name, email address, and the questions chosen by the organisers."""

    given_names = BY_NAME["given_names"].question
    family_name = BY_NAME["family_name"].question
    definitions: Sequence[Definition] = ()

    @property
    def questions(self) -> Sequence[Field]:
        """Return the fields: those for everyone, followed by the organisers' questions."""
        return [*super().questions, *(self[definition.name] for definition in self.definitions)]

    def get_answers(self) -> Answers:
        """Return the submitted answers, as they are stored."""
        return {question.name: form_fields.get_answer(question.data) for question in self.questions}


def build_form(definitions: Sequence[Definition]) -> InterestForm:
    """Return a form that asks these questions besides name and email address."""
    attributes: dict[str, Any] = {"definitions": definitions}
    attributes |= custom_questions.build_fields(definitions)
    return cast("type[InterestForm]", type("AskedInterestForm", (InterestForm,), attributes))()
