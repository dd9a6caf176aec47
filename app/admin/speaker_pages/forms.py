"""Forms for deadlines and owners of session texts."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateField, Field, TextAreaField
from wtforms.validators import DataRequired, Optional

from app.admin_kit.edit_form import MAX_NOTES_LENGTH
from app.forms.fields import editor_text_field, other_persons_email_field
from app.forms.form import Form
from app.forms.validators import max_length, no_hidden_characters
from app.speakers.checklist import ChecklistItem
from app.text import normalise_lines

MAX_MESSAGE_LENGTH = 2000  # characters
DATE_ERROR = _l("Enter a date, like 2008-10-06")


class OptionalDateField(DateField):
    """An optional date."""

    def __init__(self, label: Any, **bound: Any) -> None:
        super().__init__(label, [Optional()], format=["%Y-%m-%d"], **bound)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Parse the submitted date; raise ValueError with our own message if it is invalid."""
        self.data = None  # an empty field clears the previous value
        try:
            super().process_formdata([one for one in valuelist if one.strip()])
        except ValueError:
            raise ValueError(DATE_ERROR) from None


class DeadlinesForm(Form):
    """Set the deadline of each checklist item."""

    @classmethod
    def for_items(
        cls, items: Sequence[ChecklistItem], deadlines: Mapping[str, date]
    ) -> "DeadlinesForm":
        """Return a form with a date field for each item."""
        named = {_field_name(item): OptionalDateField(item.team_label) for item in items}
        form_class: type[DeadlinesForm] = type("Deadlines", (cls,), named)
        return form_class(data={_field_name(item): deadlines.get(item.name) for item in items})

    def ordered_fields(self, items: Sequence[ChecklistItem]) -> list[Field]:
        """Return the fields in the order of the items."""
        return [self[_field_name(item)] for item in items]

    def get_deadlines(self) -> dict[str, date | None]:
        """Return the submitted dates by the names of the items."""
        return {
            name.removeprefix("day_").replace("_", "-"): field.data
            for name, field in self._fields.items()
            if name.startswith("day_")
        }


class SessionOwnerForm(Form):
    """Enter the email address of a session's owner."""

    email = other_persons_email_field(_l("Email address"))


class RequestAnswerForm(Form):
    """Answer a speaker's request."""

    answer = TextAreaField(
        _l("Your answer"),
        [
            DataRequired(_l("Enter an answer")),
            max_length(MAX_NOTES_LENGTH, _l("The answer")),
            no_hidden_characters,
        ],
        [normalise_lines],
        _l("We email it to the speaker and their assistants, and show it on their pages"),
    )


class BatchEmailForm(Form):
    """Send an email to several speakers, with a personal message."""

    message = editor_text_field(
        _l("Your message (optional)"),
        _l("The message"),
        _l("It appears above the text of each email"),
        MAX_MESSAGE_LENGTH,
    )


def _field_name(item: ChecklistItem) -> str:
    return f"day_{item.name.replace('-', '_')}"
