"""Questions about who keeps whose pages and what is answered there. They change nothing."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from app.accounts.models import Person
from app.database import db
from app.errors import NotFound
from app.programme.models import Speaker
from app.speakers.models import Keeping, Reply, SessionOwner, WantedBy

STANDS = Keeping.ended_at.is_(None)
NOT_YOURS = "There are no pages of yours at that address"


def kept_by(person: Person) -> Sequence[Keeping]:
    """List whose pages somebody keeps, by the speakers' names."""
    return db.session.scalars(
        select(Keeping)
        .join(Speaker, Speaker.id == Keeping.speaker_id)
        .where(Keeping.person_id == person.id, STANDS)
        .options(joinedload(Keeping.speaker))
        .order_by(Speaker.name_order, Speaker.id)
    ).all()


def keeping(person: Person, slug: str) -> Keeping:
    """Find by what right somebody keeps the pages of this speaker."""
    found = db.session.scalar(
        select(Keeping)
        .join(Speaker, Speaker.id == Keeping.speaker_id)
        .where(Keeping.person_id == person.id, Speaker.slug == slug, STANDS)
        .options(joinedload(Keeping.speaker))
    )
    if found is None:
        raise NotFound(NOT_YOURS)
    return found


def keepers(speaker: Speaker) -> Sequence[Keeping]:
    """List who keeps the pages of a speaker: the speaker first, then assistants by address."""
    return db.session.scalars(
        select(Keeping)
        .join(Person, Person.id == Keeping.person_id)
        .where(Keeping.speaker_id == speaker.id, STANDS)
        .options(joinedload(Keeping.person))
        .order_by(Keeping.is_assistant, Person.email)
    ).all()


def has_pages(person: Person) -> bool:
    """Whether somebody keeps anybody's pages, or the text of a session."""
    kept = select(Keeping.id).where(Keeping.person_id == person.id, STANDS).exists()
    owned = select(SessionOwner.session_id).where(SessionOwner.person_id == person.id).exists()
    return bool(db.session.scalar(select(or_(kept, owned))))


def replies(speakers: Sequence[Speaker]) -> Mapping[int, Reply]:
    """Give what these speakers have told, by the speaker's id."""
    wanted = [speaker.id for speaker in speakers]
    found = db.session.scalars(select(Reply).where(Reply.speaker_id.in_(wanted)))
    return {reply.speaker_id: reply for reply in found}


def wanted_by() -> Mapping[str, date]:
    """Tell by which day each item is wanted, as far as anybody has said so."""
    return {row.item: row.day for row in db.session.scalars(select(WantedBy))}
