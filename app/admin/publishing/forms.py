"""Forms for publishing, scheduling and rolling back releases."""

from datetime import UTC, date, datetime, time
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import AnyOf, StopValidation, ValidationError

from app import clock
from app.errors import RuleViolation
from app.forms.fields import ClockTimeField, VersionField
from app.forms.form import Form
from app.forms.validators import max_length, no_hidden_characters
from app.releases.models import ScheduledRelease
from app.releases.services import UnresolvedClashes
from app.text import collapse_whitespace
from app.web.formatting import conference_zone

NOW, LATER = "now", "later"
MAX_NOTE_LENGTH = 1_000
MAX_REASON_LENGTH = 500


def _line_field(label: Any, name_in_errors: Any, description: Any, limit: int) -> TextAreaField:
    """Return an optional field for a text without line breaks."""
    checks = [max_length(limit, name_in_errors), no_hidden_characters]
    return TextAreaField(label, checks, [collapse_whitespace], description)


class IsoDateField(DateField):
    """A date in ISO format, as browsers send it: 2008-11-06."""

    def __init__(self, label: Any, **bound: Any) -> None:
        wrong = _l("Enter a date like 2008-11-06")
        super().__init__(label, invalid_value_message=wrong, **bound)  # type: ignore[call-arg]  # the type stubs are those of WTForms 3.2

    def process_formdata(self, valuelist: list[str]) -> None:
        """Parse the submitted date; an empty field is no date."""
        super().process_formdata([one for one in map(str.strip, valuelist) if one])


class ScheduleReleaseForm(Form):
    """Publish at a date and time in the conference's time zone."""

    note = _line_field(
        _l("Note (optional)"),
        _l("The note"),
        _l("Public. Say what is new in a sentence or two"),
        MAX_NOTE_LENGTH,
    )
    day = IsoDateField(_l("Day"))
    time = ClockTimeField(_l("Time"))
    override_reason = _line_field(
        _l("Reason for publishing with clashes"),
        _l("The reason"),
        _l("It is recorded with the release and in the history"),
        MAX_REASON_LENGTH,
    )

    is_scheduled = True

    def validate_day(self, field: DateField) -> None:
        """Raise StopValidation if there is no date."""
        if field.data is None:
            raise StopValidation(_l("Enter the date to publish"))

    def validate_time(self, field: ClockTimeField) -> None:
        """Raise an error for a time that is missing, past or skipped by the clocks."""
        if field.data is None:
            raise StopValidation(_l("Enter the time to publish, like 9:30am"))
        if self.day.data is None:
            return
        if (
            self.publish_at.astimezone(conference_zone()).replace(tzinfo=None)
            != self._local_datetime
        ):
            raise ValidationError(
                _l(
                    "The clocks go forward that night, so this time does not exist. Enter "
                    "another time"
                )
            )
        if self.publish_at <= clock.now():
            raise ValidationError(_l("Enter a date and time in the future"))

    @property
    def publish_at(self) -> datetime:
        """Return the moment in UTC; the first one if the clocks show this time twice."""
        return self._local_datetime.replace(tzinfo=conference_zone()).astimezone(UTC)

    @property
    def is_ambiguous(self) -> bool:
        """Return True if the clocks show this time twice, as they go back that night."""
        local = self._local_datetime.replace(tzinfo=conference_zone())
        return local.utcoffset() != local.replace(fold=1).utcoffset()

    @property
    def _local_datetime(self) -> datetime:
        return datetime.combine(self.day.data or date.min, self.time.data or time.min)

    def set_initial_data(self, scheduled: ScheduledRelease) -> None:
        """Fill in the scheduled release."""
        local = scheduled.publish_at.astimezone(conference_zone())
        self.day.data, self.time.data = local.date(), local.time()
        self.note.data, self.override_reason.data = scheduled.note, scheduled.override_reason

    def add_violation(self, refusal: RuleViolation) -> None:
        """Show an error beside the field that it is about."""
        self.add_error(
            self.override_reason if isinstance(refusal, UnresolvedClashes) else self.time, refusal
        )


class PublishForm(ScheduleReleaseForm):
    """Publish now, or schedule for later."""

    when = RadioField(
        _l("When to publish"),
        [AnyOf((NOW, LATER), message=_l("Select when to publish"))],
        choices=[SelectChoice(NOW, _l("Now")), SelectChoice(LATER, _l("Schedule for later"))],
        default=NOW,
        validate_choice=False,
    )
    fingerprint = HiddenField()  # of what the page showed

    @property
    def is_scheduled(self) -> bool:  # type: ignore[override]  # depends on the choice
        """Return True if the release is scheduled for later."""
        return bool(self.when.data == LATER)

    @property
    def hidden_fields(self) -> list[tuple[str, str]]:
        """Return names and values to carry to the next step."""
        return [
            ("note", self.note.data or ""),
            ("when", self.when.data),
            ("day", self.day.data.isoformat() if self.day.data else ""),
            ("time", f"{self.time.data:%H:%M}" if self.time.data else ""),
            ("override_reason", self.override_reason.data or ""),
            ("fingerprint", self.fingerprint.data or ""),
        ]

    def validate(self, *checks: Any, **named: Any) -> bool:
        """Validate the form; ignore the date and time if they are not needed."""
        if not self.is_scheduled:
            self.day.process_errors = self.time.process_errors = []
        return bool(super().validate(*checks, **named))

    def validate_day(self, field: DateField) -> None:
        """Raise StopValidation if a date is needed and missing."""
        if self.is_scheduled:
            super().validate_day(field)

    def validate_time(self, field: ClockTimeField) -> None:
        """Raise an error if a time is needed and missing or invalid."""
        if self.is_scheduled:
            super().validate_time(field)


class RollbackForm(Form):
    """Make a release public again; the form expects the one that was public when it was opened."""

    note = _line_field(
        _l("Reason for restoring (optional)"),
        _l("The reason"),
        _l("It is recorded in the history"),
        MAX_REASON_LENGTH,
    )
    expected_version = VersionField()
