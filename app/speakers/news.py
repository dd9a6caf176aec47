"""Tell speakers by letter what a release changed for them: moved, called off, reworded, left out.

Whatever made the release public (a button, a plan, going back to an earlier one), the worker finds
that it is another one than that of which speakers were told, compares the two, and writes to those
who keep the pages of the speakers whom it touches. Both are one transaction, so that nobody is
told twice. Of the first release nobody is told: before it there was nothing to change.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.database import db, hold
from app.mail import wording
from app.mail.wording import Wording
from app.programme import document
from app.programme.document import Document, Part
from app.programme.models import Conference, Release, Speaker
from app.programme.publishing import told
from app.programme.publishing.comparison import PLACE_AND_TIME, Altered, Comparison, compare
from app.programme.publishing.told import Row
from app.speakers import leaving, letters, queries
from app.speakers.models import Keeping, ToldRelease


@dataclass(frozen=True)
class Changed:
    """A session or a profile that readers see otherwise now."""

    called: str
    rows: Sequence[Row]


@dataclass
class News:
    """What a release changed for one speaker."""

    moved: list[Changed] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    is_left_out: bool = False


@dataclass(frozen=True)
class Due:
    """A letter about a release, to somebody who keeps a speaker's pages."""

    letter: str  # its template
    keeping: Keeping
    changed: Sequence[Changed]


def tell_of_release() -> None:
    """Write to speakers about the release that readers see now, if nobody has told them yet."""
    number = db.session.scalar(select(Conference.current_release))
    if number is None or number == _told():
        return
    hold(ToldRelease)
    before = _told()
    if number == before:
        return
    if before is None:
        db.session.add(ToldRelease(id=1, number=number))
        return
    db.session.get_one(ToldRelease, 1).number = number
    old, new = _document(before), _document(number)
    leaving.remember(old, new)
    for one in _letters(_news(old, new)):
        letters.of_release(one.letter, one.keeping, one.changed)


def due(old: Document, new: Document) -> Sequence[Sequence[Due]]:
    """Tell which letters would go if readers saw this in place of that, each kind by itself."""
    found = list(_letters(_news(old, new)))
    kinds = dict.fromkeys(one.letter for one in found)
    return [[one for one in found if one.letter == kind] for kind in kinds]


def preview(one: Due) -> Wording:
    """Word a letter as whoever gets it would read it."""
    return wording.write(one.letter, "en", letters.about_release(one.keeping, one.changed))


def _told() -> int | None:
    return db.session.scalar(select(ToldRelease.number))


def _document(number: int) -> Document:
    return document.read(db.session.get_one(Release, number).document)


def _news(old: Document, new: Document) -> Mapping[str, News]:
    """Tell what differs for whom, by the speaker's address; another conference is no news."""
    if old.conference.acronym != new.conference.acronym:
        return {}
    found = compare(old, new)
    news: dict[str, News] = {}
    for slug, moved, changed in (*_of_sessions(found), *_of_profiles(found)):
        mine = news.setdefault(slug, News())
        mine.moved += moved
        mine.changed += changed
    for speaker in found.speakers.withdrawn:
        news.setdefault(speaker.slug, News()).is_left_out = True
    return news


Finding = tuple[str, list[Changed], list[Changed]]


def _of_sessions(found: Comparison) -> Iterator[Finding]:
    for altered in found.sessions.altered:
        moved = _rows(altered, within=True)
        changed = _rows(altered, within=False)
        if altered.old.is_cancelled != altered.new.is_cancelled:
            changed.insert(0, _turned(altered))
        for part in _people(altered.new.parts, altered.old.parts):
            yield part, _named(altered.new.title, moved), _named(altered.new.title, changed)


def _of_profiles(found: Comparison) -> Iterator[Finding]:
    for altered in found.speakers.altered:
        yield altered.new.slug, [], _named(gettext("Your profile"), told.rows(altered))


def _rows(altered: Altered[Any], *, within: bool) -> list[Row]:
    """Tell those differences that are of place and time, or those that are not."""
    such = tuple(one for one in altered.fields if (one.name in PLACE_AND_TIME) is within)
    return told.rows(Altered(altered.old, altered.new, such))


def _turned(altered: Altered[Any]) -> Row:
    states = (gettext("takes place"), gettext("called off"))
    return Row(gettext("State"), states[altered.old.is_cancelled], states[altered.new.is_cancelled])


def _people(*several: Sequence[Part]) -> dict[str, None]:
    return dict.fromkeys(part.slug for parts in several for part in parts)


def _named(called: str, rows: Sequence[Row]) -> list[Changed]:
    return [Changed(called, rows)] if rows else []


def _letters(news: Mapping[str, News]) -> Iterator[Due]:
    went = queries.who_withdrew()  # and have been told
    kept = db.session.scalars(
        select(Keeping)
        .join(Speaker, Speaker.id == Keeping.speaker_id)
        .where(Keeping.ended_at.is_(None), Speaker.slug.in_(news))
        .options(joinedload(Keeping.person), joinedload(Keeping.speaker))
        .order_by(Keeping.id)
    )
    for keeping in kept:
        mine = news[keeping.speaker.slug]
        if mine.is_left_out and keeping.speaker_id not in went:
            yield Due(letters.LEFT_OUT, keeping, ())
        if mine.is_left_out:
            continue
        if mine.moved:
            yield Due(letters.MOVED, keeping, mine.moved)
        if mine.changed:
            yield Due(letters.CHANGED, keeping, mine.changed)
