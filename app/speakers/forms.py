"""What speakers and their assistants type."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import AnyOf, ValidationError

from app.forms import Form
from app.registration.fields import a_text
from app.speakers.models import ANOTHER_TIME, WITHDRAWAL

TAKES_PART = "yes"
SAY = _l("Say whether you take part")


class TakingPartForm(Form):
    """Say whether a speaker takes part, and if not so, why."""

    answer = RadioField(
        _l("Do you take part?"),
        [AnyOf((TAKES_PART, ANOTHER_TIME, WITHDRAWAL), SAY)],
        choices=[
            SelectChoice(TAKES_PART, _l("Yes, as the programme has it")),
            SelectChoice(ANOTHER_TIME, _l("Yes, but I need another time")),
            SelectChoice(WITHDRAWAL, _l("No, I cannot take part")),
        ],
        validate_choice=False,
    )
    words = a_text(
        _l("Why, or which times suit you"),
        _l("What you write"),
        _l("Only if you need another time or cannot take part. The organisers read it"),
    )

    def validate_words(self, field: Field) -> None:
        """Ask for words where the organisers must act on them."""
        if self.answer.data in {ANOTHER_TIME, WITHDRAWAL} and not field.data:
            raise ValidationError(_l("Write a few words, so that the organisers know what to do"))

    def said(self) -> tuple[Any, str]:
        """Give the answer and the words with it."""
        return self.answer.data, self.words.data or ""
