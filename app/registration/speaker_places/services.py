"""Operations on speakers' places: take one, link a booking to a speaker, unlink it.

Locks are taken in the global order: the limits, then the row of the speaker. The number of places
kept in a category is changed only under the lock of the conference's limit.
"""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from app import clock
from app.database import Base, db
from app.delegates.answer_json import Answers
from app.delegates.categories import queries as categories
from app.delegates.categories.models import RegistrationCategory
from app.delegates.categories.queries import SPEAKER
from app.delegates.models import Delegate
from app.errors import RuleViolation
from app.history import services as history
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.models import Speaker
from app.registration import seats
from app.registration.bookings import erasure
from app.registration.speaker_places import queries
from app.registration.speaker_places.models import SpeakerPlace
from app.row_locks import lock_row

NO_SPEAKER = "This speaker has been deleted"


class BookingOfAnother(RuleViolation):
    """The booking belongs to another speaker."""


def reserve(answers: Answers, names: Sequence[str], row: Base) -> None:
    """Take a place for a speaker, a kept one if there is any; raise SoldOut."""
    seats.lock_limits(names)
    category = _lock_category(categories.read_id(answers))
    _lock_speaker(answers)  # before a taken place can bump the cache version
    if category is None or not category.kept_places:
        seats.reserve(names, row)
        return
    seats.reserve_held(names, row)
    category.kept_places -= 1
    db.session.flush()


def link_own(answers: Answers, delegate: Delegate) -> None:
    """Link a booking to the speaker whose link it was made with, if it is theirs.

    With another person's name or address it stays unlinked, whether new or existing: otherwise a
    speaker could take over, or find, anyone's booking.
    """
    number = answers.get(SPEAKER, "") if queries.is_own_registration(answers) else ""
    speaker = db.session.get(Speaker, int(number)) if number else None
    if speaker is not None:
        link(speaker, delegate, actor=history.ACTOR_DELEGATE)


def link(speaker: Speaker, delegate: Delegate, *, actor: str) -> bool:
    """Link a booking to a speaker; return True if that is new. Raise BookingOfAnother."""
    lock_row(speaker, NO_SPEAKER, key_share=True)
    if not delegate.is_attending:
        raise RuleViolation("This booking has been cancelled")
    place = db.session.get(SpeakerPlace, speaker.id, populate_existing=True)
    if place is not None and place.delegate_id == delegate.id:
        return False
    if place is not None:
        db.session.delete(place)
        db.session.flush()
    _insert(speaker, delegate)
    _record(speaker, delegate, "is now the booking of", actor)
    return True


def unlink(speaker: Speaker, *, actor: str) -> bool:
    """Unlink a booking from its speaker; the booking itself stays unchanged."""
    lock_row(speaker, NO_SPEAKER, key_share=True)
    place = db.session.get(SpeakerPlace, speaker.id, populate_existing=True)
    if place is None:
        return False
    delegate = db.session.get_one(Delegate, place.delegate_id)
    db.session.delete(place)
    _record(speaker, delegate, "is no longer the booking of", actor)
    return True


def transfer(source: Speaker, target: Speaker, *, actor: str) -> None:
    """Move the booking of one speaker to another, when two records are merged."""
    place = db.session.get(SpeakerPlace, source.id)
    if place is None:
        return
    delegate = db.session.get_one(Delegate, place.delegate_id)
    unlink(source, actor=actor)
    db.session.flush()
    if delegate.is_attending and db.session.get(SpeakerPlace, target.id) is None:
        link(target, delegate, actor=actor)


def _erase_link(delegate: Delegate) -> None:
    db.session.execute(delete(SpeakerPlace).where(SpeakerPlace.delegate_id == delegate.id))


erasure.ERASED_ABOVE.append(_erase_link)


def _insert(speaker: Speaker, delegate: Delegate) -> None:
    place = SpeakerPlace(speaker_id=speaker.id, delegate_id=delegate.id, linked_at=clock.now())
    try:
        with db.session.begin_nested():
            db.session.add(place)
    except IntegrityError:
        raise BookingOfAnother("This booking already belongs to another speaker") from None


def _lock_category(number: int | None) -> RegistrationCategory | None:
    """Return the category with this number if it is for speakers; the limits must be locked."""
    found = select(RegistrationCategory).where(
        RegistrationCategory.id == number, RegistrationCategory.is_for_speakers
    )
    return db.session.scalar(found.with_for_update().execution_options(populate_existing=True))


def _lock_speaker(answers: Answers) -> None:
    number = answers.get(SPEAKER, "")
    if number:
        condition = Speaker.id == int(number)
        db.session.execute(select(Speaker.id).where(condition).with_for_update())


def _record(speaker: Speaker, delegate: Delegate, what: str, actor: str) -> None:
    """Record it for the speaker and for the booking, neither of which names the other.

    The history of a speaker is read by roles that may not read delegates.
    """
    summary = f"A booking {what} {speaker.name}"
    history.record(summary, subject=SPEAKER_FIELDS.history_subject(speaker), actor=actor)
    summary = f"This {what} a speaker of the programme"
    history.record(summary, subject=delegate.history_subject, actor=actor)
