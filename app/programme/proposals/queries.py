"""Questions about what speakers would like changed. Nothing here changes anything."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, contains_eager

from app.database import db
from app.errors import NotFound
from app.history import changes
from app.history.changes import Change
from app.programme import names
from app.programme.editing import edits
from app.programme.editing.edits import Kind
from app.programme.models import Conference, Release, Session, Speaker
from app.programme.proposals import fields, merging
from app.programme.proposals.models import (
    OPEN,
    SENT_BACK,
    TRUSTED,
    WENT_IN,
    Proposal,
)

NAME_ORDER = func.coalesce(Speaker.name_order, Session.title_order)
WAITS_FIRST = case((Proposal.state == OPEN, 0), else_=1)
SORTS: Final[Mapping[str, Sequence[Any]]] = {
    "waiting": (WAITS_FIRST, Proposal.sent_at.desc(), Proposal.id.desc()),
    "about": (NAME_ORDER, Proposal.id),
    "sent": (Proposal.sent_at, Proposal.id),
}
KINDS: Final[Mapping[str, InstrumentedAttribute[int | None]]] = {
    "speakers": Proposal.speaker_id,
    "sessions": Proposal.session_id,
}


@dataclass(frozen=True)
class Wanted:
    """Which proposals someone looks for; an empty word asks for nothing."""

    words: str = ""  # in the name of the thing, or in the address of whoever sent it
    state: str = ""
    kind: str = ""  # speakers or sessions


@dataclass(frozen=True)
class Field:
    """One field of a proposal: what it began with, what stands now, what is asked for."""

    asked: Change
    now: Any
    kind: Kind

    @property
    def now_said(self) -> str:
        """Say what stands now; lists do not, for it may take a question."""
        return self.kind.said(self.asked.field, self.now)

    @property
    def is_overtaken(self) -> bool:
        """Whether somebody else has changed it meanwhile."""
        return self.now not in (self.asked.before, self.asked.after)


@dataclass(frozen=True)
class Look:
    """A proposal beside what stands in the working programme now."""

    proposal: Proposal

    @cached_property
    def fields(self) -> Sequence[Field]:
        """Its fields, one by one."""
        thing = self.proposal.thing
        kind = fields.kind(thing)
        held = [(one, kind.value(thing, one.field)) for one in self.proposal.asked]
        return [Field(one, now, kind) for one, now in held]

    @property
    def is_open(self) -> bool:
        """Whether it waits for somebody to decide."""
        return self.proposal.state == OPEN

    @property
    def is_overtaken(self) -> bool:
        """Whether what it began with is no longer what stands, in any of its fields."""
        return self.is_open and any(one.is_overtaken for one in self.fields)

    @property
    def seal(self) -> str:
        """Give what stands for all that a page showed of it."""
        now = sorted(merging.marks({one.asked.field: one.now for one in self.fields}).items())
        seen = f"{self.proposal.id} {self.proposal.state} {self.proposal.version} {now}"
        return sha256(seen.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Standing:
    """How a thing stands for whoever would like it changed."""

    working: Mapping[str, Any]
    newest: Mapping[str, Proposal]  # by field: about what is written together with it

    @property
    def waits(self) -> Proposal | None:
        """The proposal that nobody has decided on."""
        return self._first(OPEN)

    @property
    def came_back(self) -> Proposal | None:
        """The proposal that was sent back, and that nothing has followed yet."""
        return self._first(SENT_BACK)

    @property
    def values(self) -> Mapping[str, Any]:
        """Give what to go on writing from: what was sent where it still counts, else what is so."""
        sent = {
            field: one.values[field]
            for field, one in self.newest.items()
            if one.state in (OPEN, SENT_BACK) and field in one.values
        }
        return {**self.working, **sent}

    def of(self, wanted: Collection[str]) -> "Standing":
        """Tell only how some fields stand."""
        kept = {field: one for field, one in self.newest.items() if field in wanted}
        return replace(self, newest=kept)

    def _first(self, state: str) -> Proposal | None:
        return next((one for one in self.newest.values() if one.state == state), None)


def proposal(number: int) -> Proposal:
    """Find a proposal, with what it is about."""
    found = db.session.scalar(_with_things().where(Proposal.id == number))
    if found is None:
        raise NotFound("There is no change by a speaker at that address")
    return found


def standing(thing: Speaker | Session) -> Standing:
    """Tell how a thing stands. What went out by itself is in nothing's way that waits."""
    sent = select(Proposal).where(about(thing), Proposal.state != TRUSTED)
    newest_first = sent.order_by(Proposal.id.desc()).execution_options(populate_existing=True)
    rows = db.session.scalars(newest_first).all()
    found = [
        (group, next((one for one in rows if not one.values.keys().isdisjoint(group)), None))
        for group in fields.TOGETHER
    ]
    newest = {field: one for group, one in found if one is not None for field in group}
    return Standing(fields.working(thing), newest)


