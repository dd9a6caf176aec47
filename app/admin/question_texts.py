"""The texts of a question in each language of the site, as organisers enter them."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import Field, TextAreaField
from wtforms.validators import ValidationError

from app.admin_kit.edit_form import EditForm
from app.forms.fields import editor_line_field, editor_text_field
from app.forms.validators import max_length, no_hidden_characters
from app.questions.edited_question import EditedTexts
from app.text import normalise_lines
from app.web import languages

PARTS = ("label", "help", "choices")
MAX_LABEL, MAX_HELP, MAX_CHOICES_LENGTH = 200, 500, 3_000  # characters

T = TypeVar("T", bound="QuestionTextsForm")


def choices_field(label: Any, description: Any) -> TextAreaField:
    """Return a field for choices, each on a line of its own."""
    checks = [max_length(MAX_CHOICES_LENGTH, _l("The choices")), no_hidden_characters]
    return TextAreaField(label, checks, [normalise_lines], description, render_kw={"dir": "auto"})


class QuestionTextsForm(EditForm):
    """A form for a question; ``with_translations`` adds fields for each other language."""

    label: Field
    choices: Field

    def validate_label(self, field: Field) -> None:
        """Require the question."""
        if not field.data and not field.errors:
            raise ValidationError(gettext("Enter the question"))

    @property
    def translations(self) -> Sequence[tuple[str, Sequence[Field]]]:
        """Return the names of the other languages, each with its fields."""
        return [
            (
                languages.describe(code).name,
                [self[name] for name in (_name(part, code) for part in PARTS) if name in self],
            )
            for code in languages.list_other_codes()
        ]

    def read_all_texts(self) -> Mapping[str, EditedTexts]:
        """Return the submitted texts by language, the site's default language first."""
        codes = (languages.SOURCE_LANGUAGE, *languages.list_other_codes())
        return {code: self.read_texts(code) for code in codes}

    def read_texts(self, code: str) -> EditedTexts:
        """Return the submitted texts in a language."""
        label, words, choices = (self.read(_name(part, code)) or "" for part in PARTS)
        lines = (line.strip() for line in choices.splitlines())
        return EditedTexts(label, words, tuple(line for line in lines if line))

    def read(self, name: str) -> Any:
        """Return the value of a field."""
        return self[name].data


def with_translations(form_class: type[T]) -> type[T]:
    """Return the form with fields for each other language of the site."""
    own: dict[str, Field] = {}
    for code in languages.list_other_codes():
        language = languages.describe(code).name
        own |= {
            _name("label", code): editor_line_field(
                _l("Question (%(language)s, optional)", language=language),
                _l("The question"),
                "",
                MAX_LABEL,
            ),
            _name("help", code): editor_text_field(
                _l("Help (%(language)s, optional)", language=language), _l("The help"), "", MAX_HELP
            ),
            _name("choices", code): choices_field(
                _l("Choices (%(language)s, optional)", language=language),
                _l("In the same order, each on a line of its own"),
            ),
        }
    return cast("type[T]", type(form_class.__name__, (form_class,), own))


def to_data(code: str, label: str, help_text: str, choices: Sequence[str]) -> dict[str, str]:
    """Return the values of the fields of a language."""
    values = (label, help_text, "\n".join(choices).strip())
    return {_name(part, code): value for part, value in zip(PARTS, values, strict=True)}


def _name(part: str, code: str) -> str:
    return part if code == languages.SOURCE_LANGUAGE else f"{part}_{code}"
