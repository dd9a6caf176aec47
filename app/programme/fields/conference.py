"""The editable settings of the conference, which take effect without publishing."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import inspect

from app.cache_version import bump_cache_version
from app.errors import RuleViolation
from app.programme import public_settings
from app.programme.models import Conference
from app.web import formatting

TRUSTED_FIELDS = "trusted_fields"
LABELS = {
    "title": "Title",
    "subtitle": "Subtitle",
    "starts_on": "First day",
    "ends_on": "Last day",
    "time_zone": "Time zone",
    "place": "Place",
    "summary": "Summary",
    "contact_email": "Contact address",
    "registration_opens_at": "Registration opens",
    "registration_closes_at": "Registration closes",
    "walking_minutes": "Minutes to walk between rooms",
    TRUSTED_FIELDS: "Goes out by itself when a speaker changes it",
}
DAYS = frozenset({"starts_on", "ends_on"})
MOMENTS = frozenset({"registration_opens_at", "registration_closes_at"})
NOT_IN_RELEASES = frozenset({"walking_minutes", TRUSTED_FIELDS})  # not part of a snapshot
NOT_PUBLIC = frozenset({TRUSTED_FIELDS})  # no public page depends on it
ORDERED_PAIRS = (
    ("starts_on", "ends_on", "The last day cannot be before the first"),
    ("registration_opens_at", "registration_closes_at", "Registration must open before it closes"),
)

# Packages above this one register checks here; each raises RuleViolation to forbid new days.
day_change_checks: list[Callable[[date, date], None]] = []


class _ConferenceFields:
    """The settings as a FieldSet; dates and datetimes are ISO 8601 strings, datetimes in UTC."""

    def history_subject(self, entity: Conference) -> str:
        return "conference"

    def name(self, entity: Conference) -> str:
        return "The conference"

    def get_value(self, entity: Conference, field: str) -> Any:
        held = getattr(entity, field)
        if isinstance(held, datetime):
            return held.astimezone(UTC).isoformat()
        return held.isoformat() if isinstance(held, date) else held

    def set_value(self, entity: Conference, field: str, value: Any) -> None:
        """Set a field; a public setting takes effect at once."""
        read = _load_value(field, value)
        setattr(entity, field, read)
        if field not in NOT_IN_RELEASES:
            public_settings.update(entity, {field: read})
        if field not in NOT_PUBLIC:
            bump_cache_version()

    def check(self, entity: Conference) -> None:
        """Raise RuleViolation if an end is before its start or other rules forbid the new days."""
        for first, last, refusal in ORDERED_PAIRS:
            begins, ends = getattr(entity, first), getattr(entity, last)
            if begins and ends and (ends < begins or (first in MOMENTS and ends == begins)):
                raise RuleViolation(refusal)
        if any(inspect(entity).attrs[day].history.has_changes() for day in DAYS):
            for agree in day_change_checks:
                agree(entity.starts_on, entity.ends_on)

    def label(self, field: str) -> str:
        return LABELS[field]

    def display_value(self, field: str, value: Any) -> str:
        if value is None or value == "":
            return ""
        if field in DAYS:
            return formatting.local_date(date.fromisoformat(value))
        if field == TRUSTED_FIELDS:
            return ", ".join(str(value).split())
        if field in MOMENTS:
            return formatting.local_moment(datetime.fromisoformat(value))
        return str(value)


CONFERENCE_FIELDS = _ConferenceFields()


def _load_value(field: str, value: Any) -> Any:
    if field in DAYS:
        return date.fromisoformat(value)
    if field in MOMENTS:
        return datetime.fromisoformat(value) if value else None
    return value
