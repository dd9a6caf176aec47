"""What the forms share in which organisers edit a thing of the programme."""

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

from app.accounts import guards
from app.forms import Form, one_line, plain_characters, tidy
from app.programme.editing.edits import Stale
from app.registration.fields import at_most, lettered, offered

LONGEST_NUMBER = 10  # digits; nothing is edited so often
LONGEST_NAME = 200  # characters
LONGEST_LINE = 300
LONGEST_NOTES = 5_000
LONGEST_TEXT = 20_000
PUBLIC = _l("Public")
MARKDOWN = _l("Public. Markdown: an empty line begins a new paragraph, *words* are emphasised")
EITHER_WAY = {"dir": "auto"}  # as what is typed is written


class EditForm(Form):
    """A form about a thing as it was when its page was opened."""

    version = HiddenField()

    @property
    def seen(self) -> int:
        """Tell how often the thing had been edited then; what is no number was never right."""
        typed = self.version.data or ""
        return int(typed) if typed.isdecimal() and len(typed) < LONGEST_NUMBER else -1

    def begun_again(self, stale: Stale) -> Self:
        """Keep what was typed; sent again, it counts as typed over what is saved now."""
        self.version.data = str(stale.version)
        return self


def who() -> str:
    """Tell under which address the history keeps what is being done."""
    person = guards.current_person()
    return person.email if person else ""


def lines(text: str | None) -> str:
    """Give typed text tidied, with one sign at the end of each line."""
    return tidy(text).replace("\r\n", "\n").replace("\r", "\n")


def a_name(label: Any, called: Any, missing: Any, description: Any = "") -> StringField:
    """Ask for the name of a thing."""
    checks = [DataRequired(missing), at_most(LONGEST_NAME, called), plain_characters]
    checks.append(lettered(called))
    return StringField(label, checks, [one_line], description, render_kw=EITHER_WAY)


def a_line(label: Any, called: Any, description: Any = "", **look: str) -> StringField:
    """Ask for a line of text, which may be left out."""
    checks = [at_most(LONGEST_LINE, called), plain_characters]
    return StringField(label, checks, [one_line], description, render_kw={**EITHER_WAY, **look})


def a_text(label: Any, called: Any, description: Any = "", most: int = LONGEST_TEXT) -> Field:
    """Ask for several lines of text, which may be left out."""
    checks = [at_most(most, called), plain_characters]
    return TextAreaField(label, checks, [lines], description, render_kw=EITHER_WAY)


class Several(SelectMultipleField):
    """Any of several things, each a box to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class MoveForm(Form):
    """Choose where the sessions of a room or a theme go."""

    to = SelectField(
        _l("Move them to"), [offered(_l("Choose where they go"))], validate_choice=False
    )


def notes() -> Field:
    """Ask for what only those who run the conference should know."""
    return a_text(
        _l("Notes (optional)"),
        _l("The notes"),
        _l("Not public. Only people in the back office see them"),
        LONGEST_NOTES,
    )
