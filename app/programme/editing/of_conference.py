"""The settings of the conference, as things to edit: in effect at once, without publishing."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import inspect

from app.edition import raise_edition
from app.errors import Refused
from app.programme import in_effect
from app.programme.models import Conference
from app.web import words

TRUSTED = "trusted_fields"
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
    TRUSTED: "Goes out by itself when a speaker changes it",
}
DAYS = frozenset({"starts_on", "ends_on"})
MOMENTS = frozenset({"registration_opens_at", "registration_closes_at"})
NOT_RELEASED = frozenset({"walking_minutes", TRUSTED})  # no facts of the programme
NOT_SHOWN = frozenset({TRUSTED})  # nothing that the public sees depends on it
IN_ORDER = (
    ("starts_on", "ends_on", "The last day cannot be before the first"),
    ("registration_opens_at", "registration_closes_at", "Registration must open before it closes"),
)

# What stands above the programme and must agree before the days change: each raises Refused.
days_are_bound_by: list[Callable[[date, date], None]] = []


class _OfConference:
    """What an edit must know of the settings."""

    def about(self, thing: Conference) -> str:
        """Give the name under which the history keeps them."""
        return "conference"

    def name(self, thing: Conference) -> str:
        """Give the name that people know it by."""
        return "The conference"

    def value(self, thing: Conference, field: str) -> Any:
        """Give what a field holds; days and moments as ISO text."""
        held = getattr(thing, field)
        if isinstance(held, datetime):
            return held.astimezone(UTC).isoformat()
        return held.isoformat() if isinstance(held, date) else held

    def put(self, thing: Conference, field: str, value: Any) -> None:
        """Bring a field to a value, and tell the public at once."""
        read = _read(field, value)
        setattr(thing, field, read)
        if field not in NOT_RELEASED:
            in_effect.tell(thing, {field: read})
        if field not in NOT_SHOWN:
            raise_edition()

    def check(self, thing: Conference) -> None:
        """Refuse what would end before it begins, and days that others hold on to."""
        for first, last, refusal in IN_ORDER:
            begins, ends = getattr(thing, first), getattr(thing, last)
            if begins and ends and (ends < begins or (first in MOMENTS and ends == begins)):
                raise Refused(refusal)
        if any(inspect(thing).attrs[day].history.has_changes() for day in DAYS):
            for agree in days_are_bound_by:
                agree(thing.starts_on, thing.ends_on)

    def label(self, field: str) -> str:
        """Say what people call a field."""
        return LABELS[field]

    def said(self, field: str, value: Any) -> str:
        """Say a value in words."""
        if value is None or value == "":
            return ""
        if field in DAYS:
            return words.local_date(date.fromisoformat(value))
        if field == TRUSTED:
            return ", ".join(str(value).split())
        if field in MOMENTS:
            return words.local_moment(datetime.fromisoformat(value))
        return str(value)


KIND = _OfConference()


def _read(field: str, value: Any) -> Any:
    if field in DAYS:
        return date.fromisoformat(value)
    if field in MOMENTS:
        return datetime.fromisoformat(value) if value else None
    return value
