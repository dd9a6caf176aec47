"""The forms for the settings of the conference and the limit of places."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import available_timezones

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, EmailField, Field, IntegerField, StringField
from wtforms.validators import DataRequired, ValidationError
from wtforms.validators import Optional as MayBeEmpty

from app.admin_kit.edit_form import CheckboxesField, EditForm
from app.forms.fields import (
    VersionField,
    editor_line_field,
    editor_name_field,
    editor_text_field,
    number_field,
)
from app.forms.form import Form
from app.forms.moment_fields import LocalDateTimeField, moment_field
from app.forms.validators import (
    MAX_EMAIL_LENGTH,
    max_length,
    no_hidden_characters,
    one_of_choices,
    valid_email,
)
from app.programme import opening_times
from app.programme.fields.conference import DAYS, LABELS, MOMENTS, parse_coordinates
from app.programme.models import Conference
from app.text import collapse_whitespace

TRUSTED_FIELD_CHOICES = [
    ("biography", _l("Biography")),
    ("photo", _l("Photo")),
    ("links", _l("Links")),
    ("slides", _l("Slides and papers")),
]
MAX_SUMMARY_LENGTH = 500  # characters
MAX_CONFERENCE_DAYS = 60  # days
FIRST_YEAR, LAST_YEAR = 1970, 2199
MAX_WALKING_MINUTES = 120
MAX_PLACES = 1_000_000
WALK_ERROR = _l("Enter a number of minutes from 0 to 120")
PLACES_ERROR = _l("Enter a number from 0 to 1,000,000")


def _valid_time_zone(_form: Any, field: Field) -> None:
    if field.data not in available_timezones():
        raise ValidationError(_l("Enter a time zone in the correct format, like Europe/London"))


def _valid_year(_form: Any, field: Field) -> None:
    if field.data and not FIRST_YEAR <= field.data.year <= LAST_YEAR:
        raise ValidationError(_l("Enter a year between 1970 and 2199"))


def _valid_coordinates(_form: Any, field: Field) -> None:
    """Normalise coordinates; raise ValidationError if they are invalid."""
    try:
        field.data = parse_coordinates(field.data)
    except ValueError:
        raise ValidationError(
            _l("Enter a latitude and a longitude, like 51.5246, -0.1340")
        ) from None


def _valid_opening_times(_form: Any, field: Field) -> None:
    """Normalise times of day; raise ValidationError if they are invalid."""
    try:
        field.data = opening_times.parse_opening_times(field.data)
    except ValueError:
        raise ValidationError(_l("Enter a time, like 8:30am")) from None


def _date_field(label: Any, required_message: Any) -> DateField:
    return DateField(label, [DataRequired(required_message), _valid_year])


class TrustedFieldsField(CheckboxesField):
    """Profile fields that are published without review, as checkboxes."""

    def __init__(self, label: Any, **bound: Any) -> None:
        checks = [one_of_choices(_l("Select only the options in the list"))]
        super().__init__(label, checks, validate_choice=False, **bound)
        self.choices = list(TRUSTED_FIELD_CHOICES)

    def show(self, names: str) -> None:
        """Select the fields in a space-separated list."""
        self.data = names.split()

    @property
    def names(self) -> str:
        """Return the selected fields as a space-separated list."""
        return " ".join(sorted(set(self.data or ())))


class SettingsForm(EditForm):
    """Edit the settings of the conference."""

    title = editor_name_field(_l("Title"), _l("The title"), _l("Enter the title of the conference"))
    subtitle = editor_line_field(_l("Subtitle (optional)"), _l("The subtitle"))
    summary = editor_text_field(
        _l("Summary (optional)"), _l("The summary"), limit=MAX_SUMMARY_LENGTH
    )
    place = editor_line_field(_l("Venue (optional)"), _l("The venue"))
    coordinates = StringField(
        _l("Coordinates of the venue (optional)"),
        [MayBeEmpty(), _valid_coordinates],
        filters=[collapse_whitespace],
        render_kw={"spellcheck": "false", "autocomplete": "off"},
    )
    doors_open = StringField(
        _l("Doors open (optional)"),
        [MayBeEmpty(), _valid_opening_times],
        filters=[collapse_whitespace],
        render_kw={"spellcheck": "false", "autocomplete": "off"},
    )
    starts_on = _date_field(_l("First day"), _l("Enter the first day, like 2008-11-06"))
    ends_on = _date_field(_l("Last day"), _l("Enter the last day, like 2008-11-07"))
    time_zone = StringField(
        _l("Time zone"),
        [
            DataRequired(_l("Enter the time zone of the venue, like Europe/London")),
            _valid_time_zone,
        ],
        filters=[collapse_whitespace],
        render_kw={"spellcheck": "false", "autocapitalize": "none"},
    )
    contact_email = EmailField(
        _l("Contact email address (optional)"),
        [
            MayBeEmpty(),
            max_length(MAX_EMAIL_LENGTH, _l("The contact email address")),
            no_hidden_characters,
            valid_email,
        ],
        filters=[collapse_whitespace],
        render_kw={"spellcheck": "false"},
    )
    registration_opens_at = moment_field(_l("Registration opens (optional)"))
    registration_closes_at = moment_field(_l("Registration closes (optional)"))
    walking_minutes = number_field(
        _l("Minutes to walk between rooms"), (0, MAX_WALKING_MINUTES), WALK_ERROR, WALK_ERROR
    )
    trusted_fields = TrustedFieldsField(_l("Published without approval (optional)"))

    def set_initial_data(self, conference: Conference) -> None:
        """Fill in the current settings."""
        self.expected_version.data = conference.version
        for name in self._names():
            field, value = self[name], getattr(conference, name)
            show: Callable[[Any], None] | None = getattr(field, "show", None)
            if show is not None:
                show(value)
            else:
                field.data = value

    def values(self) -> dict[str, Any]:
        """Return the submitted values in the format of the history."""
        return {name: self._get_value(name) for name in self._names()}

    def validate_ends_on(self, field: DateField) -> None:
        """Raise ValidationError if the conference ends before it starts or is too long."""
        first, last = self.starts_on.data, field.data
        if first and last and last < first:
            raise ValidationError(_l("The last day cannot be before the first"))
        if first and last and (last - first).days >= MAX_CONFERENCE_DAYS:
            raise ValidationError(_l("A conference can last 60 days at most"))

    def validate_doors_open(self, field: StringField) -> None:
        """Raise ValidationError if there are several times, but not one per day."""
        first, last = self.starts_on.data, self.ends_on.data
        count = opening_times.count_times(field.data or "")
        if count > 1 and first and last and count != (last - first).days + 1:
            raise ValidationError(_l("Enter one time for all days, or a time for each day"))

    def validate_registration_closes_at(self, field: LocalDateTimeField) -> None:
        """Raise ValidationError if registration closes before it opens."""
        opens, closes = self.registration_opens_at.utc_value, field.utc_value
        if opens and closes and closes <= opens:
            raise ValidationError(_l("Registration must open before it closes"))

    def _names(self) -> list[str]:
        """Return the names of the settings in this form; those of emails have their own."""
        return [name for name in LABELS if name in self]

    def _get_value(self, name: str) -> Any:
        field = self[name]
        if name in MOMENTS:
            return _to_iso(field.utc_value)
        if name in DAYS:
            return _to_iso(field.data)
        if isinstance(field, TrustedFieldsField):
            return field.names
        return field.data if name == "walking_minutes" else field.data or ""


def places_field() -> IntegerField:
    """Return an optional field for a number of places."""
    required = _l("Enter the number of places, like 500")
    return number_field(_l("Number of places"), (0, MAX_PLACES), PLACES_ERROR, required)


class SeatLimitForm(Form):
    """Edit the limit of places."""

    expected_version = VersionField()
    places = places_field()
    has_waiting_list = BooleanField(_l("People can join a waiting list when all places are taken"))
    had_waiting_list = VersionField()  # 1 if the page showed that people can wait

    @property
    def opens_or_closes_list(self) -> bool:
        """Whether the user changed the checkbox, rather than leaving it as it was."""
        return bool(self.has_waiting_list.data) != (self.had_waiting_list.data == 1)


def _to_iso(when: date | datetime | None) -> str | None:
    if isinstance(when, datetime):
        return when.astimezone(UTC).isoformat()
    return when.isoformat() if when else None
