"""The form field of a question, built from its definition."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from flask_babel import gettext
from wtforms import BooleanField, Field, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import DataRequired, Optional, StopValidation, ValidationError

from app.forms.fields import DaysField
from app.forms.validators import Validator, max_length, no_hidden_characters, single_line
from app.questions import answer_checks, file_answers
from app.questions.definitions import (
    CHOICE,
    CONSENT,
    COUNTRY,
    DATE,
    FILE,
    LONG_TEXT,
    NO,
    NUMBER,
    SEVERAL,
    YES,
    YES_NO,
    Definition,
)
from app.text import collapse_whitespace, normalise_lines

Choices = Iterable[tuple[str, str]]


class SeveralField(DaysField):
    """A multiple choice, as checkboxes."""


class CountryField(SelectField):
    """A country."""


class DateField(StringField):
    """A day."""


class NumberField(StringField):
    """A number."""


class AnswerFileField(Field):
    """A file; the previous one is kept unless another is sent, or it is removed."""

    is_own = True  # whether the respondents uploaded it themselves

    def __init__(self, label: str, rules: list[Any], max_megabytes: int, **options: Any) -> None:
        super().__init__(label, rules, **options)
        self.max_megabytes = max_megabytes

    def process_data(self, value: str | None) -> None:
        """Start with an earlier answer, if it refers to a file."""
        self.data = value if value and file_answers.read(value) else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take the file that the form sent, or the answer that it returned."""
        sent = file_answers.find_sent(self.name)
        previous_answer = file_answers.read_sent_back(self.name, valuelist)
        self.data = sent.answer if sent else previous_answer

    def pre_validate(self, form: Any) -> None:
        """Raise the error of the file that was sent."""
        sent = file_answers.find_sent(self.name)
        if sent and sent.error:
            raise StopValidation(sent.error)

    @property
    def sent_file(self) -> file_answers.FileAnswer | None:
        """The file that is already stored."""
        return file_answers.read(self.data)

    @property
    def signed(self) -> str:
        """The answer as the form returns it."""
        return file_answers.sign(self.name, self.data)


def _remove_spaces(typed: str | None) -> str:
    return "".join((typed or "").split()).replace(",", ".").replace("\N{MINUS SIGN}", "-")


def _valid_date(_form: Any, field: Field) -> None:
    if field.data and answer_checks.parse_date(field.data) is None:
        raise ValidationError(gettext("Enter a date like 2008-11-06"))


def _valid_number(_form: Any, field: Field) -> None:
    if field.data and not answer_checks.NUMBER_PATTERN.fullmatch(field.data):
        raise ValidationError(gettext("Enter a number, like 3 or 2.5"))


def build(
    definition: Definition,
    language: str,
    list_countries: Callable[[str], Choices],
    *,
    is_required: bool,
) -> Any:
    """Return the unbound field of a question in a language."""
    texts = definition.current.get_texts(language)
    kind = definition.kind
    rules: list[Any] = [_required(kind, texts.label)] if is_required else []
    label = texts.label if is_required else gettext("%(question)s (optional)", question=texts.label)
    options: dict[str, Any] = {"description": texts.help}
    if kind in TEXT_FIELDS:
        return TEXT_FIELDS[kind](label, texts.label, rules, options)
    if kind == CONSENT:
        return BooleanField(texts.label, rules, **options)
    if kind == FILE:
        return AnswerFileField(label, rules, max_megabytes=definition.max_megabytes, **options)
    choices = _list_choices(definition, language, list_countries, is_required=is_required)
    known = frozenset(choice.value for choice in choices)
    return CHOICE_FIELDS[kind](
        label,
        [*(rules or [Optional()]), _one_of(known)],
        choices=choices,
        validate_choice=False,
        **options,
    )


def _one_of(known: frozenset[Any]) -> Validator:
    """Return a validator that rejects values that are not among the choices."""

    def check(_form: Any, field: Field) -> None:
        chosen = field.data if isinstance(field.data, list) else [field.data]
        if not known.issuperset(chosen):
            raise ValidationError(gettext("Choose an answer from the list"))

    return check


def _required(kind: str, label: str) -> DataRequired:
    if kind == CONSENT:
        return DataRequired(gettext("Tick the box if you agree: %(question)s", question=label))
    if kind == FILE:
        return DataRequired(gettext("Choose a file: %(question)s", question=label))
    return DataRequired(gettext("Answer the question: %(question)s", question=label))


def _list_choices(
    definition: Definition,
    language: str,
    list_countries: Callable[[str], Choices],
    *,
    is_required: bool,
) -> Sequence[Any]:
    """Return the choices, including an empty one if no answer is required."""
    if definition.kind == COUNTRY:
        return [SelectChoice(*country) for country in list_countries(language)]
    if definition.kind == YES_NO:
        choices = [SelectChoice(YES, gettext("Yes")), SelectChoice(NO, gettext("No"))]
    else:
        texts = definition.current.get_texts(language)
        choices = [SelectChoice(*one) for one in texts.choices.items()]
    has_none = not is_required and definition.kind != SEVERAL
    return [*choices, SelectChoice("", gettext("No answer"))] if has_none else choices


def _build_line(label: str, subject: str, rules: list[Any], options: dict[str, Any]) -> Any:
    called = gettext("Your answer to “%(question)s”", question=subject)
    checks = [max_length(answer_checks.MAX_LINE, called), no_hidden_characters, single_line(called)]
    return StringField(label, [*rules, *checks], [collapse_whitespace], **options)


def _build_long_text(label: str, subject: str, rules: list[Any], options: dict[str, Any]) -> Any:
    called = gettext("Your answer to “%(question)s”", question=subject)
    checks = [max_length(answer_checks.MAX_LONG_TEXT, called), no_hidden_characters]
    return TextAreaField(label, [*rules, *checks], [normalise_lines], **options)


def _build_date(label: str, _subject: str, rules: list[Any], options: dict[str, Any]) -> Any:
    checks = [*rules, no_hidden_characters, _valid_date]
    return DateField(label, checks, [collapse_whitespace], **options)


def _build_number(label: str, _subject: str, rules: list[Any], options: dict[str, Any]) -> Any:
    checks = [*rules, no_hidden_characters, _valid_number]
    render_kw = {"inputmode": "decimal", "autocomplete": "off"}
    return NumberField(label, checks, [_remove_spaces], render_kw=render_kw, **options)


TEXT_FIELDS = {
    "text": _build_line,
    LONG_TEXT: _build_long_text,
    DATE: _build_date,
    NUMBER: _build_number,
}
CHOICE_FIELDS: dict[str, Any] = {
    CHOICE: RadioField,
    YES_NO: RadioField,
    SEVERAL: SeveralField,
    COUNTRY: CountryField,
}


def without_names_of_files(
    definitions: Iterable[Definition], data: dict[str, Any]
) -> dict[str, Any]:
    """Return the data of a form without file answers to questions that ask for another kind."""
    others = [definition.name for definition in definitions if definition.kind != FILE]
    file_names = {name for name in others if file_answers.read(data.get(name) or "")}
    return {name: value for name, value in data.items() if name not in file_names}


def get_answer(data: Any) -> str:
    """Return the submitted answer in such a field, as it is stored."""
    if isinstance(data, list):
        return " ".join(sorted(set(data)))
    if isinstance(data, bool):
        return YES if data else ""
    return data or ""