def about(thing: Speaker | Session) -> ColumnElement[bool]:
    """Say which proposals are about a thing."""
    if isinstance(thing, Speaker):
        return Proposal.speaker_id == thing.id
    return Proposal.session_id == thing.id


def newest_of(
    column: InstrumentedAttribute[int | None], ids: Collection[int], about_any: Collection[str]
) -> dict[int, str]:
    """Tell the state of the newest proposal about any of some fields of each of several things.

    What went out by itself waited for nobody, and is not looked at.
    """
    waited = Proposal.state != TRUSTED
    rows = select(column, Proposal.state, Proposal.changes).where(column.in_(ids), waited)
    found = db.session.execute(rows.order_by(Proposal.id))
    return {
        number or 0: state
        for number, state, asked in found
        if any(change.field in about_any for change in changes.read(asked))
    }


def found(
    wanted: Wanted, sort: str, *, is_reversed: bool, offset: int, limit: int
) -> Sequence[Look]:
    """List the proposals that someone looks for, each beside what stands now."""
    order = tuple(one.desc() for one in SORTS[sort]) if is_reversed else SORTS[sort]
    rows = _narrowed(_with_things(), wanted).order_by(*order).offset(offset).limit(limit)
    return [Look(row) for row in db.session.scalars(rows)]


def count(wanted: Wanted) -> int:
    """Count the proposals that someone looks for."""
    joined = select(func.count(Proposal.id)).outerjoin(Speaker).outerjoin(Session)
    return db.session.scalar(_narrowed(joined, wanted)) or 0


def of(numbers: Collection[int]) -> Sequence[Proposal]:
    """Find several proposals, in the order in which what they are about is locked."""
    rows = _with_things().where(Proposal.id.in_(numbers))
    return db.session.scalars(rows.order_by(Proposal.speaker_id, Proposal.session_id)).all()


def authors() -> Mapping[tuple[str, str], Sequence[Proposal]]:
    """Tell which proposals have gone into the working programme since what readers see was frozen.

    They are listed by the kind and the address of what they are about.
    """
    frozen = (
        select(func.coalesce(Release.frozen_at, Release.published_at))
        .join(Conference, Conference.current_release == Release.number)
        .scalar_subquery()
    )
    since = or_(frozen.is_(None), Proposal.decided_at >= frozen)
    rows = _with_things().where(Proposal.state.in_(WENT_IN), since).order_by(Proposal.id)
    by_thing: dict[tuple[str, str], list[Proposal]] = {}
    for row in db.session.scalars(rows):
        by_thing.setdefault((row.thing.__tablename__, row.thing.slug), []).append(row)
    return by_thing


def differing(thing: Speaker | Session, values: Mapping[str, Any]) -> Sequence[Change]:
    """Tell what these values would change in the working programme."""
    return edits.differing(fields.kind(thing), thing, values)


def _with_things() -> Select[tuple[Proposal]]:
    return (
        select(Proposal)
        .outerjoin(Speaker)
        .outerjoin(Session)
        .options(
            contains_eager(Proposal.speaker).joinedload(Speaker.photo),
            contains_eager(Proposal.session),
        )
    )


def _narrowed(statement: Select[Any], wanted: Wanted) -> Select[Any]:
    for word in names.folded(wanted.words).split():
        places = (NAME_ORDER, func.lower(Proposal.who))
        statement = statement.where(or_(*(one.contains(word, autoescape=True) for one in places)))
    if wanted.state:
        statement = statement.where(Proposal.state == wanted.state)
    if wanted.kind:
        statement = statement.where(KINDS[wanted.kind].is_not(None))
    return statement
