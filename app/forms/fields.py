"""Form fields used across the site: names, text, email addresses, dates and times."""

from typing import Any

import email_validator
from flask_babel import lazy_gettext as _l
from wtforms import (
    EmailField,
    Field,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import DataRequired, InputRequired, NumberRange, Optional
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from app.forms.validators import (
    MAX_EMAIL_LENGTH,
    Validator,
    all_of,
    max_length,
    no_hidden_characters,
    no_web_address,
    one_of_choices,
    requires_alphanumeric,
    single_line,
    valid_email,
)
from app.text import collapse_whitespace, normalise, normalise_lines, parse_number

UNKNOWN_VERSION = -1  # matches none
TIME_FORMATS = ["%H:%M", "%H:%M:%S", "%H.%M", "%I:%M%p", "%I.%M%p", "%I%p"]


class ClockTimeField(TimeField):
    """A time of day: 14:30, or 2:30pm where the browser has no time input."""

    def __init__(self, label: Any, **kwargs: Any) -> None:
        message = _l("Enter a time like 9:30am or 14:30")
        super().__init__(  # its type stubs are those of WTForms 3.2
            label,
            format=TIME_FORMATS,
            invalid_value_message=message,  # type: ignore[call-arg]
            **kwargs,
        )

    def process_formdata(self, valuelist: list[str]) -> None:
        """Parse the submitted time; an empty field clears the previous value."""
        self.data = None
        super().process_formdata([one for one in map(_remove_spaces, valuelist) if one])

    def _value(self) -> str:
        """Return the time as HH:MM for a time input, or the text that could not be parsed."""
        return self.data.strftime("%H:%M") if self.data else " ".join(self.raw_data or ())

    @property
    def input_type(self) -> str:
        """Return "text" for invalid input, which a time input would not show, else "time"."""
        return "text" if self.data is None and self._value() else "time"


def _remove_spaces(typed: str) -> str:
    return "".join(typed.split())


class VersionField(Field):
    """The version that a page showed, or another number that changes with each edit.

    The view passes it to the service, so that an old page cannot overwrite a later change.
    """

    widget = HiddenInput()
    data: int

    def process_data(self, value: int | None) -> None:
        """Set the number of what the form is filled with."""
        self.data = UNKNOWN_VERSION if value is None else value

    def process_formdata(self, valuelist: list[str]) -> None:
        """Parse the submitted number; anything else becomes a version that never matches."""
        typed = valuelist[0] if valuelist else ""
        number = parse_number(typed)
        self.data = UNKNOWN_VERSION if number is None else number

    def _value(self) -> str:
        return "" if self.data == UNKNOWN_VERSION else str(self.data)


# Limits for what people say about themselves, and for what editors write, in characters.
MAX_LINE_LENGTH, MAX_EDITOR_LINE_LENGTH = 100, 300
MAX_TEXT_LENGTH, MAX_EDITOR_TEXT_LENGTH = 1_000, 20_000
MAX_EDITOR_NAME_LENGTH = 200
PUBLIC_HINT = _l("Public")
MARKDOWN_HINT = _l("Public. Markdown: an empty line begins a new paragraph, *words* are emphasised")
DIR_AUTO = {"dir": "auto"}  # the direction follows the script of the text
COUNTER_WORDS = {
    "data-left": _l("Characters left: …"),
    "data-over": _l("Characters over the limit: …"),
}  # hints while typing

# A reserved domain (example, test, …) may still be served by the conference's own mail server;
# whether an email can be delivered shows when it is sent.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


def name_field(
    label: Any, subject: Any, required_message: Any = None, **html_attributes: Any
) -> StringField:
    """Return a field for a name; it is optional if no ``required_message`` is given."""
    return line_field(
        label,
        subject,
        required_message,
        validator=all_of(
            single_line(subject), requires_alphanumeric(subject), no_web_address(subject)
        ),
        spellcheck="false",
        autocapitalize="words",
        **html_attributes,
    )


def line_field(  # noqa: PLR0913 - all options of a single-line field
    label: Any,
    subject: Any,
    required_message: Any = None,
    *,
    validator: Validator | None = None,
    description: Any = "",
    max_chars: int = MAX_LINE_LENGTH,
    **html_attributes: str,
) -> StringField:
    """Return a single-line text field; it is optional if no ``required_message`` is given."""
    return StringField(
        label,
        [
            *([DataRequired(required_message)] if required_message else []),
            max_length(max_chars, subject),
            no_hidden_characters,
            *([validator] if validator else []),
        ],
        filters=[collapse_whitespace],
        description=description,
        render_kw=html_attributes,
    )


def text_field(
    label: Any, subject: Any, description: Any = "", **html_attributes: str
) -> TextAreaField:
    """Return an optional field for several lines of text."""
    return TextAreaField(
        label,
        [
            max_length(MAX_TEXT_LENGTH, subject),
            no_hidden_characters,
        ],
        filters=[normalise],
        description=description,
        render_kw=html_attributes,
    )


def editor_name_field(
    label: Any, subject: Any, required_message: Any, description: Any = ""
) -> StringField:
    """Return a required field for a name, in any script."""
    return line_field(
        label,
        subject,
        required_message,
        validator=requires_alphanumeric(subject),
        description=description,
        max_chars=MAX_EDITOR_NAME_LENGTH,
        dir="auto",
    )


def editor_line_field(
    label: Any,
    subject: Any,
    description: Any = "",
    max_chars: int = MAX_EDITOR_LINE_LENGTH,
    **html_attributes: str,
) -> StringField:
    """Return an optional single-line text field, in any script."""
    return line_field(
        label,
        subject,
        validator=None,
        description=description,
        max_chars=max_chars,
        **{**DIR_AUTO, **html_attributes},
    )


def editor_text_field(
    label: Any, subject: Any, description: Any = "", limit: int = MAX_EDITOR_TEXT_LENGTH
) -> TextAreaField:
    """Return an optional field for several lines of text, in any script."""
    validators = [max_length(limit, subject), no_hidden_characters]
    return TextAreaField(label, validators, [normalise_lines], description, render_kw=DIR_AUTO)


def counted_text_field(label: Any, subject: Any, description: Any, max_chars: int) -> TextAreaField:
    """Return a field with a character count; a longer text that was saved before may stay."""
    check = max_length(max_chars, subject)

    def max_length_unless_unchanged(form: Any, field: StringField) -> None:
        if field.data != normalise_lines(field.object_data):
            check(form, field)

    return TextAreaField(
        label,
        [max_length_unless_unchanged, no_hidden_characters],
        [normalise_lines],
        description,
        render_kw={**DIR_AUTO, "data-most": str(max_chars), **COUNTER_WORDS},
    )


def email_field(label: Any, description: Any = "", *, enter_key: str = "go") -> EmailField:
    """Return a required field for the visitor's own email address; use it once per form."""
    required_message, subject = _l("Enter your email address"), _l("Your email address")
    return _build_email_field(
        label,
        description,
        required_message,
        subject,
        autocomplete="email",
        enterkeyhint=enter_key,
    )


def other_persons_email_field(label: Any, description: Any = "") -> EmailField:
    """Return a required field for another person's email address, without autocomplete."""
    required_message, subject = _l("Enter an email address"), _l("The email address")
    return _build_email_field(label, description, required_message, subject, autocomplete="off")


def optional_email_field(label: Any, description: Any = "") -> EmailField:
    """Return an optional field for another person's email address."""
    subject = _l("The email address")
    return _build_email_field(label, description, None, subject, autocomplete="off")


def _build_email_field(
    label: Any, description: Any, required_message: Any, subject: Any, **html_attributes: str
) -> EmailField:
    validators = [
        DataRequired(required_message) if required_message else Optional(),
        max_length(MAX_EMAIL_LENGTH, subject),
        no_hidden_characters,
    ]
    return EmailField(
        label,
        [*validators, valid_email],
        filters=[collapse_whitespace],
        description=description,
        render_kw={**html_attributes, "spellcheck": "false", "autocapitalize": "none"},
    )


def number_field(
    label: Any,
    allowed: tuple[int, int],
    error: Any,
    required_message: Any = None,
    **options: Any,
) -> IntegerField:
    """Return a field for a whole number; it is optional if no ``required_message`` is given."""
    is_given = InputRequired(required_message) if required_message else Optional()
    return IntegerField(
        label,
        [is_given, NumberRange(*allowed, error)],
        render_kw={"inputmode": "numeric"},
        **options,
    )


class DaysField(SelectMultipleField):
    """A list of days, each with a checkbox."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def process_data(self, value: str | None) -> None:
        """Select the days of an answer."""
        super().process_data((value or "").split())


def days_field(label: Any, description: Any = "") -> DaysField:
    """Return a field for the days of the conference, at least one."""
    required = DataRequired(_l("Choose at least one day"))
    offered = one_of_choices(_l("Choose a day from the list"))
    return DaysField(label, [required, offered], validate_choice=False, description=description)


def country_field(required_message: Any, **html_attributes: str) -> SelectField:
    """Return a field for one of the countries."""
    offered = one_of_choices(_l("Choose a country from the list"))
    return SelectField(
        _l("Country"),
        [DataRequired(required_message), offered],
        validate_choice=False,
        render_kw=html_attributes,
    )
