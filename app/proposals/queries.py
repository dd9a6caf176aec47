"""Read-only queries on changes proposed by speakers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, contains_eager

from app.database import db
from app.errors import NotFound, require
from app.history.models import Change, load_changes
from app.programme import collation
from app.programme.editing import versioned_edits
from app.programme.editing.versioned_edits import FieldSet
from app.programme.fields import sessions, speakers
from app.programme.models import Conference, Release, Session, Speaker
from app.proposals import merging
from app.proposals.models import ACCEPTED_STATES, AUTO_APPROVED, CHANGES_REQUESTED, OPEN, Proposal

SPEAKER_FIELD_NAMES: Final = speakers.SPEAKER_FIELDS.proposed_names
SESSION_FIELD_NAMES: Final = sessions.SESSION_FIELDS.proposed_names
TEXT_FIELD_NAMES: Final = (*speakers.PROFILE_FIELDS, *SESSION_FIELD_NAMES)
FIELD_GROUPS: Final = (
    speakers.PROFILE_FIELDS,
    (speakers.PHOTO,),
    SESSION_FIELD_NAMES,
)  # each group has its own page
MAX_ABOUT: Final = 10  # proposals
MAX_BRIEF: Final = 160  # characters, old and new, that can be compared in a line
AUTO_APPROVABLE: Final[Mapping[str, Sequence[str]]] = {  # fields by the names used in the settings
    "biography": ("biography", "biographies"),
    "photo": (speakers.PHOTO,),
    "links": ("links",),
}


def get_field_set(entity: Speaker | Session) -> FieldSet:
    """Return the field set for editing a speaker or session."""
    return speakers.SPEAKER_FIELDS if isinstance(entity, Speaker) else sessions.SESSION_FIELDS


def list_field_names(entity: Speaker | Session) -> Sequence[str]:
    """List the fields that can be proposed."""
    return SPEAKER_FIELD_NAMES if isinstance(entity, Speaker) else SESSION_FIELD_NAMES


def get_current_values(entity: Speaker | Session) -> dict[str, Any]:
    """Return the values of these fields in the working programme."""
    return {
        field: get_field_set(entity).get_value(entity, field) for field in list_field_names(entity)
    }


def list_auto_approved(entity: Speaker | Session, trusted_names: str) -> frozenset[str]:
    """Return the fields that are approved automatically under the conference's settings."""
    if isinstance(entity, Session):
        return frozenset()
    return frozenset(
        field for name in trusted_names.split() for field in AUTO_APPROVABLE.get(name, ())
    )


NAME_SORT_KEY = func.coalesce(Speaker.name_sort_key, Session.title_sort_key)
OPEN_FIRST = case((Proposal.state == OPEN, 0), else_=1)
SORTS: Final[Mapping[str, Sequence[Any]]] = {
    "waiting": (OPEN_FIRST, Proposal.sent_at.desc(), Proposal.id.desc()),
    "about": (NAME_SORT_KEY, Proposal.id),
    "sent": (Proposal.sent_at, Proposal.id),
}
KINDS: Final[Mapping[str, InstrumentedAttribute[int | None]]] = {
    "speakers": Proposal.speaker_id,
    "sessions": Proposal.session_id,
}


@dataclass(frozen=True)
class ProposalFilter:
    """Filters of the proposal list; an empty value does not filter."""

    search: str = ""  # in the name or in the sender's email address
    state: str = ""
    kind: str = ""  # "speakers" or "sessions"


@dataclass(frozen=True)
class ProposedField:
    """One field of a proposal: original, current and proposed value."""

    requested: Change
    current_value: Any
    field_set: FieldSet

    @property
    def current_text(self) -> str:
        """The current value as text; not for lists, which may need a query."""
        return self.field_set.display_value(self.requested.field, self.current_value)

    @property
    def is_overtaken(self) -> bool:
        """Whether another person has changed the field in the meantime."""
        return self.current_value not in (self.requested.before, self.requested.after)

    @property
    def is_brief(self) -> bool:
        """Whether the texts before and after fit on a line."""
        return len(self.requested.old) + len(self.requested.new) <= MAX_BRIEF


