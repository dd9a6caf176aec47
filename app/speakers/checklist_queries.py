"""The checklist's data about many speakers, in a few narrow queries.

Only values that decide a state are read, never whole rows, since a list of a thousand speakers
shows the states of all of them.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from app.database import db
from app.materials import queries as materials
from app.programme.models import Appearance, Photo, Session, Speaker
from app.proposals.models import AUTO_APPROVED, Proposal
from app.registration.speaker_places.queries import HAS_PLACE
from app.speakers.models import (
    ItemDeadline,
    SessionOwner,
    SpeakerAccess,
    SpeakerAnswers,
    SpeakerRequest,
)

MATERIALS = "materials"  # the name of the item


class SpeakerFacts(NamedTuple):
    """What decides the states of a speaker's items, apart from proposals."""

    id: int
    is_withdrawn: bool
    is_confirmed: bool
    has_biography: bool
    has_photo: bool
    has_open_request: bool
    material_count: int  # in their sessions
    has_material_deadline: bool  # the same for all speakers
    photo_declined: bool
    availability: bool  # whether each question has been answered
    needs: bool
    audio_visual: bool
    travel: bool
    consent: bool
    has_place: bool


class TextToWrite(NamedTuple):
    """A session whose text a speaker has to write."""

    speaker_id: int
    session_id: int
    has_abstract: bool
    proposal_state: str | None  # of the latest proposal that needed a decision


def get_facts(ids: Collection[int]) -> Mapping[int, SpeakerFacts]:
    """Return the facts about these speakers, by id."""
    has_open_request = (SpeakerRequest.speaker_id == Speaker.id) & SpeakerRequest.resolved_at.is_(
        None
    )
    answers = SpeakerAnswers
    rows = db.session.execute(
        select(
            Speaker.id,
            Speaker.withdrawn_at.is_not(None),
            Speaker.confirmed_at.is_not(None),
            Speaker.biography != "",
            select(Photo.key).where(Photo.speaker_id == Speaker.id).exists(),
            select(SpeakerRequest.id).where(has_open_request).exists(),
            materials.COUNT_OF_SPEAKER,
            select(ItemDeadline.item).where(ItemDeadline.item == MATERIALS).exists(),
            answers.photo_declined_at.is_not(None),
            answers.availability_at.is_not(None),
            answers.needs_at.is_not(None),
            answers.audio_visual_at.is_not(None),
            answers.travel_at.is_not(None),
            answers.consent_at.is_not(None),
            HAS_PLACE,
        )
        .outerjoin(answers, answers.speaker_id == Speaker.id)
        .where(Speaker.id.in_(ids))
    )
    return {row[0]: SpeakerFacts(*row) for row in rows}


def list_texts_to_write(ids: Collection[int]) -> Sequence[TextToWrite]:
    """Return the sessions whose text each speaker has to write.

    That is the owner of a session or, without an owner, the first of its speakers. A session with
    several proposals is listed several times, the latest last.
    """
    has_access = select(SpeakerAccess.person_id).where(
        SpeakerAccess.speaker_id == Appearance.speaker_id, SpeakerAccess.revoked_at.is_(None)
    )
    appearance = aliased(Appearance)
    first = select(func.min(appearance.position)).where(appearance.session_id == Session.id)
    rows = db.session.execute(
        select(Appearance.speaker_id, Session.id, Session.abstract != "", Proposal.state)
        .join(Session, Session.id == Appearance.session_id)
        .outerjoin(SessionOwner, SessionOwner.session_id == Session.id)
        .outerjoin(
            Proposal, (Proposal.session_id == Session.id) & (Proposal.state != AUTO_APPROVED)
        )
        .where(Appearance.speaker_id.in_(ids))
        .where(Session.withdrawn_at.is_(None), Session.cancelled_at.is_(None))
        .where(
            or_(
                SessionOwner.person_id.in_(has_access.correlate(Appearance)),
                SessionOwner.person_id.is_(None)
                & (Appearance.position == first.correlate(Session).scalar_subquery()),
            )
        )
        .order_by(Proposal.id)
    )
    return [TextToWrite(*row) for row in rows]
