"""Read-only queries about speakers and their places."""

import re
from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import joinedload

from app.database import db, read_only_connection
from app.delegates import delegate_record
from app.delegates.answer_json import Answers
from app.delegates.categories import queries as categories
from app.delegates.categories.models import RegistrationCategory
from app.delegates.categories.queries import (
    SPEAKER,
    SPEAKER_ADDRESS,
    SPEAKER_NAME,
    CategoryOption,
)
from app.delegates.fields import EMAIL
from app.delegates.models import Delegate
from app.delegates.queries import ATTENDING
from app.history.models import HistoryEntry
from app.mail.addresses import is_same_address
from app.programme.collation import sort_key
from app.programme.models import Speaker
from app.registration import queries as registration
from app.registration.speaker_places.models import SpeakerPlace

WITH_PLACE: Final = (  # a subquery: the speakers with an active booking
    select(SpeakerPlace.speaker_id)
    .join(Delegate, Delegate.id == SpeakerPlace.delegate_id)
    .where(ATTENDING)
)
WITH_PLACE_OF: Final = WITH_PLACE.where(
    SpeakerPlace.speaker_id.in_(bindparam("speaker_ids", expanding=True))
)
EARLIER_SUMMARY: Final = re.compile(  # of entries in the history of a speaker
    r"Booking \S+ (is (?:now|no longer) the booking of .*)", re.DOTALL
)
HAS_PLACE: Final = (
    select(SpeakerPlace.speaker_id)
    .join(Delegate, Delegate.id == SpeakerPlace.delegate_id)
    .where(SpeakerPlace.speaker_id == Speaker.id, ATTENDING)
    .correlate(Speaker)
    .exists()
)
IS_SPEAKER: Final = (
    select(SpeakerPlace.speaker_id)
    .where(SpeakerPlace.delegate_id == Delegate.id)
    .correlate(Delegate)
    .exists()
)


def find_category() -> CategoryOption | None:
    """Return the category for speakers, or None if organisers have not marked one."""
    return next((option for option in categories.list_options() if option.is_for_speakers), None)


def is_asked() -> bool:
    """Return True if speakers are currently asked to take a place."""
    return find_category() is not None and registration.get_registration_status().state not in {
        "before",
        "closed",
    }


def has_kept_place(answers: Answers) -> bool:
    """Return True if a place is kept for a speaker with these answers."""
    number = categories.read_id(answers)
    if number is None or not is_own_registration(answers):
        return False
    statement = select(RegistrationCategory.id).where(
        RegistrationCategory.id == number,
        RegistrationCategory.is_for_speakers,
        RegistrationCategory.kept_places > 0,
    )
    with read_only_connection(db.engine) as connection:
        return connection.execute(statement).first() is not None


def is_own_registration(answers: Answers) -> bool:
    """Return True if these answers are of a speaker who registers on their own pages.

    What the draft says decides, so that the result does not reveal whether there was a booking.
    """
    address, name = _get_known_identity(answers)
    if not address or not is_same_address(answers.get(EMAIL, ""), address):
        return False
    given_names, family_name = answers.get("given_names", ""), answers.get("family_name", "")
    return not name or matches_name(name, given_names=given_names, family_name=family_name)


def _get_known_identity(answers: Answers) -> tuple[str, str]:
    """Return the address that is known to be the speaker's, and the name that may not change.

    A draft from an earlier version has neither: the speaker's contact address and name count.
    """
    if SPEAKER not in answers or SPEAKER_ADDRESS in answers:
        return answers.get(SPEAKER_ADDRESS, ""), answers.get(SPEAKER_NAME, "")
    speaker = db.session.get(Speaker, int(answers[SPEAKER]))
    return (speaker.contact_address.strip(), speaker.name) if speaker else ("", "")


def matches_name(name: str, *, given_names: str, family_name: str) -> bool:
    """Return True if the family name of a booking occurs in the name of a speaker."""
    words = delegate_record.search_key(family_name or given_names).split()
    return bool(words) and set(words) <= set(delegate_record.search_key(name).split())


def find_place(speaker: Speaker) -> Delegate | None:
    """Return the booking of a speaker, active or cancelled, or None."""
    place = db.session.get(SpeakerPlace, speaker.id)
    if place is None:
        return None
    wanted = select(Delegate).where(Delegate.id == place.delegate_id)
    return db.session.scalar(wanted.options(joinedload(Delegate.category)))


def hide_reference(entry: HistoryEntry) -> HistoryEntry:
    """Return an entry in its current form: earlier versions named the booking of a speaker."""
    found = EARLIER_SUMMARY.fullmatch(entry.summary)
    if found is None:
        return entry
    return HistoryEntry(
        id=entry.id,
        happened_at=entry.happened_at,
        actor=entry.actor,
        subject=entry.subject,
        summary=f"A booking {found[1]}",
        changes="",
        undoes_id=entry.undoes_id,
    )


def find_speaker(delegate: Delegate) -> Speaker | None:
    """Return the speaker whose booking this is, or None."""
    return db.session.scalar(
        select(Speaker)
        .join(SpeakerPlace, SpeakerPlace.speaker_id == Speaker.id)
        .where(SpeakerPlace.delegate_id == delegate.id)
    )


def list_with_place(speaker_ids: Collection[int]) -> set[int]:
    """Return which of these speakers have a place."""
    if not speaker_ids:
        return set()
    return set(db.session.scalars(WITH_PLACE_OF, {"speaker_ids": list(speaker_ids)}))


def list_without_booking(words: str, limit: int) -> Sequence[tuple[str, str]]:
    """List slug and name of speakers who take part, have no booking and match, by name."""
    matching = (
        Speaker.search_text.contains(one, autoescape=True) for one in sort_key(words).split()
    )
    rows = select(Speaker.slug, Speaker.name).where(Speaker.withdrawn_at.is_(None), ~HAS_PLACE)
    rows = rows.where(*matching).order_by(Speaker.name_sort_key, Speaker.id).limit(limit)
    return [(slug, name) for slug, name in db.session.execute(rows)]
