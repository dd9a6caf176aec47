"""Read-only queries on the speakers of the working programme, for organisers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    SQLColumnExpression,
    bindparam,
    false,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import joinedload, load_only

from app.database import db
from app.errors import NotFound
from app.programme import slugs
from app.programme.collation import sort_key
from app.programme.editing import session_queries
from app.programme.models import Appearance, Photo, Release, Session, Speaker, Theme

MAX_SUGGESTIONS = 100  # organisations that the filter suggests

HAS_PHOTO = select(Photo.key).where(Photo.speaker_id == Speaker.id).exists()

IS_NOT_WITHDRAWN = Session.withdrawn_at.is_(None)
SESSION_COUNT = (
    select(func.count(Appearance.session_id.distinct()))
    .join(Session, Session.id == Appearance.session_id)
    .where(Appearance.speaker_id == Speaker.id, IS_NOT_WITHDRAWN)
    .correlate(Speaker)
    .scalar_subquery()
)
LIST_COLUMNS = load_only(  # columns that a row of the list needs
    Speaker.slug,
    Speaker.name,
    Speaker.contact_address,
    Speaker.organisation,
    Speaker.country,
    Speaker.biography,
    Speaker.confirmed_at,
    Speaker.withdrawn_at,
)
TAKES_PART = Speaker.withdrawn_at.is_(None)
CONFIRMATION_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "yes": TAKES_PART & Speaker.confirmed_at.is_not(None),
    "no": TAKES_PART & Speaker.confirmed_at.is_(None),
    "withdrawn": ~TAKES_PART,
}
MISSING_CONDITIONS: dict[str, ColumnElement[bool]] = {  # only for speakers who take part
    "biography": TAKES_PART & (Speaker.biography == ""),
    "photo": TAKES_PART & ~HAS_PHOTO,
    "contact-address": TAKES_PART & (Speaker.contact_address == ""),
    "sessions": TAKES_PART & (SESSION_COUNT == 0),
}


def _is_of_organisation(part: str) -> ColumnElement[bool]:
    """Match speakers whose organisation's name contains this text, ignoring case and accents."""
    typed = sort_key(part)
    if not typed:  # only accents or brackets, which must not match everyone
        return false()
    return Speaker.organisation_sort_key.contains(typed, autoescape=True)


FIELD_CONDITIONS: dict[str, Callable[[str], ColumnElement[bool]]] = {  # further conditions
    "confirmation": CONFIRMATION_CONDITIONS.__getitem__,
    "missing": MISSING_CONDITIONS.__getitem__,
    "country": lambda country: Speaker.country == country,
    "role": lambda role: has_session(Appearance.role == role),
    "organisation": _is_of_organisation,
}
# further filters of the list, from the condition for a value; higher layers register theirs
FILTER_CONDITIONS: dict[str, Callable[[str], ColumnElement[bool]]] = {
    "theme": lambda key: has_session(Session.theme.has(Theme.key == key)),
}
SORTS: dict[str, tuple[SQLColumnExpression[Any], ...]] = {
    "name": (Speaker.name_sort_key,),
    "organisation": (Speaker.organisation_sort_key == "", Speaker.organisation_sort_key),
    "sessions": (SESSION_COUNT,),
    "changed": (Speaker.changed_at.is_(None), Speaker.changed_at),
}


@dataclass(frozen=True)
class SpeakerFilter:
    """Filters of the speaker list; an empty value does not filter."""

    search: str = ""
    confirmation: str = ""
    missing: str = ""
    country: str = ""
    role: str = ""
    organisation: str = ""  # part of its name
    day: tuple[date, ZoneInfo] | None = None  # a day on which they have a session
    others: Mapping[str, str] = field(default_factory=dict)  # values of ``FILTER_CONDITIONS``
    ids: Select[tuple[int]] | None = None  # of the candidates; None: all


