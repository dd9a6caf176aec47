"""The forms with which organisers choose and word the questions of equality monitoring."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import Field, TextAreaField
from wtforms.validators import ValidationError

from app.admin.edit_form import CheckboxesField, EditForm
from app.errors import RuleViolation
from app.forms.fields import editor_line_field, editor_text_field
from app.forms.form import Form
from app.forms.validators import max_length, no_hidden_characters, one_of_choices
from app.questions.checks import InvalidChoices
from app.questions.edited_question import EditedTexts
from app.registration.equality.queries import WordedQuestion
from app.text import normalise_lines
from app.web import languages

PARTS = ("label", "help", "choices")
MAX_LABEL, MAX_HELP, MAX_CHOICES_LENGTH = 200, 500, 3_000  # characters


class AskedForm(Form):
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


def _choices_field(label: Any, description: Any) -> TextAreaField:
    checks = [max_length(MAX_CHOICES_LENGTH, _l("The choices")), no_hidden_characters]
    return TextAreaField(label, checks, [normalise_lines], description, render_kw={"dir": "auto"})


class WordingForm(EditForm):
    """Word a question; it has more fields for each other language of the site."""

    label = editor_line_field(
        _l("Question"),
        _l("The question"),
        _l("For example: What is your first language?"),
        MAX_LABEL,
    )
    help = editor_text_field(
        _l("Help (optional)"), _l("The help"), _l("Shown below the question"), MAX_HELP
    )
    choices = _choices_field(
        _l("Choices"),
        _l("Each on a line of its own. “Prefer not to say” is added automatically"),
    )

    def validate_label(self, field: Field) -> None:
        """Require the question."""
        if not field.data and not field.errors:
            raise ValidationError(gettext("Enter the question"))

    @property
    def translations(self) -> Sequence[tuple[str, Sequence[Field]]]:
        """The names of the other languages, each with its fields."""
        return [
            (languages.describe(code).name, [self[f"{part}_{code}"] for part in PARTS])
            for code in _list_other_languages()
        ]

    def get_edited(self) -> Mapping[str, EditedTexts]:
        """Return what was typed, by language."""
        return {
            code: EditedTexts(*self._get_lines(code))
            for code in (languages.SOURCE_LANGUAGE, *_list_other_languages())
        }

    def _get_lines(self, code: str) -> tuple[str, str, tuple[str, ...]]:
        label, words, choices = (self[_name(part, code)].data or "" for part in PARTS)
        lines = (line.strip() for line in choices.splitlines())
        return label, words, tuple(line for line in lines if line)

    def show_refusal(self, refusal: RuleViolation) -> None:
        """Show why a question cannot be saved, beside the field that it is about."""
        self.add_error(self.choices if isinstance(refusal, InvalidChoices) else self.label, refusal)


def _name(part: str, code: str) -> str:
    return part if code == languages.SOURCE_LANGUAGE else f"{part}_{code}"


def _list_other_languages() -> Sequence[str]:
    return [code for code in languages.list_codes() if code != languages.SOURCE_LANGUAGE]


def build_wording_form(question: WordedQuestion | None = None) -> WordingForm:
    """Return the form, filled in with the wording that is asked."""
    own: dict[str, Any] = {}
    for code in _list_other_languages():
        own[f"label_{code}"] = editor_line_field(
            _l("Question (optional)"), _l("The question"), "", MAX_LABEL
        )
        own[f"help_{code}"] = editor_text_field(_l("Help (optional)"), _l("The help"), "", MAX_HELP)
        own[f"choices_{code}"] = _choices_field(
            _l("Choices (optional)"), _l("In the same order, each on a line of its own")
        )
    data = _fill_in(question) if question else {}
    return cast("WordingForm", type("WordingForm", (WordingForm,), own)(data=data))


def _fill_in(question: WordedQuestion) -> dict[str, Any]:
    """Return the words of the wording that is asked, in each language that has its own."""
    data: dict[str, Any] = {"expected_version": question.version}
    own = question.wordings[-1]
    for code in (languages.SOURCE_LANGUAGE, *_list_other_languages()):
        with languages.use_language(code):
            item = question.current
            words = str(item.label), str(item.help), [str(one) for one in item.answers.values()]
        if own is not None:
            if code not in own.texts:
                continue
            texts = own.texts[code]
            words = texts.label, texts.help, [texts.choices.get(key, "") for key in own.choices]
        label, help_text, choices = words
        values = (label, help_text, "\n".join(choices).strip())
        data |= {_name(part, code): text for part, text in zip(PARTS, values, strict=True)}
    return data
