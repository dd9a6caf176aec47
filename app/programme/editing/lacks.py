"""What the working programme still lacks, to be counted in one question with what others count."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from app.programme.document import PAUSES
from app.programme.materials.models import WORD, Material
from app.programme.models import FAILED, Appearance, Photo, PlannedRelease, Session, Speaker
from app.programme.proposals.models import OPEN, Proposal

STANDS = Session.withdrawn_at.is_(None) & Session.cancelled_at.is_(None)
IS_WORK = func.lower(Session.kind).not_in(sorted(PAUSES))  # at a pause nobody speaks
HAS_PEOPLE = select(Appearance.id).where(Appearance.session_id == Session.id).exists()
TAKES_PART = Speaker.withdrawn_at.is_(None)
HAS_PHOTO = select(Photo.key).where(Photo.speaker_id == Speaker.id).exists()
WAITS_FOR_WORD = (
    select(Material.id)
    .where(
        Material.session_id == Session.id, Material.opens == WORD, Material.released_at.is_(None)
    )
    .exists()
)
OF_SESSIONS: dict[str, ColumnElement[bool]] = {  # what a session that stands may lack
    "room": STANDS & Session.room_id.is_(None),
    "time": STANDS & Session.starts_at.is_(None),
    "abstract": STANDS & IS_WORK & (Session.abstract == "") & (Session.description == ""),
    "speakers": STANDS & IS_WORK & ~HAS_PEOPLE,
    "word": STANDS & WAITS_FOR_WORD,
}


@dataclass(frozen=True)
class Lacks:
    """How many sessions and speakers lack what readers look for, and what was not published."""

    sessions_without_room: int
    sessions_without_time: int
    sessions_without_abstract: int
    sessions_without_speakers: int
    sessions_without_word: int  # of the organisers, for which slides or papers wait
    speakers_not_confirmed: int
    speakers_without_biography: int
    speakers_without_photo: int
    releases_not_made: int  # planned ones that failed and wait for someone to look
    changes_by_speakers: int  # that wait for someone to decide


def _how_many(
    kind: type[Session | Speaker | PlannedRelease | Proposal], *such: ColumnElement[bool]
) -> ColumnElement[int]:
    return select(func.count()).select_from(kind).where(*such).scalar_subquery()


COUNTS = (  # in the order of ``Lacks``, of sessions that stand and of speakers who take part
    *(_how_many(Session, lack) for lack in OF_SESSIONS.values()),
    _how_many(Speaker, TAKES_PART, Speaker.confirmed_at.is_(None)),
    _how_many(Speaker, TAKES_PART, Speaker.biography == ""),
    _how_many(Speaker, TAKES_PART, ~HAS_PHOTO),
    _how_many(PlannedRelease, PlannedRelease.state == FAILED),
    _how_many(Proposal, Proposal.state == OPEN),
)
