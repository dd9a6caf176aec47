"""The table of the settings of the conference, which take effect without publishing."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import inspect

from app.cache_version import bump_cache_version
from app.errors import RuleViolation
from app.programme import public_settings
from app.programme.fields.table import MOMENT, N_, Field, FieldTable, Kind
from app.programme.models import Conference
from app.programme.opening_times import format_opening_times
from app.web import formatting

TRUSTED_FIELDS = "trusted_fields"
ORDERED_PAIRS = (
    ("starts_on", "ends_on", "The last day cannot be before the first"),
    ("registration_opens_at", "registration_closes_at", "Registration must open before it closes"),
)
COORDINATES = re.compile(
    r"(?:geo:)?([+-]?\d{1,3}(?:\.\d+)?)[\s,;/]+([+-]?\d{1,3}(?:\.\d+)?)", re.ASCII
)
# Packages above this one register checks here; each raises RuleViolation to forbid new days.
day_change_checks: list[Callable[[date, date], None]] = []


def parse_coordinates(text: str) -> str:
    """Return latitude and longitude as they are stored, “51.5246, -0.134”, or raise ValueError.

    Map services write them in degrees, separated by a comma, a slash or a space.
    """
    found = COORDINATES.fullmatch(text.strip().replace("\N{MINUS SIGN}", "-").replace("°", ""))
    if found is None:
        raise ValueError(text)
    latitude, longitude = (float(one) for one in found.groups())
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise ValueError(text)
    return f"{_format_degrees(latitude)}, {_format_degrees(longitude)}"


def _format_degrees(degrees: float) -> str:
    """Return degrees to six places, which is a tenth of a metre."""
    return f"{round(degrees, 6) + 0:.6f}".rstrip("0").rstrip(".")


def _check(conference: Conference) -> None:
    """Raise RuleViolation if an end is before its start, or other rules forbid the new days."""
    for first, last, refusal in ORDERED_PAIRS:
        begins, ends = getattr(conference, first), getattr(conference, last)
        if begins and ends and (ends < begins or (first in MOMENTS and ends == begins)):
            raise RuleViolation(refusal)
    if any(inspect(conference).attrs[day].history.has_changes() for day in DAYS):
        for agree in day_change_checks:
            agree(conference.starts_on, conference.ends_on)


class _ConferenceFields(FieldTable[Conference]):
    """The settings, which take effect at once where they are public."""

    def set_value(self, entity: Conference, field: str, value: Any) -> None:
        """Set a field; a public setting takes effect at once."""
        super().set_value(entity, field, value)
        if self[field].is_public:
            public_settings.update(entity, {field: getattr(entity, field)})
        if field != TRUSTED_FIELDS:  # no public page depends on it
            bump_cache_version()


DAY: Final = Kind(
    date.isoformat,
    date.fromisoformat,
    display=lambda value: formatting.local_date(date.fromisoformat(value)),
)
LOCAL_MOMENT: Final = replace(
    MOMENT, display=lambda value: formatting.local_moment(datetime.fromisoformat(value))
)
CONFERENCE_FIELDS: Final = _ConferenceFields(
    lambda _: "conference",
    lambda _: "The conference",
    _check,
    Field("title", N_("Title")),
    Field("subtitle", N_("Subtitle")),
    Field("starts_on", N_("First day"), DAY),
    Field("ends_on", N_("Last day"), DAY),
    Field("time_zone", N_("Time zone")),
    Field("place", N_("Venue")),
    Field("coordinates", N_("Coordinates of the venue")),
    Field("doors_open", N_("Doors open"), display=format_opening_times),
    Field("summary", N_("Summary")),
    Field("contact_email", N_("Contact email address")),
    Field("registration_opens_at", N_("Registration opens"), LOCAL_MOMENT),
    Field("registration_closes_at", N_("Registration closes"), LOCAL_MOMENT),
    Field("walking_minutes", N_("Minutes to walk between rooms"), is_public=False),
    Field(
        TRUSTED_FIELDS,
        N_("Published without approval when a speaker changes it"),
        is_public=False,
        display=lambda names: ", ".join(names.split()),
    ),
    Field("email_paragraph", N_("Paragraph in every email"), is_public=False),
    Field("email_signatory", N_("Signatory of emails"), is_public=False),
)
LABELS: Final = CONFERENCE_FIELDS.labels
DAYS: Final = CONFERENCE_FIELDS.names_of(DAY)
MOMENTS: Final = CONFERENCE_FIELDS.names_of(LOCAL_MOMENT)
