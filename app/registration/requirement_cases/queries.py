"""Read-only queries about cases of requirements, without those of cancelled bookings."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, literal, select

from app.accounts import queries as accounts
from app.accounts.models import Person
from app.database import db
from app.delegates import requirement_texts
from app.delegates.delegate_record import search_key
from app.delegates.models import Delegate
from app.delegates.queries import ATTENDING
from app.delegates.requirement_models import (
    ARRANGED,
    SUBJECT_SUFFIX,
    TYPES,
    UNFINISHED,
    RequirementCase,
)
from app.errors import NotFound
from app.history.models import HistoryEntry

ALL, UNREAD = "all", "replied"  # besides the states; "" means unfinished
MINE, NOBODY = "me", "nobody"
OVERDUE, THIS_WEEK, NO_DATE = "overdue", "week", "none"
A_WEEK = timedelta(days=7)
NO_CASE = "This requirement no longer exists, or its booking has been cancelled"
IS_UNFINISHED = RequirementCase.state.in_(UNFINISHED)
HAS_UNREAD_REPLY = RequirementCase.has_unread_reply.is_(True)
HISTORY_SUBJECTS = select(  # the audit log subjects of a delegate's requirements
    RequirementCase.type + literal(SUBJECT_SUFFIX) + RequirementCase.key
).where(RequirementCase.delegate_id == bindparam("delegate_id"))
OF_ATTENDING = RequirementCase.delegate_id.in_(select(Delegate.id).where(ATTENDING))
HAS_OPEN_CASE = ATTENDING & Delegate.id.in_(
    select(RequirementCase.delegate_id).where(IS_UNFINISHED)
)


@dataclass(frozen=True)
class OpenedCase:
    """A case with its texts, its delegate, and its owner."""

    row: RequirementCase
    delegate: Delegate
    owner: str  # an email address, or ""

    def read(self, column: str) -> str:
        """Decrypt a text; it stays encrypted if that fails."""
        return requirement_texts.read(self.row, self.delegate.reference, column)

    @property
    def kind(self) -> str:
        """The requirement: one of the kinds of its type, or WORDS."""
        return self.read("kind")

    @property
    def answer(self) -> str:
        """The organisers' answer."""
        return self.read("answer")

    @property
    def reply(self) -> str:
        """The delegate's reply."""
        return self.read("reply")

    @property
    def words(self) -> str:
        """The delegate's own words at registration."""
        return requirement_texts.read_words(self.row, self.delegate)

    @property
    def can_be_marked(self) -> bool:
        """Whether it can be marked as arranged without opening it, which a new reply prevents."""
        return self.row.state != ARRANGED and not self.row.has_unread_reply

    def is_overdue(self, today: date) -> bool:
        """Return True if it is due before today."""
        due = self.row.due_on
        return due is not None and due < today and self.row.is_unfinished


@dataclass(frozen=True)
class CaseFilter:
    """Which cases a list shows; an empty value does not filter."""

    type: str
    today: date
    search: str = ""
    state: str = ""  # "": unfinished cases
    owner: str = ""  # MINE, NOBODY or the id of a person
    due: str = ""
    person_id: int | None = None  # the current user


def list_page(wanted: CaseFilter, *, offset: int, limit: int) -> tuple[Sequence[OpenedCase], int]:
    """List a page of the cases, overdue and next due first, and count all that match."""
    conditions = _list_conditions(wanted)
    rows = db.session.execute(_select_cases(*conditions).offset(offset).limit(limit)).all()
    total = db.session.scalar(
        select(func.count())
        .select_from(RequirementCase)
        .join(Delegate, Delegate.id == RequirementCase.delegate_id)
        .where(*conditions)
    )
    return [OpenedCase(row, delegate, owner or "") for row, delegate, owner in rows], total or 0


def list_by_keys(type_name: str, keys: Collection[str]) -> Sequence[OpenedCase]:
    """List the cases of this type with these keys, in the order of the list."""
    chosen = (ATTENDING, RequirementCase.type == type_name, RequirementCase.key.in_(keys))
    rows = db.session.execute(_select_cases(*chosen)).all()
    return [OpenedCase(row, delegate, owner or "") for row, delegate, owner in rows]


