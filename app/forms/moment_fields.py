"""A form field for a date and a time, which people enter in the conference's time zone."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, StringField
from wtforms.validators import DataRequired, StopValidation, ValidationError

from app.text import collapse_whitespace
from app.web.formatting import conference_zone

MIN_YEAR, MAX_YEAR = 1900, 2999  # years


class LocalDateTimeField(StringField):
    """A date and time in the conference's time zone.

    In templates: ``text(form.starts_at, type="datetime-local")``.
    """

    @property
    def utc_value(self) -> datetime | None:
        """Return the value in UTC, or None if the field is empty or invalid.

        If the clocks go back and show the time twice, return the first.
        """
        local = _parse_local_datetime(self.data)
        return local.replace(tzinfo=conference_zone()).astimezone(UTC) if local else None

    def show(self, moment: datetime | None) -> None:
        """Set the field to a moment, or clear it with None."""
        self.data = _format_local_datetime(moment) if moment else ""


def moment_field(
    label: Any,
    required_message: Any = None,
    *,
    validator: Callable[[Any, LocalDateTimeField], None] | None = None,
    description: Any = "",
) -> LocalDateTimeField:
    """Return a field for a date and a time; it is optional if no ``required_message`` is given."""
    return LocalDateTimeField(
        label,
        [
            *([DataRequired(required_message)] if required_message else []),
            _valid_or_empty,
            *([validator] if validator else []),
        ],
        [collapse_whitespace],
        description,
    )


def _valid_or_empty(_form: Any, field: Field) -> None:
    """Raise ValidationError if the field holds no local date and time that exists."""
    if not (field.data or "").strip():
        return
    local = _parse_local_datetime(field.data)
    if local is None or not MIN_YEAR <= local.year <= MAX_YEAR:
        raise StopValidation(_l("Enter a day and a time, like 2008-11-06 09:30"))
    local_moment = local.replace(tzinfo=conference_zone())
    if local_moment.astimezone(UTC).astimezone(conference_zone()).replace(tzinfo=None) != local:
        raise ValidationError(
            _l("The clocks go forward on that day and skip this time. Choose another")
        )


def _parse_local_datetime(typed: str | None) -> datetime | None:
    try:
        read = datetime.fromisoformat((typed or "").strip())
    except ValueError:
        return None
    return read if read.tzinfo is None else None


def _format_local_datetime(moment: datetime) -> str:
    """Return the value of a datetime-local input; with seconds only if there are any."""
    local = moment.astimezone(conference_zone()).replace(tzinfo=None)
    return local.isoformat(timespec="seconds" if local.second else "minutes")
