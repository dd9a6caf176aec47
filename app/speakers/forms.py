"""What speakers and their assistants type."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import AnyOf, ValidationError

from app.forms import Form
from app.registration.fields import a_text, somebodys_address
from app.speakers import questions
from app.speakers.absences import Absences
from app.speakers.models import ANOTHER_TIME, NO, WITHDRAWAL, YES
from app.speakers.questions import Question

TAKES_PART = "yes"
SAY = _l("Say whether you take part")


class TakingPartForm(Form):
    """Say whether a speaker takes part, and if not so, why."""

    seen = HiddenField()  # what the programme had for them

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


class AnswerForm(Form):
    """Answer a short question, as its page showed what had been answered before."""

    question: Question
    seen = HiddenField()

    def told(self) -> dict[str, str]:
        """Give what was typed."""
        return {field: self[field].data or "" for field in self.question.fields}


class AssistantForm(Form):
    """Say whose help a speaker has."""

    email = somebodys_address(
        _l("Email address of an assistant"),
        _l("They get a link of their own. What they do is noted under their address"),
    )


def yes_or_no(label: Any, missing: Any, description: Any = "") -> RadioField:
    """Ask something that has to be said one way or the other."""
    return RadioField(
        label,
        [AnyOf((YES, NO), missing)],
        choices=[SelectChoice(YES, _l("Yes")), SelectChoice(NO, _l("No"))],
        validate_choice=False,
        description=description,
    )


class NeedsForm(AnswerForm):
    """Say what a speaker needs in order to take part."""

    question = questions.NEEDS
    access = a_text(
        _l("What do you need in order to take part? (optional)"),
        _l("What you need"),
        _l("For example a step-free way to the stage, a sign language interpreter, a seat"),
    )


class AudioVisualForm(AnswerForm):
    """Say what a speaker needs of the equipment of the room."""

    question = questions.AUDIO_VISUAL
    audio_visual = a_text(
        _l("What do you need for your talk? (optional)"),
        _l("What you need"),
        _l("For example sound from your computer, a microphone to wear, a clicker"),
    )


class TravelForm(AnswerForm):
    """Say how and when a speaker comes."""

    question = questions.TRAVEL
    travel = a_text(
        _l("How and when do you arrive and leave? (optional)"),
        _l("Your journey"),
        _l("For example By train from Leeds, at 6pm the evening before, and back on Thursday"),
    )


class ConsentForm(AnswerForm):
    """Say what may be published of a talk."""

    question = questions.CONSENT
    recording = yes_or_no(
        _l("May a recording of you be published?"),
        _l("Say whether a recording may be published"),
    )
    slides = yes_or_no(
        _l("May your slides be published?"), _l("Say whether your slides may be published")
    )


class AvailabilityForm(Form):
    """Say at which times a speaker cannot appear."""

    seen = HiddenField()
    absences = Absences(_l("Cannot appear"))

    def arrange(self, pressed: str, days: Iterable[date]) -> bool:
        """Add or remove a row, if that button was pressed; tell whether it was."""
        deed, _, number = pressed.partition(" ")
        if deed == "add":
            self.absences.add()
        elif deed == "remove":
            self.absences.remove(number)
        self.absences.offer(days)
        return deed in {"add", "remove"}
