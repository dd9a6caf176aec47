"""The settings of the conference, as an organiser types them."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import available_timezones

from flask_babel import lazy_gettext as _l
from wtforms import DateField, EmailField, Field, HiddenField, IntegerField, StringField
from wtforms.validators import DataRequired, InputRequired, NumberRange, ValidationError
from wtforms.validators import Optional as MayBeEmpty

from app.forms import LONGEST_ADDRESS, Form, one_line, plain_characters
from app.organise.edited import EditForm, Several, a_line, a_name, a_text
from app.organise.moments import MomentField, a_moment_or_nothing
from app.programme.editing.of_conference import DAYS, LABELS, MOMENTS
from app.programme.models import Conference
from app.registration.fields import at_most, offered, well_formed

TRUSTED = [("biography", _l("Biography")), ("photo", _l("Photo")), ("links", _l("Links"))]
LONGEST_SUMMARY = 500  # characters
LONGEST_CONFERENCE = 60  # days
FIRST_YEAR, LAST_YEAR = 1970, 2199
MOST_MINUTES = 120
MOST_PLACES = 1_000_000


def _a_zone(_form: Any, field: Field) -> None:
    if field.data not in available_timezones():
        raise ValidationError(_l("Enter a time zone in its usual form, like Europe/London"))


def _in_range(_form: Any, field: Field) -> None:
    if field.data and not FIRST_YEAR <= field.data.year <= LAST_YEAR:
        raise ValidationError(_l("Enter a year between 1970 and 2199"))


def _a_day(label: Any, missing: Any) -> DateField:
    return DateField(label, [DataRequired(missing), _in_range])


def _a_choice_of_moment(label: Any) -> MomentField:
    return MomentField(label, [a_moment_or_nothing], filters=[one_line])


class Trusted(Several):
    """What goes out by itself, as a row of boxes to tick."""

    def __init__(self, label: Any, **bound: Any) -> None:
        checks = [offered(_l("Tick only what is offered here"))]
        super().__init__(label, checks, validate_choice=False, **bound)
        self.choices = list(TRUSTED)

    def show(self, names: str) -> None:
        """Tick what is set now."""
        self.data = names.split()

    @property
    def names(self) -> str:
        """Give what is ticked, as the settings hold it."""
        return " ".join(sorted(set(self.data or ())))


class SettingsForm(EditForm):
    """Say what the conference is called, when and where it is, and when people can register."""

    title = a_name(_l("Title"), _l("The title"), _l("Enter the title of the conference"))
    subtitle = a_line(_l("Subtitle (optional)"), _l("The subtitle"))
    summary = a_text(_l("Summary (optional)"), _l("The summary"), most=LONGEST_SUMMARY)
    place = a_line(_l("Place (optional)"), _l("The place"))
    starts_on = _a_day(_l("First day"), _l("Enter the first day, like 2008-11-06"))
    ends_on = _a_day(_l("Last day"), _l("Enter the last day, like 2008-11-07"))
    time_zone = StringField(
        _l("Time zone"),
        [DataRequired(_l("Enter the time zone of the place, like Europe/London")), _a_zone],
        filters=[one_line],
        render_kw={"spellcheck": "false", "autocapitalize": "none"},
    )
    contact_email = EmailField(
        _l("Contact address (optional)"),
        [
            MayBeEmpty(),
            at_most(LONGEST_ADDRESS, _l("The contact address")),
            plain_characters,
            well_formed,
        ],
        filters=[one_line],
        render_kw={"spellcheck": "false"},
    )
    registration_opens_at = _a_choice_of_moment(_l("Registration opens (optional)"))
    registration_closes_at = _a_choice_of_moment(_l("Registration closes (optional)"))
    walking_minutes = IntegerField(
        _l("Minutes to walk between rooms"),
        [
            InputRequired(_l("Enter a number of minutes from 0 to 120")),
            NumberRange(0, MOST_MINUTES, _l("Enter a number of minutes from 0 to 120")),
        ],
        render_kw={"inputmode": "numeric"},
    )
    trusted_fields = Trusted(_l("Goes out by itself when a speaker changes it (optional)"))

    def begin_with(self, conference: Conference) -> None:
        """Let what is set now stand in the form."""
        self.version.data = str(conference.version)
        for name in LABELS:
            field, value = self[name], getattr(conference, name)
            show: Callable[[Any], None] | None = getattr(field, "show", None)
            if show is not None:
                show(value)
            else:
                field.data = value

    def values(self) -> dict[str, Any]:
        """Give what was typed, as the history can hold it."""
        return {name: self._value(name) for name in LABELS}

    def validate_ends_on(self, field: DateField) -> None:
        """Refuse a last day that comes before the first, or long after it."""
        first, last = self.starts_on.data, field.data
        if first and last and last < first:
            raise ValidationError(_l("The last day cannot be before the first"))
        if first and last and (last - first).days >= LONGEST_CONFERENCE:
            raise ValidationError(_l("A conference lasts 60 days at most"))

    def validate_registration_closes_at(self, field: MomentField) -> None:
        """Refuse a door that closes before it opens."""
        opens, closes = self.registration_opens_at.moment, field.moment
        if opens and closes and closes <= opens:
            raise ValidationError(_l("Registration must open before it closes"))

    def _value(self, name: str) -> Any:
        field = self[name]
        if name in MOMENTS:
            return _iso(field.moment)
        if name in DAYS:
            return _iso(field.data)
        if isinstance(field, Trusted):
            return field.names
        return field.data if name == "walking_minutes" else field.data or ""


class LimitForm(Form):
    """Say how many places there are."""

    seen = HiddenField()
    places = IntegerField(
        _l("Limit of places"),
        [
            InputRequired(_l("Enter how many places there are, like 500")),
            NumberRange(0, MOST_PLACES, _l("Enter a number from 0 to 1,000,000")),
        ],
        render_kw={"inputmode": "numeric"},
    )

    @property
    def saw(self) -> int:
        """Tell the limit that its reader saw; what is no number was never right."""
        typed = self.seen.data or ""
        return int(typed) if typed.isdecimal() and len(typed) < 10 else -1


def _iso(when: date | datetime | None) -> str | None:
    if isinstance(when, datetime):
        return when.astimezone(UTC).isoformat()
    return when.isoformat() if when else None