@dataclass(frozen=True)
class ProposalReview:
    """A proposal with the current values in the working programme."""

    proposal: Proposal

    @cached_property
    def fields(self) -> Sequence[ProposedField]:
        """The fields of the proposal."""
        entity = self.proposal.entity
        kind = get_field_set(entity)
        changes_and_values = [
            (one, kind.get_value(entity, one.field)) for one in self.proposal.requested
        ]
        return [ProposedField(one, now, kind) for one, now in changes_and_values]

    @property
    def is_open(self) -> bool:
        """Whether the proposal awaits a decision."""
        return self.proposal.state == OPEN

    @property
    def is_overtaken(self) -> bool:
        """Whether one of its fields has been changed in the working programme in the meantime."""
        return self.is_open and any(field.is_overtaken for field in self.fields)

    @property
    def is_brief(self) -> bool:
        """Whether every change fits on a line, so that it can be approved within the list."""
        return not self.is_overtaken and all(
            field.requested.field != speakers.PHOTO and field.is_brief for field in self.fields
        )

    @cached_property
    def fingerprint(self) -> str:
        """A fingerprint of everything on the review page, to detect changes before a decision."""
        now = sorted(
            merging.fingerprints(
                {field.requested.field: field.current_value for field in self.fields}
            ).items()
        )
        content = f"{self.proposal.id} {self.proposal.state} {self.proposal.version} {now}"
        return sha256(content.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class ProposalStatus:
    """The proposals about a speaker or session, for their senders."""

    current_values: Mapping[str, Any]
    latest: Mapping[str, Proposal]  # by field: the latest proposal for its group of fields

    @property
    def open_proposal(self) -> Proposal | None:
        """The proposal that awaits a decision."""
        return self._first(OPEN)

    @property
    def returned_proposal(self) -> Proposal | None:
        """The proposal that was returned for changes and has not been sent again."""
        return self._first(CHANGES_REQUESTED)

    @property
    def values(self) -> Mapping[str, Any]:
        """The values to show in the form: from open and returned proposals, else current ones."""
        sent = {
            field: one.values[field]
            for field, one in self.latest.items()
            if one.state in (OPEN, CHANGES_REQUESTED) and field in one.values
        }
        return {**self.current_values, **sent}

    def restrict_to(self, field_names: Collection[str]) -> "ProposalStatus":
        """Return the status of some fields only."""
        latest = {field: one for field, one in self.latest.items() if field in field_names}
        return replace(self, latest=latest)

    def _first(self, state: str) -> Proposal | None:
        return next((one for one in self.latest.values() if one.state == state), None)


def get_proposal(number: int) -> Proposal:
    """Return a proposal with its speaker or session; raise NotFound if there is none."""
    found = db.session.scalar(_select_with_entities().where(Proposal.id == number))
    return require(found, NotFound("There is no change by a speaker at that web address"))


def get_status(entity: Speaker | Session) -> ProposalStatus:
    """Return the proposal status of a speaker or session, ignoring auto-approved proposals."""
    sent = select(Proposal).where(is_about(entity), Proposal.state != AUTO_APPROVED)
    newest_first = sent.order_by(Proposal.id.desc()).execution_options(populate_existing=True)
    rows = db.session.scalars(newest_first).all()
    found = [
        (group, next((row for row in rows if not row.values.keys().isdisjoint(group)), None))
        for group in FIELD_GROUPS
    ]
    newest = {field: one for group, one in found if one is not None for field in group}
    return ProposalStatus(get_current_values(entity), newest)


def is_about(entity: Speaker | Session) -> ColumnElement[bool]:
    """Return the condition for proposals about a speaker or session."""
    if isinstance(entity, Speaker):
        return Proposal.speaker_id == entity.id
    return Proposal.session_id == entity.id


class ProposedNames(NamedTuple):
    """The fields that a proposal would change, and its state."""

    entity_id: int  # of the speaker or session
    state: str
    fields: frozenset[str]


def list_proposed_names(
    column: InstrumentedAttribute[int | None], ids: Collection[int]
) -> Sequence[ProposedNames]:
    """Return what was proposed about these speakers or sessions, oldest first.

    Auto-approved proposals are ignored, because they needed no decision.
    """
    waited = Proposal.state != AUTO_APPROVED
    rows = select(column, Proposal.state, Proposal.changes).where(column.in_(ids), waited)
    return [
        ProposedNames(number or 0, state, frozenset(change.field for change in load_changes(asked)))
        for number, state, asked in db.session.execute(rows.order_by(Proposal.id))
    ]


def latest_states(rows: Sequence[ProposedNames], field_names: Collection[str]) -> dict[int, str]:
    """Return the state of the latest proposal about these fields, by id of speaker or session."""
    names = frozenset(field_names)
    return {row.entity_id: row.state for row in rows if row.fields & names}


def list_reviews(
    filters: ProposalFilter, sort: str, *, is_reversed: bool, offset: int, limit: int | None
) -> Sequence[ProposalReview]:
    """List the proposals that match the filters, with current values."""
    order = tuple(column.desc() for column in SORTS[sort]) if is_reversed else SORTS[sort]
    # Only the ids are sorted: biographies and photos are read only for the rows of one page.
    numbers = _apply_filter(_join_entities(select(Proposal.id)), filters).order_by(*order)
    page = _select_with_entities().where(Proposal.id.in_(numbers.offset(offset).limit(limit)))
    return [ProposalReview(row) for row in db.session.scalars(page.order_by(*order))]


def count_proposals(filters: ProposalFilter) -> int:
    """Count the proposals that match the filters."""
    joined = _join_entities(select(func.count(Proposal.id)))
    return db.session.scalar(_apply_filter(joined, filters)) or 0


def list_about(entity: Speaker | Session, limit: int = MAX_ABOUT) -> Sequence[Proposal]:
    """List the newest proposals about a speaker or session."""
    return db.session.scalars(
        select(Proposal)
        .where(is_about(entity))
        .order_by(Proposal.sent_at.desc(), Proposal.id.desc())
        .limit(limit)
    ).all()


def list_by_id(ids: Collection[int]) -> Sequence[Proposal]:
    """List several proposals, in the order in which their speakers and sessions are locked."""
    rows = _select_with_entities().where(Proposal.id.in_(ids))
    return db.session.scalars(rows.order_by(Proposal.speaker_id, Proposal.session_id)).all()


def list_unpublished_by_entity() -> Mapping[tuple[str, str], Sequence[Proposal]]:
    """Return the proposals accepted since the current release, by (table name, slug)."""
    frozen = (
        select(func.coalesce(Release.snapshot_at, Release.published_at))
        .join(Conference, Conference.current_release == Release.number)
        .scalar_subquery()
    )
    since = or_(frozen.is_(None), Proposal.decided_at >= frozen)
    rows = (
        _select_with_entities()
        .where(Proposal.state.in_(ACCEPTED_STATES), since)
        .order_by(Proposal.id)
    )
    by_thing: dict[tuple[str, str], list[Proposal]] = {}
    for row in db.session.scalars(rows):
        by_thing.setdefault((row.entity.__tablename__, row.entity.slug), []).append(row)
    return by_thing


def diff(entity: Speaker | Session, values: Mapping[str, Any]) -> Sequence[Change]:
    """Return the changes that these values would make in the working programme."""
    return versioned_edits.diff(get_field_set(entity), entity, values)


def _select_with_entities() -> Select[tuple[Proposal]]:
    return _join_entities(select(Proposal)).options(
        contains_eager(Proposal.speaker).joinedload(Speaker.photo),
        contains_eager(Proposal.session),
    )


def _join_entities(statement: Select[Any]) -> Select[Any]:
    return statement.outerjoin(Proposal.speaker).outerjoin(Proposal.session)


def _apply_filter(statement: Select[Any], filters: ProposalFilter) -> Select[Any]:
    for word in collation.sort_key(filters.search).split():
        places = (NAME_SORT_KEY, func.lower(Proposal.sent_by))
        statement = statement.where(
            or_(*(place.contains(word, autoescape=True) for place in places))
        )
    if filters.state:
        statement = statement.where(Proposal.state == filters.state)
    if filters.kind:
        statement = statement.where(KINDS[filters.kind].is_not(None))
    return statement
