"""The checklist as SQL: which speakers have an open task, and which have started.

``checklist`` returns the states of some speakers, item by item. To find all speakers with open
items, use these conditions, which are part of a statement. Each is the same rule as that of its
item in ``checklist.ITEMS``; a test compares the two.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Boolean, ColumnElement, bindparam, case, false, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.materials import queries as materials
from app.programme.editing.session_queries import TAKES_PLACE
from app.programme.editing.speaker_queries import HAS_PHOTO
from app.programme.fields.speakers import PHOTO, PROFILE_FIELDS
from app.programme.models import Appearance, Session, Speaker
from app.proposals.models import AUTO_APPROVED, CHANGES_REQUESTED, OPEN, Proposal
from app.registration.speaker_places import queries as speaker_places
from app.speakers.checklist_queries import MATERIALS
from app.speakers.models import (
    ItemDeadline,
    SessionOwner,
    SpeakerAccess,
    SpeakerAnswers,
    SpeakerRequest,
)


@dataclass(frozen=True, eq=False)  # comparing conditions would build another condition
class ItemConditions:
    """When an item of a speaker is open, and when it shows that they have started."""

    is_open: ColumnElement[bool]
    is_begun: ColumnElement[bool]


_IS_UNDECIDED = Proposal.state.in_((OPEN, CHANGES_REQUESTED))


def _match_either(conditions: Iterable[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Match if any condition holds, with short-circuiting: OR may evaluate all of them."""
    return case(*((condition, true()) for condition in conditions), else_=false())


def _match_both(first: ColumnElement[bool], second: ColumnElement[bool]) -> ColumnElement[bool]:
    """Match if both conditions hold; the second is evaluated only if the first holds."""
    return case((first, second), else_=false())


def _participation() -> ItemConditions:
    has_open_request = (SpeakerRequest.speaker_id == Speaker.id) & SpeakerRequest.resolved_at.is_(
        None
    )
    has_answered = Speaker.confirmed_at.is_not(None) | (
        select(SpeakerRequest.id).where(has_open_request).correlate(Speaker).exists()
    )
    return ItemConditions(~has_answered, has_answered)


def _place() -> ItemConditions:
    # whether speakers are asked is bound when the statement is executed
    is_asked = bindparam("place_is_asked", callable_=speaker_places.is_asked, type_=Boolean)
    is_open = _match_both(is_asked, Speaker.confirmed_at.is_not(None) & ~speaker_places.HAS_PLACE)
    return ItemConditions(is_open, false())


def _answer(answered_at: InstrumentedAttribute[Any]) -> ItemConditions:
    has_answered = (SpeakerAnswers.speaker_id == Speaker.id) & answered_at.is_not(None)
    is_given = select(SpeakerAnswers.speaker_id).where(has_answered).correlate(Speaker).exists()
    return ItemConditions(~is_given, is_given)


def _proposed(fields: Collection[str], is_missing: ColumnElement[bool]) -> ItemConditions:
    """Use the latest proposal about these fields; without one, whether they are missing."""
    state = func.coalesce(
        select(Proposal.state)
        .where(Proposal.speaker_id == Speaker.id, Proposal.state != AUTO_APPROVED)
        # as dump_changes writes them; quotation marks within texts are preceded by a backslash
        .where(or_(*(Proposal.changes.contains(f'"field":"{field}"') for field in fields)))
        .order_by(Proposal.id.desc())
        .limit(1)
        .correlate(Speaker)
        .scalar_subquery(),
        "",
    )
    of_speakers = select(Proposal.speaker_id).where(_IS_UNDECIDED, Proposal.speaker_id.is_not(None))
    return ItemConditions(
        (state == CHANGES_REQUESTED) | (state != OPEN) & is_missing,
        _match_both(Speaker.id.in_(of_speakers), state.in_((OPEN, CHANGES_REQUESTED))),
    )


def _texts() -> ItemConditions:
    """Use the most urgent of the texts: sent back, to write, proposed."""
    state = func.coalesce(
        select(Proposal.state)
        .where(Proposal.session_id == Session.id, Proposal.state != AUTO_APPROVED)
        .order_by(Proposal.id.desc())
        .limit(1)
        .correlate(Session)
        .scalar_subquery(),
        "",
    )
    is_to_write = state.not_in((OPEN, CHANGES_REQUESTED)) & (Session.abstract == "")
    is_returned = _has_text(state == CHANGES_REQUESTED)
    of_speakers = (
        select(Appearance.speaker_id)
        .join(Proposal, Proposal.session_id == Appearance.session_id)
        .where(_IS_UNDECIDED)
    )
    return ItemConditions(
        _has_text((state == CHANGES_REQUESTED) | is_to_write),
        _match_both(
            Speaker.id.in_(of_speakers),
            is_returned | _has_text(state == OPEN) & ~_has_text(is_to_write),
        ),
    )


def _has_text(such: ColumnElement[bool]) -> ColumnElement[bool]:
    """Match speakers who write the text of a session like this: see list_texts_to_write."""
    has_access = (
        select(SpeakerAccess.person_id)
        .where(SpeakerAccess.speaker_id == Appearance.speaker_id)
        .where(SpeakerAccess.revoked_at.is_(None))
        .correlate(Appearance)
    )
    appearance = aliased(Appearance)
    first = select(func.min(appearance.position)).where(appearance.session_id == Session.id)
    owner = select(SessionOwner.person_id).where(SessionOwner.session_id == Session.id)
    return (
        select(Appearance.id)
        .join(Session, Session.id == Appearance.session_id)
        .where(Appearance.speaker_id == Speaker.id, TAKES_PLACE, such)
        .where(
            or_(
                owner.where(SessionOwner.person_id.in_(has_access)).exists(),
                ~owner.exists() & (Appearance.position == first.scalar_subquery()),
            )
        )
        .correlate(Speaker)
        .exists()
    )


def _materials() -> ItemConditions:
    has_deadline = select(ItemDeadline.item).where(ItemDeadline.item == MATERIALS).exists()
    return ItemConditions(has_deadline & (materials.COUNT_OF_SPEAKER == 0), false())


_HAS_DECLINED_PHOTO = (
    select(SpeakerAnswers.speaker_id)
    .where(SpeakerAnswers.speaker_id == Speaker.id, SpeakerAnswers.photo_declined_at.is_not(None))
    .correlate(Speaker)
    .exists()
)
CONDITIONS: Final[Mapping[str, ItemConditions]] = {  # by name of the item, cheapest first
    "taking-part": _participation(),
    "place": _place(),
    "consent": _answer(SpeakerAnswers.consent_at),
    "access-needs": _answer(SpeakerAnswers.needs_at),
    "audio-visual": _answer(SpeakerAnswers.audio_visual_at),
    "travel": _answer(SpeakerAnswers.travel_at),
    "availability": _answer(SpeakerAnswers.availability_at),
    "profile": _proposed(PROFILE_FIELDS, Speaker.biography == ""),
    "photo": _proposed((PHOTO,), ~HAS_PHOTO & ~_HAS_DECLINED_PHOTO),
    MATERIALS: _materials(),
    "texts": _texts(),
}
HAS_OPEN_ITEM: Final = _match_either(one.is_open for one in CONDITIONS.values())  # and takes part
HAS_BEGUN: Final = _match_either(one.is_begun for one in CONDITIONS.values())
