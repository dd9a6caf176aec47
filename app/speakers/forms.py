"""The forms of speakers' own pages: participation, short questions, and absences.

Absences are times at which a speaker cannot appear: rows that can be added and removed.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import Field, FieldList, FormField, HiddenField, RadioField, SelectField, TimeField
from wtforms import Form as SubForm
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import AnyOf, ValidationError

from app.delegates import private_answers
from app.forms.fields import ClockTimeField, other_persons_email_field, text_field
from app.forms.form import Form
from app.forms.validators import one_of_choices
from app.programme.fields.speakers import format_period, is_whole_day
from app.programme.models import Absence
from app.speakers import questions
from app.speakers.models import ANOTHER_TIME, NO, WITHDRAWAL, YES
from app.speakers.questions import SpeakerQuestion
from app.text import parse_number
from app.web.formatting import conference_zone, local_date

MAX_ABSENCES = 30  # rows
MIDNIGHT = time()
DAYS_AROUND = range(-7, 8)  # before and after each day of the conference


class AbsenceForm(SubForm):
    """One absence: a day, all of it or from one time to another."""

    day = SelectField(
        _l("Day"), [one_of_choices(_l("Choose one of the days"))], validate_choice=False
    )
    starts = ClockTimeField(_l("From"))
    ends = ClockTimeField(_l("To"))

    def validate_starts(self, field: TimeField) -> None:
        """Reject an end without a start."""
        if field.data is None and self.ends.data is not None:
            raise ValidationError(
                _l("Enter a start time, or leave both times empty for the whole day")
            )

    def validate_ends(self, field: TimeField) -> None:
        """Reject a start without an end, and an end that is not after the start."""
        if self.starts.data is None or self.starts.errors:
            return
        if field.data is None:
            raise ValidationError(
                _l("Enter an end time, or leave both times empty for the whole day")
            )
        if MIDNIGHT < field.data <= self.starts.data:
            raise ValidationError(_l("The end time must be after the start time"))

    def to_interval(self, zone: ZoneInfo) -> tuple[str, str]:
        """Return start and end in ISO format."""
        day = date.fromisoformat(self.day.data)
        ends = self.ends.data or MIDNIGHT
        last = day + timedelta(days=1) if ends == MIDNIGHT else day
        begins = datetime.combine(day, self.starts.data or MIDNIGHT, zone)
        return (
            begins.astimezone(UTC).isoformat(),
            datetime.combine(last, ends, zone).astimezone(UTC).isoformat(),
        )


class AbsencesField(FieldList):  # type: ignore[type-arg]  # not generic at run time
    """The list of absences."""

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(FormField(AbsenceForm), label, max_entries=MAX_ABSENCES, **kwargs)

    def set_days(self, days: Iterable[date]) -> None:
        """Set the days to choose from, in addition to those already in the rows.

        Days shortly before and after the conference can be chosen too; a new row starts with the
        first day of the conference.
        """
        days = sorted(days)
        nearby_days = {day + timedelta(days=number) for day in days for number in DAYS_AROUND}
        current_days = (_parse_day(row.form.day.data) for row in self.entries)
        choices = [
            (day.isoformat(), local_date(day))
            for day in sorted({*nearby_days, *(day for day in current_days if day is not None)})
        ]
        for row in self.entries:
            day = row.form.day
            day.choices = choices
            if day.raw_data is None and days:  # nothing was submitted for it
                day.data = day.data or days[0].isoformat()

    def apply_button(self, button: str, days: Iterable[date]) -> bool:
        """Add or remove a row if that button was pressed; return True if so."""
        action, _, number = button.partition(" ")
        if action == "add":
            self._add()
        elif action == "remove":
            self._remove(number)
        self.set_days(days)
        return action in {"add", "remove"}

    def _add(self) -> None:
        """Add an empty row, unless there are too many, and move the focus there."""
        if len(self.entries) < MAX_ABSENCES:
            self.append_entry().form.day.render_kw = {"autofocus": ""}

    def _remove(self, number: str) -> None:
        row = parse_number(number)
        if row is not None and row < len(self.entries):
            self.entries.pop(row)

    def to_intervals(self, zone: ZoneInfo) -> list[list[str]]:
        """Return each interval once, sorted."""
        return [list(one) for one in sorted({row.form.to_interval(zone) for row in self.entries})]


def initial_absences(absences: Sequence[Absence], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return the form data of stored absences."""
    return [_initial_row(absence, zone) for absence in absences]


def describe_absences(absences: Sequence[Absence], zone: ZoneInfo) -> list[str]:
    """Return stored absences as text."""
    return [format_period(absence.starts_at, absence.ends_at, zone) for absence in absences]


def _initial_row(absence: Absence, zone: ZoneInfo) -> dict[str, Any]:
    starts, ends = absence.starts_at.astimezone(zone), absence.ends_at.astimezone(zone)
    whole = is_whole_day(absence.starts_at, absence.ends_at, zone)
    return {
        "day": starts.date().isoformat(),
        "starts": None if whole else starts.time(),
        "ends": None if whole else ends.time(),
    }


