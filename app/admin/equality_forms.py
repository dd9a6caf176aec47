"""The forms with which organisers choose and word the questions of equality monitoring."""

from typing import Any

from flask_babel import lazy_gettext as _l

from app.admin.question_texts import (
    MAX_HELP,
    MAX_LABEL,
    QuestionTextsForm,
    choices_field,
    to_data,
    with_translations,
)
from app.admin_kit.edit_form import CheckboxesField
from app.equality.queries import WordedQuestion
from app.errors import RuleViolation
from app.forms.fields import editor_line_field, editor_text_field
from app.forms.form import Form
from app.forms.validators import one_of_choices
from app.questions.checks import InvalidChoices
from app.web import languages


class QuestionChoiceForm(Form):
    """Choose which questions are asked."""

    questions = CheckboxesField(
        _l("Questions (optional)"),
        [one_of_choices(_l("Choose a question from the list"))],
        validate_choice=False,
        description=_l(
            "We ask people these after they register, on a separate page, and they do not have to "
            "answer. If none is ticked, nobody is asked"
        ),
    )


class WordingForm(QuestionTextsForm):
    """Word a question about equality."""

    label = editor_line_field(
        _l("Question"),
        _l("The question"),
        _l("For example: What is your first language?"),
        MAX_LABEL,
    )
    help = editor_text_field(
        _l("Help (optional)"), _l("The help"), _l("Shown below the question"), MAX_HELP
    )
    choices = choices_field(
        _l("Choices"),
        _l("Each on a line of its own. “Prefer not to say” is added automatically"),
    )

    def show_refusal(self, refusal: RuleViolation) -> None:
        """Show an error from saving beside the field that it is about."""
        self.add_error(self.choices if isinstance(refusal, InvalidChoices) else self.label, refusal)


def build_wording_form(question: WordedQuestion | None = None) -> WordingForm:
    """Return the form, filled in with the current wording."""
    return with_translations(WordingForm)(data=_fill_in(question) if question else {})


def _fill_in(question: WordedQuestion) -> dict[str, Any]:
    """Return the current wording in each language that has its own."""
    data: dict[str, Any] = {"expected_version": question.version}
    own = question.wordings[-1]
    for code in languages.list_codes():
        with languages.use_language(code):
            item = question.current
            words = str(item.label), str(item.help), [str(one) for one in item.answers.values()]
        if own is not None:
            if code not in own.texts:
                continue
            texts = own.texts[code]
            words = texts.label, texts.help, [texts.choices.get(key, "") for key in own.choices]
        data |= to_data(code, *words)
    return data