@dataclass(frozen=True)
class SpeakerRow:
    """One row of the speaker list."""

    speaker: Speaker
    sessions: int
    lacks_photo: bool = False

    @property
    def missing(self) -> Sequence[str]:
        """The names of what is missing, as in ``MISSING_CONDITIONS``."""
        if self.speaker.withdrawn_at is not None:
            return ()
        missing = {
            "biography": not self.speaker.biography,
            "photo": self.lacks_photo,
            "contact-address": not self.speaker.contact_address,
            "sessions": not self.sessions,
        }
        return [name for name, is_missing in missing.items() if is_missing]


@dataclass(frozen=True)
class SessionRole:
    """A session in which a speaker appears, and their role in it."""

    session: Session
    role: str


PageStatement = Select[tuple[Speaker, int, bool, int]]


@dataclass(frozen=True)
class SpeakerPage:
    """One page of the speaker list, and the total number of rows."""

    rows: Sequence[SpeakerRow] = field(default_factory=tuple)
    total: int = 0


def list_page(
    filters: SpeakerFilter, sort: str, *, is_reversed: bool, offset: int, limit: int
) -> SpeakerPage:
    """Return one page of the speakers who match the filters."""
    conditions = tuple(list_conditions(filters))
    if conditions:
        statement = _select_page(_order(sort, is_reversed=is_reversed), conditions)
    else:
        statement = _select_page_of_all(sort, is_reversed=is_reversed)
    rows = db.session.execute(statement, {"first": offset, "number": limit}).all()
    total = rows[0][-1] if rows else _count_before(offset, conditions)
    return SpeakerPage([SpeakerRow(*row[:-1]) for row in rows], total)


@cache
def _select_page_of_all(sort: str, *, is_reversed: bool) -> PageStatement:
    """Select a page of all speakers; cached, since building it takes a third of running it."""
    return _select_page(_order(sort, is_reversed=is_reversed))


def _select_page(
    order: Sequence[ColumnElement[Any]], such: Sequence[ColumnElement[bool]] = ()
) -> PageStatement:
    """Select a page of speakers, ``number`` of them after ``first``, with the total."""
    page = select(Speaker.id, func.count().over().label("total")).where(*such).order_by(*order)
    first, number = bindparam("first", type_=Integer), bindparam("number", type_=Integer)
    found = page.offset(first).limit(number).subquery()  # the other columns only for these rows
    return (
        select(Speaker, SESSION_COUNT, MISSING_CONDITIONS["photo"], found.c.total)
        .options(LIST_COLUMNS)
        .join(found, found.c.id == Speaker.id)
        .order_by(*order)
    )


def _count_before(offset: int, such: Sequence[ColumnElement[bool]]) -> int:
    """Return the total for an empty page, which may be beyond the last one."""
    if not offset:
        return 0
    return db.session.scalar(select(func.count()).select_from(Speaker).where(*such)) or 0


def get_speaker(slug: str) -> Speaker:
    """Return a speaker, even if withdrawn; raise NotFound or Moved."""
    known = db.session.scalar(
        select(Speaker)
        .where(Speaker.slug == slug)
        .options(joinedload(Speaker.absences), joinedload(Speaker.photo))
    )
    if known is None:
        slugs.check_not_moved(Speaker, slug)
        raise NotFound("There is no speaker at that web address")
    return known


def list_by_slug(slugs: Sequence[str]) -> Sequence[Speaker]:
    """List the speakers with these slugs, by name."""
    return db.session.scalars(
        select(Speaker).where(Speaker.slug.in_(slugs)).order_by(Speaker.name_sort_key, Speaker.id)
    ).all()


def list_session_roles(speaker: Speaker) -> list[SessionRole]:
    """List a speaker's sessions and roles in the working programme, by time."""
    rows = db.session.execute(
        select(Session, Appearance.role)
        .join(Appearance, Appearance.session_id == Session.id)
        .where(Appearance.speaker_id == speaker.id, IS_NOT_WITHDRAWN)
        .options(joinedload(Session.room))
        .order_by(Session.starts_at.is_(None), Session.starts_at, Session.id, Appearance.position)
    )
    return [SessionRole(session, role) for session, role in rows]