def _parse_day(typed: Any) -> date | None:
    try:
        return date.fromisoformat(typed or "")
    except ValueError:
        return None


TAKES_PART = "yes"
ANSWER_REQUIRED = _l("Confirm whether you are taking part")


class ParticipationForm(Form):
    """Confirm participation, ask for another time, or withdraw."""

    fingerprint = HiddenField()  # of the schedule and the answers that the page showed
    sure = HiddenField()  # set by the confirmation page

    answer = RadioField(
        _l("Are you taking part?"),
        [AnyOf((TAKES_PART, ANOTHER_TIME, WITHDRAWAL), ANSWER_REQUIRED)],
        choices=[
            SelectChoice(TAKES_PART, _l("Yes, at the times in the programme")),
            SelectChoice(ANOTHER_TIME, _l("Yes, but I need another time")),
            SelectChoice(WITHDRAWAL, _l("No, I cannot take part")),
        ],
        validate_choice=False,
    )
    words = text_field(
        _l("Your message"),
        _l("Your message"),
        _l(
            "Only if you need another time or cannot take part. Tell the organisers why, or "
            "which times suit you"
        ),
    )

    @property
    def needs_confirmation(self) -> bool:
        """Whether the speaker still has to confirm that they withdraw."""
        return self.answer.data == WITHDRAWAL and not self.sure.data

    def validate_words(self, field: Field) -> None:
        """Require a message if the organisers have to act on it."""
        if self.answer.data in {ANOTHER_TIME, WITHDRAWAL} and not field.data:
            raise ValidationError(_l("Enter a message so that the organisers know what to do"))

    def get_answer(self) -> tuple[Any, str]:
        """Return the answer and the message."""
        return self.answer.data, self.words.data or ""


class AnswerForm(Form):
    """A short question, with a fingerprint of the answer that its page showed."""

    question: SpeakerQuestion
    fingerprint = HiddenField()

    def get_answers(self) -> dict[str, str]:
        """Return the answers by field name."""
        return {field: self[field].data or "" for field in self.question.fields}

    def explain_unreadable(self, answers: Mapping[str, str]) -> None:
        """Say beside a question that its stored answer cannot be read, and leave it empty."""
        for name, answer in answers.items():
            if private_answers.is_unreadable(answer):
                self[name].description = gettext("Your earlier answer cannot be read. Answer again")
                if self[name].data == answer:
                    self[name].data = ""


class AssistantForm(Form):
    """The email address of an assistant."""

    email = other_persons_email_field(
        _l("Email address of an assistant"),
        _l("We will email them their own link. What they do is recorded under their email address"),
    )


def yes_no_field(label: Any, required_message: Any, description: Any = "") -> RadioField:
    """Return a required yes/no question."""
    return RadioField(
        label,
        [AnyOf((YES, NO), required_message)],
        choices=[SelectChoice(YES, _l("Yes")), SelectChoice(NO, _l("No"))],
        validate_choice=False,
        description=description,
    )


class NeedsForm(AnswerForm):
    """What a speaker needs in order to take part."""

    question = questions.NEEDS
    access = text_field(
        _l("What are your access requirements? (optional)"),
        _l("Your answer"),
        _l("For example step-free access to the stage, a sign language interpreter or a seat"),
    )


class AudioVisualForm(AnswerForm):
    """The equipment that a speaker needs in the room."""

    question = questions.AUDIO_VISUAL
    audio_visual = text_field(
        _l("What equipment do you need for your talk? (optional)"),
        _l("Your answer"),
        _l("For example sound from your computer, a clip-on microphone or a clicker"),
    )


class TravelForm(AnswerForm):
    """How and when a speaker arrives."""

    question = questions.TRAVEL
    travel = text_field(
        _l("How and when will you arrive and leave? (optional)"),
        _l("Your journey"),
        _l(
            "For example: By train from Leeds, arriving at 6pm the day before, leaving on "
            "Thursday evening"
        ),
    )


class PublishingConsentForm(AnswerForm):
    """What may be published of a talk."""

    question = questions.CONSENT
    recording = yes_no_field(
        _l("May we publish a recording of your talk?"),
        _l("Choose whether we may publish a recording"),
    )
    slides = yes_no_field(
        _l("May we publish your slides?"), _l("Choose whether we may publish your slides")
    )


class AvailabilityForm(Form):
    """The times at which a speaker cannot appear."""

    fingerprint = HiddenField()
    absences = AbsencesField(_l("Unavailable times"))

    def apply_button(self, button: str, days: Iterable[date]) -> bool:
        """Add or remove a row if that button was pressed; return True if so."""
        return self.absences.apply_button(button, days)

    def get_answers(self) -> list[list[str]]:
        """Return the absences as intervals."""
        return self.absences.to_intervals(conference_zone())
