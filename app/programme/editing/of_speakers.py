"""What an edit must know of a speaker."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app import clock
from app.database import db
from app.errors import Refused
from app.programme import profile
from app.programme.editing import times
from app.programme.models import Absence, Photo, Speaker
from app.web.words import zone

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


class _Speakers:
    def about(self, thing: Speaker) -> str:
        return f"speaker {thing.key}"

    def name(self, thing: Speaker) -> str:
        return thing.name

    def value(self, thing: Speaker, field: str) -> Any:
        """Give what a field holds; times at which they cannot appear as pairs of moments.

        Biographies in other languages are pairs of a language and a text, links pairs of an
        address and its words; a photo is known by its key.
        """
        if field == PHOTO:
            return thing.photo.key if thing.photo else None
        if field in {BIOGRAPHIES, LINKS}:
            return json.loads(getattr(thing, field))
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
        elif field == PHOTO:
            _put_photo(thing, value)
        elif field == CONFIRMED:
            thing.confirmed_at = clock.now() if value else None
        elif field == TAKES_PART:
            thing.withdrawn_at = None if value else clock.now()
        elif field in {BIOGRAPHIES, LINKS}:
            setattr(thing, field, json.dumps(_checked(field, value), ensure_ascii=False))
        else:
            setattr(thing, field, value)

    def label(self, field: str) -> str:
        return LABELS[field]

    def said(self, field: str, value: Any) -> str:
        if field == ABSENCES:
            return "; ".join(times.stretch(one, other, zone()) for one, other in read(value))
        if isinstance(value, bool):
            return "yes" if value else "no"
        said = SAID.get(field, str)
        return said(value)


def read(absences: Sequence[Sequence[str]]) -> list[tuple[datetime, datetime]]:
    """Read pairs of moments back."""
    return [(datetime.fromisoformat(one), datetime.fromisoformat(other)) for one, other in absences]


def _checked(field: str, pairs: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
    """Refuse a link that may stand on no page, whoever gives it."""
    wrong = [address for address, _ in pairs if field == LINKS and profile.fault(address)]
    if wrong:
        raise Refused(f"The link {wrong[0]} {profile.fault(wrong[0])}")
    return pairs


def _put_photo(speaker: Speaker, key: str | None) -> None:
    """Give a speaker a photo that is kept, or none."""
    photo = db.session.get(Photo, key) if key else None
    if key and photo is None:
        raise Refused("This picture is no longer kept, so it has to be handed in again")
    if speaker.photo is not None:
        speaker.photo.speaker_id = speaker.photo.whole = None
        db.session.flush()  # before the next one takes its place
    if photo is not None:
        photo.speaker_id = speaker.id
    db.session.flush()
    db.session.expire(speaker, ["photo"])


def _said_photo(key: str | None) -> str:
    """Say what a photo shows."""
    if not key:
        return ""
    return db.session.scalar(select(Photo.description).where(Photo.key == key)) or "A photo"


def _said_biographies(pairs: Sequence[Sequence[str]]) -> str:
    return "\n\n".join(f"{profile.language_in_english(code)}: {text}" for code, text in pairs)


SAID = {BIOGRAPHIES: _said_biographies, LINKS: profile.shown_links, PHOTO: _said_photo}
KIND = _Speakers()