def _select_cases(
    *conditions: ColumnElement[bool],
) -> Select[tuple[RequirementCase, Delegate, str]]:
    """Select cases with their delegates and owners, overdue and next due first."""
    done_last = case((IS_UNFINISHED, 0), else_=1)
    undated_last = case((RequirementCase.due_on.is_(None), 1), else_=0)
    return (
        select(RequirementCase, Delegate, Person.email)
        .join(Delegate, Delegate.id == RequirementCase.delegate_id)
        .outerjoin(Person, Person.id == RequirementCase.owner_id)
        .where(*conditions)
        .order_by(done_last, undated_last, RequirementCase.due_on, RequirementCase.id)
    )


def _list_conditions(wanted: CaseFilter) -> Sequence[ColumnElement[bool]]:
    words = search_key(wanted.search).split()
    return (
        ATTENDING,
        RequirementCase.type == wanted.type,
        *(Delegate.search_text.contains(word, autoescape=True) for word in words),
        *_match_state(wanted.state),
        *_match_owner(wanted),
        *_match_due(wanted),
    )


def _match_state(state: str) -> Sequence[ColumnElement[bool]]:
    if state == ALL:
        return ()
    if state == UNREAD:
        return (HAS_UNREAD_REPLY,)
    return (RequirementCase.state == state if state else IS_UNFINISHED,)


def _match_owner(wanted: CaseFilter) -> Sequence[ColumnElement[bool]]:
    if not wanted.owner:
        return ()
    if wanted.owner == NOBODY:
        return (RequirementCase.owner_id.is_(None),)
    number = wanted.person_id if wanted.owner == MINE else int(wanted.owner)
    return (RequirementCase.owner_id == number,)


def _match_due(wanted: CaseFilter) -> Sequence[ColumnElement[bool]]:
    by_name = {
        OVERDUE: and_(RequirementCase.due_on < wanted.today, IS_UNFINISHED),
        THIS_WEEK: RequirementCase.due_on.between(wanted.today, wanted.today + A_WEEK),
        NO_DATE: RequirementCase.due_on.is_(None),
    }
    return (by_name[wanted.due],) if wanted.due else ()


def get_case(type_name: str, key: str) -> OpenedCase:
    """Return a case of this type of an active delegate; raise NotFound if there is none."""
    found = list_by_keys(type_name, [key])
    if not found:
        raise NotFound(NO_CASE)
    return found[0]


def map_of_delegate(delegate: Delegate) -> Mapping[str, Sequence[OpenedCase]]:
    """Return the cases of a delegate by type, without types that have none."""
    cases = list_of_delegate(delegate)
    by_type = {name: [opened for opened in cases if opened.row.type == name] for name in TYPES}
    return {name: found for name, found in by_type.items() if found}


def list_of_delegate(delegate: Delegate) -> Sequence[OpenedCase]:
    """List the cases of a delegate, in the order of creation."""
    return [
        OpenedCase(requirement_case, delegate, "")
        for requirement_case in sorted(delegate.requirement_cases, key=lambda row: row.id)
    ]


def get_of_delegate(delegate: Delegate, type_name: str, key: str) -> OpenedCase:
    """Return a case of this delegate; raise NotFound if none has this type and key."""
    cases = map_of_delegate(delegate).get(type_name, ())
    found = [opened for opened in cases if opened.row.key == key]
    if not found:
        raise NotFound(NO_CASE)
    return found[0]


def list_possible_owners(roles: frozenset[str]) -> Sequence[Person]:
    """List the team members with these roles, by address."""
    return [member for member in accounts.list_team() if member.role in roles]


def was_viewed_since(subject: str, summary: str, actor: str, since: datetime) -> bool:
    """Return True if the audit log has an access since then."""
    looked = select(HistoryEntry.id).where(
        HistoryEntry.subject == subject,
        HistoryEntry.summary == summary,
        HistoryEntry.actor == actor,
        HistoryEntry.happened_at > since,
    )
    return db.session.scalar(looked.limit(1)) is not None


def count_unfinished(type_name: str) -> ColumnElement[int]:
    """Return the subquery that counts the unfinished cases."""
    return _count(type_name, IS_UNFINISHED)


def count_unread(type_name: str) -> ColumnElement[int]:
    """Return the subquery that counts the cases with a new reply."""
    return _count(type_name, HAS_UNREAD_REPLY)


def _count(type_name: str, such: ColumnElement[bool]) -> ColumnElement[int]:
    conditions = (OF_ATTENDING, RequirementCase.type == type_name, such)
    counted = select(func.count()).select_from(RequirementCase).where(*conditions)
    return counted.scalar_subquery()
