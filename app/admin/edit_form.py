"""The base form for editing the programme, and its common fields."""

from typing import Any, Self

from flask_babel import lazy_gettext as _l
from wtforms import (
    Field,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired
from wtforms.widgets import CheckboxInput, ListWidget

from app.forms.base import Form
from app.forms.validators import (
    max_length,
    no_hidden_characters,
    one_of_choices,
    requires_alphanumeric,
)
from app.programme.editing.versioned_edits import StaleEdit
from app.text import collapse_whitespace, normalise

MAX_NUMBER_DIGITS = 10  # digits
MAX_NAME_LENGTH = 200  # characters
MAX_LINE_LENGTH = 300
MAX_NOTES_LENGTH = 5_000
MAX_TEXT_LENGTH = 20_000
PUBLIC_HINT = _l("Public")
MARKDOWN_HINT = _l("Public. Markdown: an empty line begins a new paragraph, *words* are emphasised")
DIR_AUTO = {"dir": "auto"}  # the direction follows the script that is typed


class EditForm(Form):
    """A form with the version of the item when it was opened, for optimistic locking."""

    version = HiddenField()

    @property
    def expected_version(self) -> int:
        """Return the version when the form was opened; -1, which never matches, if invalid."""
        typed = self.version.data or ""
        return int(typed) if typed.isdecimal() and len(typed) < MAX_NUMBER_DIGITS else -1

    def rebase_on(self, stale: StaleEdit) -> Self:
        """Keep the input, but expect the version that is saved now."""
        self.version.data = str(stale.version)
        return self


def normalise_multiline(text: str | None) -> str:
    """Return normalised text with LF as line breaks."""
    return normalise(text).replace("\r\n", "\n").replace("\r", "\n")


def name_field(
    label: Any, name_in_errors: Any, required_message: Any, description: Any = ""
) -> StringField:
    """Return a required field for a name."""
    checks = [
        DataRequired(required_message),
        max_length(MAX_NAME_LENGTH, name_in_errors),
        no_hidden_characters,
    ]
    checks.append(requires_alphanumeric(name_in_errors))
    return StringField(label, checks, [collapse_whitespace], description, render_kw=DIR_AUTO)


def line_field(
    label: Any, name_in_errors: Any, description: Any = "", **attributes: str
) -> StringField:
    """Return an optional single-line text field."""
    checks = [max_length(MAX_LINE_LENGTH, name_in_errors), no_hidden_characters]
    return StringField(
        label, checks, [collapse_whitespace], description, render_kw={**DIR_AUTO, **attributes}
    )


def text_field(
    label: Any, name_in_errors: Any, description: Any = "", limit: int = MAX_TEXT_LENGTH
) -> Field:
    """Return an optional field for several lines of text."""
    checks = [max_length(limit, name_in_errors), no_hidden_characters]
    return TextAreaField(label, checks, [normalise_multiline], description, render_kw=DIR_AUTO)


class CheckboxesField(SelectMultipleField):
    """A multiple choice shown as checkboxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class ReassignForm(Form):
    """Choose the room or theme to which sessions are moved."""

    to = SelectField(
        _l("Move them to"), [one_of_choices(_l("Choose where they go"))], validate_choice=False
    )


def notes_field() -> Field:
    """Return an optional field for internal notes."""
    return text_field(
        _l("Notes (optional)"),
        _l("The notes"),
        _l("Not public. Only people in the back office see them"),
        MAX_NOTES_LENGTH,
    )
