"""The editable fields of speakers, and the formatting of periods in which they are absent."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app import clock
from app.database import db
from app.errors import RuleViolation
from app.programme import speaker_links
from app.programme.models import Absence, Photo, Speaker
from app.web.formatting import conference_zone, format_time


def format_period(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> str:
    """Format a period within a day: Thursday 6 November 2008, 9:30am to midday."""
    starts, ends = starts_at.astimezone(zone), ends_at.astimezone(zone)
    day = f"{starts:%A} {starts.day} {starts:%B %Y}"
    if is_whole_day(starts_at, ends_at, zone):
        return f"{day}, all day"
    return f"{day}, {format_time(starts)} to {format_time(ends)}"


def is_whole_day(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> bool:
    """Return True if a period lasts from one local midnight to the next."""
    starts = starts_at.astimezone(zone).replace(tzinfo=None)
    ends = ends_at.astimezone(zone).replace(tzinfo=None)
    return (starts.hour, starts.minute) == (0, 0) and ends - starts == timedelta(days=1)


CONFIRMED, TAKES_PART, ABSENCES = "is_confirmed", "takes_part", "absences"
BIOGRAPHIES, LINKS, PHOTO = "biographies", "links", "photo"
LABELS = {
    "name": "Name",
    "honorific": "Title before the name",
    "pronunciation": "How to say the name",
    "pronouns": "Pronouns",
    "role": "Role",
    "organisation": "Organisation",
    "country": "Country",
    "biography": "Biography",
    BIOGRAPHIES: "Biography in other languages",
    LINKS: "Links",
    PHOTO: "Photo",
    "contact_address": "Contact address",
    "notes": "Notes",
    CONFIRMED: "Confirmed",
    TAKES_PART: "Takes part",
    ABSENCES: "Cannot appear",
}


class _SpeakerFields:
    def history_subject(self, entity: Speaker) -> str:
        return f"speaker {entity.key}"

    def name(self, entity: Speaker) -> str:
        return entity.name

    def get_value(self, entity: Speaker, field: str) -> Any:
        """Return a field's value.

        Absences are pairs of ISO 8601 datetimes, biographies in other languages pairs of language
        and text, links pairs of URL and label; a photo is its key.
        """
        if field == PHOTO:
            return entity.photo.key if entity.photo else None
        if field in {BIOGRAPHIES, LINKS}:
            return json.loads(getattr(entity, field))
        if field == ABSENCES:
            return [[one.starts_at.isoformat(), one.ends_at.isoformat()] for one in entity.absences]
        if field == CONFIRMED:
            return entity.confirmed_at is not None
        if field == TAKES_PART:
            return entity.withdrawn_at is None
        return getattr(entity, field)

    def set_value(self, entity: Speaker, field: str, value: Any) -> None:
        if field == ABSENCES:
            entity.absences = [
                Absence(starts_at=one, ends_at=other) for one, other in load_periods(value)
            ]
        elif field == PHOTO:
            _set_photo(entity, value)
        elif field == CONFIRMED:
            entity.confirmed_at = clock.now() if value else None
        elif field == TAKES_PART:
            entity.withdrawn_at = None if value else clock.now()
        elif field in {BIOGRAPHIES, LINKS}:
            setattr(entity, field, json.dumps(_check_links(field, value), ensure_ascii=False))
        else:
            setattr(entity, field, value)

    def label(self, field: str) -> str:
        return LABELS[field]

    def display_value(self, field: str, value: Any) -> str:
        if field == ABSENCES:
            return "; ".join(
                format_period(one, other, conference_zone()) for one, other in load_periods(value)
            )
        if isinstance(value, bool):
            return "yes" if value else "no"
        said = FORMATTERS.get(field, str)
        return said(value)


def load_periods(absences: Sequence[Sequence[str]]) -> list[tuple[datetime, datetime]]:
    """Parse pairs of ISO 8601 datetimes."""
    return [(datetime.fromisoformat(one), datetime.fromisoformat(other)) for one, other in absences]


def _check_links(field: str, pairs: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
    """Raise RuleViolation if a link must not be published, whoever entered it."""
    wrong = [
        address for address, _ in pairs if field == LINKS and speaker_links.link_error(address)
    ]
    if wrong:
        raise RuleViolation(f"The link {wrong[0]} {speaker_links.link_error(wrong[0])}")
    return pairs


def _set_photo(speaker: Speaker, key: str | None) -> None:
    """Attach a stored photo to a speaker, or detach it if ``key`` is None."""
    photo = db.session.get(Photo, key) if key else None
    if key and photo is None:
        raise RuleViolation("This picture is no longer kept, so it has to be handed in again")
    if speaker.photo is not None:
        speaker.photo.speaker_id = speaker.photo.original = None
        db.session.flush()  # a speaker has at most one photo (unique)
    if photo is not None:
        photo.speaker_id = speaker.id
    db.session.flush()
    db.session.expire(speaker, ["photo"])


def _display_photo(key: str | None) -> str:
    if not key:
        return ""
    return db.session.scalar(select(Photo.description).where(Photo.key == key)) or "A photo"


def _display_biographies(pairs: Sequence[Sequence[str]]) -> str:
    return "\n\n".join(
        f"{speaker_links.language_name_in_english(code)}: {text}" for code, text in pairs
    )


FORMATTERS = {
    BIOGRAPHIES: _display_biographies,
    LINKS: speaker_links.format_links,
    PHOTO: _display_photo,
}
SPEAKER_FIELDS = _SpeakerFields()
