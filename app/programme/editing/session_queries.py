"""Queries on the sessions of the working programme for organisers: lists, filters and gaps.

``MISSING_CONDITIONS`` selects sessions that still need something, such as a room or speakers.
"""

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
from app.errors import NotFound, require
from app.programme import slugs
from app.programme.collation import sort_key
from app.programme.models import (
    BOOKABLE,
    CANCELLED,
    CONFIRMED,
    DRAFT,
    WITHDRAWN,
    Appearance,
    Conference,
    Room,
    Session,
    Speaker,
    Theme,
)
from app.programme.snapshot import BREAK_KINDS

IS_NOT_WITHDRAWN = Session.withdrawn_at.is_(None)
TAKES_PLACE = IS_NOT_WITHDRAWN & Session.cancelled_at.is_(None)
STATE_CONDITIONS: dict[str, ColumnElement[bool]] = {
    DRAFT: TAKES_PLACE & Session.is_draft,
    CONFIRMED: TAKES_PLACE & ~Session.is_draft,
    CANCELLED: IS_NOT_WITHDRAWN & Session.cancelled_at.is_not(None),
    WITHDRAWN: Session.withdrawn_at.is_not(None),
}
SORTS: dict[str, tuple[SQLColumnExpression[Any], ...]] = {
    "time": (Session.starts_at, Session.ends_at),
    "title": (Session.title_sort_key,),
    "room": (Room.position, Session.starts_at),
    "changed": (Session.changed_at,),
}
STATE = case(
    (Session.withdrawn_at.is_not(None), WITHDRAWN),
    (Session.cancelled_at.is_not(None), CANCELLED),
    (Session.is_draft, DRAFT),
    else_=CONFIRMED,
)
ROW_COLUMNS = (  # in the field order of SessionRow
    *(Session.slug, Session.title, Session.kind, STATE),
    *(Session.starts_at, Session.ends_at, Session.changed_at),
    *(Room.name, Theme.name),
    Session.key,
)


@dataclass(frozen=True)
class SessionFilter:
    """Filters of the session list; an empty value does not filter."""

    search: str = ""
    day: tuple[date, ZoneInfo] | None = None
    theme: str = ""
    room: str = ""
    kind: str = ""
    state: str = ""
    missing: str = ""
    booking: str = ""


@dataclass(frozen=True)
class SessionRow:
    """One row of the session list."""

    slug: str
    title: str
    kind: str
    state: str
    starts_at: datetime | None
    ends_at: datetime | None
    changed_at: datetime | None
    room: str | None
    theme: str | None
    key: str
    speakers: Sequence[str]


@dataclass(frozen=True)
class SessionPage:
    """One page of the session list, and the total number of rows."""

    rows: Sequence[SessionRow]
    total: int


@dataclass(frozen=True)
class SessionFilterChoices:
    """The themes, rooms and kinds to filter by, as (value, label) pairs."""

    theme: list[tuple[str, str]] = field(default_factory=list)
    room: list[tuple[str, str]] = field(default_factory=list)
    kind: list[tuple[str, str]] = field(default_factory=list)


def list_page(
    filters: SessionFilter, sort: str, *, is_reversed: bool, offset: int, limit: int
) -> SessionPage:
    """Return one page of the sessions that match the filters."""
    conditions = tuple(_conditions(filters))
    rows = db.session.execute(
        select(Session.id, *ROW_COLUMNS, func.count().over())
        .outerjoin(Session.room)
        .outerjoin(Session.theme)
        .where(*conditions)
        .order_by(*_order(sort, is_reversed=is_reversed), Session.title_sort_key, Session.id)
        .offset(offset)
        .limit(limit)
    ).all()
    names = _speaker_names_by_session([row[0] for row in rows])
    lines = [SessionRow(*(*row[1:-1], names[row[0]])) for row in rows]
    return SessionPage(lines, rows[0][-1] if rows else _count(conditions) if offset else 0)


def get_session(slug: str) -> Session:
    """Return a session, even if withdrawn, with what it refers to; raise NotFound or Moved."""
    try:
        return _get_session(Session.slug == slug)
    except NotFound:
        slugs.check_not_moved(Session, slug)
        raise


def map_slugs(keys: Sequence[str]) -> Mapping[str, str]:
    """Return the slugs of the sessions with these keys, by key."""
    statement = select(Session.key, Session.slug).where(Session.key.in_(keys))
    return {one.key: one.slug for one in db.session.execute(statement)} if keys else {}


def list_by_slug(slugs: Sequence[str]) -> Sequence[Session]:
    """List the sessions with these slugs, by time."""
    return db.session.scalars(
        select(Session)
        .where(Session.slug.in_(slugs))
        .options(joinedload(Session.theme), joinedload(Session.room))
        .order_by(*_order("time", is_reversed=False), Session.title_sort_key, Session.id)
    ).all()


def list_by_key(keys: Sequence[str]) -> Sequence[Session]:
    """List the sessions with these keys, by time, with their rooms, themes and speakers."""
    if not keys:
        return ()
    return db.session.scalars(
        select(Session)
        .where(Session.key.in_(keys))
        .options(
            joinedload(Session.theme),
            joinedload(Session.room),
            selectinload(Session.appearances).joinedload(Appearance.speaker),
        )
        .order_by(*_order("time", is_reversed=False), Session.title_sort_key, Session.id)
    ).all()


