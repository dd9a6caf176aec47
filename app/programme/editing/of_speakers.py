"""What an edit must know of a speaker."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app import clock
from app.programme.editing import times
from app.programme.models import Absence, Speaker
from app.web.words import zone

CONFIRMED, TAKES_PART, ABSENCES = "is_confirmed", "takes_part", "absences"
LABELS = {
    "name": "Name",
    "role": "Role",
    "organisation": "Organisation",
    "country": "Country",
    "biography": "Biography",
    "contact_address": "Contact address",
    "notes": "Notes",
    CONFIRMED: "Confirmed",
    TAKES_PART: "Takes part",
    ABSENCES: "Cannot appear",
}


class _Speakers:
    def about(self, thing: Speaker) -> str:
        return f"speaker {thing.key}"

    def name(self, thing: Speaker) -> str:
        return thing.name

    def value(self, thing: Speaker, field: str) -> Any:
        """Give what a field holds; times at which they cannot appear as pairs of moments."""
        if field == ABSENCES:
            return [[one.starts_at.isoformat(), one.ends_at.isoformat()] for one in thing.absences]
        if field == CONFIRMED:
            return thing.confirmed_at is not None
        if field == TAKES_PART:
            return thing.withdrawn_at is None
        return getattr(thing, field)

    def put(self, thing: Speaker, field: str, value: Any) -> None:
        if field == ABSENCES:
            thing.absences = [Absence(starts_at=one, ends_at=other) for one, other in read(value)]
        elif field == CONFIRMED:
            thing.confirmed_at = clock.now() if value else None
        elif field == TAKES_PART:
            thing.withdrawn_at = None if value else clock.now()
        else:
            setattr(thing, field, value)

    def label(self, field: str) -> str:
        return LABELS[field]

    def said(self, field: str, value: Any) -> str:
        if field == ABSENCES:
            return "; ".join(times.stretch(one, other, zone()) for one, other in read(value))
        if isinstance(value, bool):
            return "yes" if value else "no"
        return str(value)


def read(absences: Sequence[Sequence[str]]) -> list[tuple[datetime, datetime]]:
    """Read pairs of moments back."""
    return [(datetime.fromisoformat(one), datetime.fromisoformat(other)) for one, other in absences]


KIND = _Speakers()