def is_publishable(speaker: Speaker, parts: Sequence[SessionRole]) -> bool:
    """Return True if the speaker would be public if the programme were published now."""
    in_drafts_alone = parts and not any(part.session.is_publishable for part in parts)
    return speaker.withdrawn_at is None and not in_drafts_alone


def list_namesakes(speaker: Speaker) -> Sequence[Speaker]:
    """List other speakers with the same name, ignoring accents and case."""
    wanted = sort_key(speaker.name)
    found = db.session.scalars(  # the key ends with the whole name
        select(Speaker)
        .where(Speaker.name_sort_key.endswith(f" {wanted}", autoescape=True))
        .where(Speaker.id != speaker.id)
        .order_by(Speaker.id)
    )
    return [one for one in found if sort_key(one.name) == wanted]


@dataclass(frozen=True)
class SpeakerFilterChoices:
    """Countries and organisations of speakers, and themes of sessions as keys and names."""

    countries: Sequence[str]
    themes: Sequence[tuple[str, str]]
    organisations: Sequence[str]  # the most common ones


def list_choices() -> SpeakerFilterChoices:
    """Return the choices of the filters, each in its order, in one query."""
    rows = db.session.execute(CHOICES).tuples().all()
    known = sorted(rows, key=lambda row: (row[3], sort_key(row[2]), row[2]))
    return SpeakerFilterChoices(
        [name for kind, _, name, _ in known if kind == "country"],
        [(key, name) for kind, key, name, _ in known if kind == "theme"],
        [name for kind, _, name, _ in known if kind == "organisation"],
    )


def _select_choices() -> CompoundSelect[tuple[str, str, str, int]]:
    """Select the kind of each choice, its key, its name and its position."""
    kinds = literal("country"), literal("theme"), literal("organisation")
    countries = select(kinds[0], literal(""), Speaker.country, literal(0))
    themes = select(kinds[1], Theme.key, Theme.name, Theme.position)
    name, key = func.min(Speaker.organisation).label("name"), Speaker.organisation_sort_key
    most = select(name).where(key != "").group_by(key).order_by(func.count().desc(), key)
    most_often = most.limit(MAX_SUGGESTIONS).subquery()
    organisations = select(kinds[2], literal(""), most_often.c.name, literal(0))
    return union_all(countries.where(Speaker.country != "").distinct(), themes, organisations)


CHOICES: Final = _select_choices()


def was_ever_public(speaker: Speaker) -> bool:
    """Return True if the speaker has been in any release."""
    written = f'{{"slug":"{speaker.slug}","name":'
    return (
        db.session.scalar(
            select(Release.number)
            .where(Release.snapshot.contains(written, autoescape=True))
            .limit(1)
        )
        is not None
    )


def list_conditions(filters: SpeakerFilter) -> list[ColumnElement[bool]]:
    """Return the conditions of the filters."""
    conditions = [
        Speaker.search_text.contains(word, autoescape=True)
        for word in sort_key(filters.search).split()
    ]
    if filters.ids is not None:
        conditions.append(Speaker.id.in_(filters.ids))
    if filters.day:
        conditions.append(has_session(session_queries.begins_on(*filters.day)))
    chosen = [
        *((build, getattr(filters, name)) for name, build in FIELD_CONDITIONS.items()),
        *((FILTER_CONDITIONS[name], value) for name, value in filters.others.items()),
    ]
    return conditions + [build(value) for build, value in chosen if value]


def has_session(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Match speakers who appear in a session that meets these conditions."""
    return (
        select(Appearance.id)
        .join(Session, Session.id == Appearance.session_id)
        .where(Appearance.speaker_id == Speaker.id, IS_NOT_WITHDRAWN, *conditions)
        .correlate(Speaker)
        .exists()
    )


def _order(sort: str, *, is_reversed: bool) -> list[ColumnElement[Any]]:
    chosen = [one.desc() if is_reversed else one.asc() for one in SORTS[sort]]
    return [*chosen, Speaker.name_sort_key.asc(), Speaker.id.asc()]