def list_filter_choices() -> SessionFilterChoices:
    """Return the choices for all filters, in one query."""
    kinds = select(Session.kind).where(IS_NOT_WITHDRAWN, Session.kind != "").distinct().subquery()
    found = db.session.execute(
        union_all(
            select(
                literal("theme").label("what"),
                Theme.key.label("value"),
                Theme.name.label("name"),
                Theme.position.label("position"),
            ),
            select(literal("room"), Room.key, Room.name, Room.position),
            select(literal("kind"), kinds.c.kind, kinds.c.kind, literal(0)),
        )
    )
    choices = SessionFilterChoices()
    for choice_kind, value, name, _ in sorted(
        found, key=lambda row: (row.position, sort_key(row.name))
    ):
        getattr(choices, choice_kind).append((value, name))
    return choices


def search_speakers(query: str, limit: int) -> Sequence[Speaker]:
    """Search the speakers who take part by name, ignoring accents and case.

    Names in which a word starts with the query come first.
    """
    wanted = sort_key(query)
    holds = (Speaker.name_sort_key.contains(word, autoescape=True) for word in wanted.split())
    begins = (literal(" ") + Speaker.name_sort_key).contains(f" {wanted}", autoescape=True)
    return db.session.scalars(
        select(Speaker)
        .where(Speaker.withdrawn_at.is_(None), *holds)
        .order_by(case((begins, 0), else_=1), Speaker.name_sort_key, Speaker.id)
        .limit(limit)
    ).all()


def map_speakers(keys: Sequence[str]) -> Mapping[str, Speaker]:
    """Return the speakers with these keys, by key."""
    found = db.session.scalars(select(Speaker).where(Speaker.key.in_(keys)))
    return {speaker.key: speaker for speaker in found}


def _get_session(condition: ColumnElement[bool]) -> Session:
    known = db.session.scalar(
        select(Session)
        .where(condition)
        .options(
            joinedload(Session.theme),
            joinedload(Session.room),
            selectinload(Session.appearances).joinedload(Appearance.speaker),
        )
    )
    return require(known, NotFound("There is no session at that web address"))


def _count(conditions: Sequence[ColumnElement[bool]]) -> int:
    return db.session.scalar(select(func.count()).select_from(Session).where(*conditions)) or 0


def _speaker_names_by_session(sessions: Sequence[int]) -> Mapping[int, list[str]]:
    """Return the names of each session's speakers, in order and without duplicates."""
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


def _conditions(filters: SessionFilter) -> list[ColumnElement[bool]]:
    clauses = [matches_word(word) for word in sort_key(filters.search).split()]
    clauses.append(STATE_CONDITIONS[filters.state] if filters.state else IS_NOT_WITHDRAWN)
    if filters.day:
        clauses.append(begins_on(*filters.day))
    if filters.theme:
        clauses.append(Session.theme.has(Theme.key == filters.theme))
    if filters.room:
        clauses.append(Session.room.has(Room.key == filters.room))
    if filters.kind:
        clauses.append(Session.kind == filters.kind)
    named = ((MISSING_CONDITIONS, filters.missing), (BOOKING_CONDITIONS, filters.booking))
    clauses += [conditions[name] for conditions, name in named if name]
    return clauses


def matches_word(word: str) -> ColumnElement[bool]:
    """Match a word in the title, the key or a speaker's name, ignoring accents and case."""
    with_such_a_speaker = (
        select(Appearance.session_id)
        .join(Speaker, Speaker.id == Appearance.speaker_id)
        .where(Speaker.name_sort_key.contains(word, autoescape=True))
    )
    return or_(
        Session.title_sort_key.contains(word, autoescape=True),
        func.lower(Session.key).contains(word, autoescape=True),
        Session.id.in_(with_such_a_speaker),
    )


def begins_on(day: date, zone: ZoneInfo) -> ColumnElement[bool]:
    """Match sessions that start on a day in the given time zone."""
    return Session.starts_at.between(
        datetime.combine(day, time(), zone).astimezone(UTC),
        datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
        - timedelta(microseconds=1),
    )


def _order(sort: str, *, is_reversed: bool) -> list[ColumnElement[Any]]:
    """Return the sort order; rows without a value come last in both directions."""
    columns = SORTS[sort]
    ordered = [column.desc() if is_reversed else column.asc() for column in columns]
    return [columns[0].is_(None).asc(), *ordered]


IS_NOT_BREAK = func.lower(Session.kind).not_in(sorted(BREAK_KINDS))  # breaks need no speakers
HAS_APPEARANCES = select(Appearance.id).where(Appearance.session_id == Session.id).exists()
MISSING_CONDITIONS: dict[str, ColumnElement[bool]] = {  # keys are values of the filter
    "room": TAKES_PLACE & Session.room_id.is_(None),
    "time": TAKES_PLACE & Session.starts_at.is_(None),
    "abstract": TAKES_PLACE & IS_NOT_BREAK & (Session.abstract == "") & (Session.description == ""),
    "speakers": TAKES_PLACE & IS_NOT_BREAK & ~HAS_APPEARANCES,
}

BOOKING_CONDITIONS: dict[str, ColumnElement[bool]] = {  # keys are values of the filter
    "bookable": Session.booking == BOOKABLE,
}

MAX_OUTSIDE_LISTED = 20


def list_outside_conference_days(conference: Conference) -> Sequence[Session]:
    """List sessions that start outside the days of the conference: this is allowed but reported."""
    zone = ZoneInfo(conference.time_zone)
    begins = datetime.combine(conference.starts_on, time(), zone)
    ends = datetime.combine(conference.ends_on + timedelta(days=1), time(), zone)
    return db.session.scalars(
        select(Session)
        .where(
            Session.withdrawn_at.is_(None),
            or_(Session.starts_at < begins, Session.starts_at >= ends),
        )
        .order_by(Session.starts_at, Session.id)
        .limit(MAX_OUTSIDE_LISTED)
    ).all()
