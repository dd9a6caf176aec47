"""Questions about the speakers of the working programme. Nothing here changes anything."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, func, select
from sqlalchemy.orm import joinedload

from app.database import db
from app.errors import NotFound
from app.programme.editing.lacks import HAS_PHOTO
from app.programme.models import Appearance, Release, Session, Speaker
from app.programme.names import folded

STANDS = Session.withdrawn_at.is_(None)
IN_SESSIONS = (
    select(func.count(Appearance.session_id.distinct()))
    .join(Session, Session.id == Appearance.session_id)
    .where(Appearance.speaker_id == Speaker.id, STANDS)
    .correlate(Speaker)
    .scalar_subquery()
)
TAKES_PART = Speaker.withdrawn_at.is_(None)
STANDINGS: dict[str, ColumnElement[bool]] = {
    "yes": TAKES_PART & Speaker.confirmed_at.is_not(None),
    "no": TAKES_PART & Speaker.confirmed_at.is_(None),
    "withdrawn": ~TAKES_PART,
}
LACKS: dict[str, ColumnElement[bool]] = {  # of those who take part: what else is there to mend
    "biography": TAKES_PART & (Speaker.biography == ""),
    "photo": TAKES_PART & ~HAS_PHOTO,
    "contact-address": TAKES_PART & (Speaker.contact_address == ""),
    "sessions": TAKES_PART & (IN_SESSIONS == 0),
}
SORTS: dict[str, tuple[SQLColumnExpression[Any], ...]] = {
    "name": (Speaker.name_order,),
    "organisation": (Speaker.organisation_order == "", Speaker.organisation_order),
    "sessions": (IN_SESSIONS,),
    "changed": (Speaker.changed_at.is_(None), Speaker.changed_at),
}


@dataclass(frozen=True)
class Wanted:
    """What narrows the list of speakers; what is empty does not."""

    search: str = ""
    standing: str = ""
    lacks: str = ""
    country: str = ""
    role: str = ""


@dataclass(frozen=True)
class Row:
    """A line of the list of speakers."""

    speaker: Speaker
    sessions: int


@dataclass(frozen=True)
class Part:
    """A session in which a speaker appears, and as what."""

    session: Session
    role: str


@dataclass(frozen=True)
class Found:
    """A page of the list of speakers, and how long the whole list is."""

    rows: Sequence[Row] = field(default_factory=tuple)
    total: int = 0


def found(wanted: Wanted, sort: str, *, is_reversed: bool, offset: int, limit: int) -> Found:
    """List the speakers that are wanted."""
    such = tuple(_conditions(wanted))
    rows = db.session.execute(
        select(Speaker, IN_SESSIONS)
        .where(*such)
        .order_by(*_order(sort, is_reversed=is_reversed), Speaker.name_order, Speaker.id)
        .offset(offset)
        .limit(limit)
    ).all()
    total = db.session.scalar(select(func.count()).select_from(Speaker).where(*such)) or 0
    return Found([Row(speaker, sessions) for speaker, sessions in rows], total)


def speaker(slug: str) -> Speaker:
    """Find a speaker, withdrawn or not."""
    known = db.session.scalar(
        select(Speaker)
        .where(Speaker.slug == slug)
        .options(joinedload(Speaker.absences), joinedload(Speaker.photo))
    )
    if known is None:
        raise NotFound("There is no speaker at that address")
    return known


def chosen(slugs: Sequence[str]) -> Sequence[Speaker]:
    """Find several speakers, by name."""
    return db.session.scalars(
        select(Speaker).where(Speaker.slug.in_(slugs)).order_by(Speaker.name_order, Speaker.id)
    ).all()


def sessions_of(speaker: Speaker) -> list[Part]:
    """List the parts of a speaker in sessions of the working programme, by time."""
    rows = db.session.execute(
        select(Session, Appearance.role)
        .join(Appearance, Appearance.session_id == Session.id)
        .where(Appearance.speaker_id == speaker.id, STANDS)
        .options(joinedload(Session.room))
        .order_by(Session.starts_at.is_(None), Session.starts_at, Session.id, Appearance.position)
    )
    return [Part(session, role) for session, role in rows]


def is_for_readers(speaker: Speaker, parts: Sequence[Part]) -> bool:
    """Whether readers would be told of a speaker if the programme were published now."""
    in_drafts_alone = parts and not any(part.session.is_for_readers for part in parts)
    return speaker.withdrawn_at is None and not in_drafts_alone


def namesakes(speaker: Speaker) -> Sequence[Speaker]:
    """List the other speakers whose names differ from this one at most by accents and case."""
    return db.session.scalars(
        select(Speaker)
        .where(Speaker.name_order == folded(speaker.name), Speaker.id != speaker.id)
        .order_by(Speaker.id)
    ).all()


def countries() -> list[str]:
    """List the countries that speakers come from."""
    known = db.session.scalars(select(Speaker.country.distinct()).where(Speaker.country != ""))
    return sorted(known, key=lambda name: (folded(name), name))


def was_published(speaker: Speaker) -> bool:
    """Whether readers have seen a speaker in any release."""
    written = f'{{"slug":"{speaker.slug}","name":'
    return (
        db.session.scalar(
            select(Release.number)
            .where(Release.document.contains(written, autoescape=True))
            .limit(1)
        )
        is not None
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    such = [
        Speaker.found_by.contains(word, autoescape=True) for word in folded(wanted.search).split()
    ]
    if wanted.standing:
        such.append(STANDINGS[wanted.standing])
    if wanted.lacks:
        such.append(LACKS[wanted.lacks])
    if wanted.country:
        such.append(Speaker.country == wanted.country)
    if wanted.role:
        such.append(_appears_as(wanted.role))
    return such


def _appears_as(role: str) -> ColumnElement[bool]:
    return (
        select(Appearance.id)
        .join(Session, Session.id == Appearance.session_id)
        .where(Appearance.speaker_id == Speaker.id, Appearance.role == role, STANDS)
        .exists()
    )


def _order(sort: str, *, is_reversed: bool) -> list[ColumnElement[Any]]:
    return [one.desc() if is_reversed else one.asc() for one in SORTS[sort]]
