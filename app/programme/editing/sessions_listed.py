"""Questions about the sessions of the working programme, for those who edit them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    case,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import joinedload, selectinload

from app.database import db
from app.errors import NotFound
from app.programme.editing import lacks
from app.programme.models import (
    CANCELLED,
    CONFIRMED,
    DRAFT,
    WITHDRAWN,
    Appearance,
    Room,
    Session,
    Speaker,
    Theme,
)
from app.programme.names import folded

THERE = Session.withdrawn_at.is_(None)
STANDS = THERE & Session.cancelled_at.is_(None)
STATES: dict[str, ColumnElement[bool]] = {
    DRAFT: STANDS & Session.is_draft,
    CONFIRMED: STANDS & ~Session.is_draft,
    CANCELLED: THERE & Session.cancelled_at.is_not(None),
    WITHDRAWN: Session.withdrawn_at.is_not(None),
}
SORTS: dict[str, tuple[SQLColumnExpression[Any], ...]] = {
    "time": (Session.starts_at, Session.ends_at),
    "title": (Session.title_order,),
    "room": (Room.position, Session.starts_at),
    "changed": (Session.changed_at,),
}
STATE = case(
    (Session.withdrawn_at.is_not(None), WITHDRAWN),
    (Session.cancelled_at.is_not(None), CANCELLED),
    (Session.is_draft, DRAFT),
    else_=CONFIRMED,
)
LISTED = (  # in the order of a Row
    *(Session.slug, Session.title, Session.kind, STATE),
    *(Session.starts_at, Session.ends_at, Session.changed_at),
    *(Room.name, Theme.name),
)


@dataclass(frozen=True)
class Wanted:
    """What narrows the list of sessions; what is empty does not."""

    search: str = ""
    day: tuple[date, ZoneInfo] | None = None
    theme: str = ""
    room: str = ""
    kind: str = ""
    state: str = ""
    missing: str = ""


@dataclass(frozen=True)
class Row:
    """A line of the list of sessions."""

    slug: str
    title: str
    kind: str
    state: str
    starts_at: datetime | None
    ends_at: datetime | None
    changed_at: datetime | None
    room: str | None
    theme: str | None
    speakers: Sequence[str]


@dataclass(frozen=True)
class Found:
    """A page of the list of sessions, and how long the whole list is."""

    rows: Sequence[Row]
    total: int


@dataclass(frozen=True)
class Choices:
    """The themes, rooms and kinds that sessions have: what each is known by, and its name."""

    theme: list[tuple[str, str]] = field(default_factory=list)
    room: list[tuple[str, str]] = field(default_factory=list)
    kind: list[tuple[str, str]] = field(default_factory=list)


def found(wanted: Wanted, sort: str, *, is_reversed: bool, offset: int, limit: int) -> Found:
    """List the sessions that are wanted."""
    such = tuple(_conditions(wanted))
    rows = db.session.execute(
        select(Session.id, *LISTED, func.count().over())
        .outerjoin(Session.room)
        .outerjoin(Session.theme)
        .where(*such)
        .order_by(*_order(sort, is_reversed=is_reversed), Session.title_order, Session.id)
        .offset(offset)
        .limit(limit)
    ).all()
    names = _speakers_of([row[0] for row in rows])
    lines = [Row(*(*row[1:-1], names[row[0]])) for row in rows]
    return Found(lines, rows[0][-1] if rows else _count(such) if offset else 0)


def session(slug: str) -> Session:
    """Find a session, withdrawn or not, with all that belongs to it."""
    return _one(Session.slug == slug)


def slugs(keys: Sequence[str]) -> Mapping[str, str]:
    """Tell by what the page of each session is found, of those that have these keys."""
    asked = select(Session.key, Session.slug).where(Session.key.in_(keys))
    return {one.key: one.slug for one in db.session.execute(asked)} if keys else {}


def chosen(slugs: Sequence[str]) -> Sequence[Session]:
    """Find several sessions, by time."""
    return db.session.scalars(
        select(Session)
        .where(Session.slug.in_(slugs))
        .options(joinedload(Session.theme), joinedload(Session.room))
        .order_by(*_order("time", is_reversed=False), Session.title_order, Session.id)
    ).all()


def choices() -> Choices:
    """List what sessions can have, in one question."""
    kinds = select(Session.kind).where(THERE, Session.kind != "").distinct().subquery()
    found = db.session.execute(
        union_all(
            select(
                literal("theme").label("what"),
                Theme.slug.label("value"),
                Theme.name.label("name"),
                Theme.position.label("position"),
            ),
            select(literal("room"), Room.key, Room.name, Room.position),
            select(literal("kind"), kinds.c.kind, kinds.c.kind, literal(0)),
        )
    )
    choices = Choices()
    for what, value, name, _ in sorted(found, key=lambda row: (row.position, folded(row.name))):
        getattr(choices, what).append((value, name))
    return choices


def speakers_called(words: str, limit: int) -> Sequence[Speaker]:
    """List speakers who take part and whose names hold these words, accents and case aside.

    Those come first in whose names a word begins so.
    """
    wanted = folded(words)
    holds = (Speaker.name_order.contains(word, autoescape=True) for word in wanted.split())
    begins = (literal(" ") + Speaker.name_order).contains(f" {wanted}", autoescape=True)
    return db.session.scalars(
        select(Speaker)
        .where(Speaker.withdrawn_at.is_(None), *holds)
        .order_by(case((begins, 0), else_=1), Speaker.name_order, Speaker.id)
        .limit(limit)
    ).all()


def speakers_known_as(keys: Sequence[str]) -> Mapping[str, Speaker]:
    """Find speakers by their keys."""
    found = db.session.scalars(select(Speaker).where(Speaker.key.in_(keys)))
    return {speaker.key: speaker for speaker in found}


def _one(such: ColumnElement[bool]) -> Session:
    known = db.session.scalar(
        select(Session)
        .where(such)
        .options(
            joinedload(Session.theme),
            joinedload(Session.room),
            selectinload(Session.appearances).joinedload(Appearance.speaker),
        )
    )
    if known is None:
        raise NotFound("There is no session at that address")
    return known


def _count(such: Sequence[ColumnElement[bool]]) -> int:
    return db.session.scalar(select(func.count()).select_from(Session).where(*such)) or 0


def _speakers_of(sessions: Sequence[int]) -> Mapping[int, list[str]]:
    """Name who appears in each session, in order and once."""
    rows = db.session.execute(
        select(Appearance.session_id, Speaker.name)
        .join(Speaker, Speaker.id == Appearance.speaker_id)
        .where(Appearance.session_id.in_(sessions))
        .order_by(Appearance.session_id, Appearance.position)
    )
    names: defaultdict[int, list[str]] = defaultdict(list)
    for session_id, name in rows:
        if name not in names[session_id]:
            names[session_id].append(name)
    return names


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    such = [_holds(word) for word in folded(wanted.search).split()]
    such.append(STATES[wanted.state] if wanted.state else THERE)
    if wanted.day:
        such.append(_on(*wanted.day))
    if wanted.theme:
        such.append(Session.theme.has(Theme.slug == wanted.theme))
    if wanted.room:
        such.append(Session.room.has(Room.key == wanted.room))
    if wanted.kind:
        such.append(Session.kind == wanted.kind)
    if wanted.missing:
        such.append(lacks.OF_SESSIONS[wanted.missing])
    return such


def _holds(word: str) -> ColumnElement[bool]:
    """Whether a word stands in the title, the key or a speaker's name, accents and case aside."""
    with_such_a_speaker = (
        select(Appearance.session_id)
        .join(Speaker, Speaker.id == Appearance.speaker_id)
        .where(Speaker.name_order.contains(word, autoescape=True))
    )
    return or_(
        Session.title_order.contains(word, autoescape=True),
        func.lower(Session.key).contains(word, autoescape=True),
        Session.id.in_(with_such_a_speaker),
    )


def _on(day: date, zone: ZoneInfo) -> ColumnElement[bool]:
    """Whether a session begins on a day, by the conference's clocks."""
    return Session.starts_at.between(
        datetime.combine(day, time(), zone).astimezone(UTC),
        datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
        - timedelta(microseconds=1),
    )


def _order(sort: str, *, is_reversed: bool) -> list[ColumnElement[Any]]:
    """Put first what is known: whatever has no time, room or change comes last."""
    columns = SORTS[sort]
    turned = [one.desc() if is_reversed else one.asc() for one in columns]
    return [columns[0].is_(None).asc(), *turned]
