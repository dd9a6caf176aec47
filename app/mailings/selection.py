"""Who gets a mailing and who does not, worked out by the database.

What an audience finds is one statement. Beside it stand the few people whom that does not leave
out by itself: whom an organiser has unticked, who have unsubscribed, or who have an address that
is wrong or that somebody else in the list has. Only those are loaded, so that a page takes about
as long for five thousand people as for twenty.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    LargeBinary,
    Select,
    SQLColumnExpression,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite

from app.database import db
from app.mail import suppression
from app.mail.models import SuppressedAddress
from app.mailings import recipients
from app.mailings.audiences import Candidate, PeopleQuery
from app.mailings.models import LEFT_OUT, PENDING, Mailing, MailingRecipient

# An address of these characters and of ordinary length is one to which emails can be sent. The
# others, such as those of other scripts, are few, and checked in Python.
ORDINARY_CHARACTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789.@_+-"
MAX_ORDINARY_LENGTH: Final = 63  # characters, so that no part of the address is too long
SEVERAL, SPECIAL, HASHED = "several", "special", "hashed"  # kinds of rows, beside the reasons


@dataclass(frozen=True)
class Neighbours:
    """Somebody who gets a mailing, their position from 1, and who comes before and after."""

    person: str
    position: int
    previous: str | None
    next: str | None


@dataclass(frozen=True)
class Selection:
    """Who gets a mailing, and who does not."""

    people: PeopleQuery
    total: Mapping[str, int]  # how many there are with each exclusion; "" for none
    exceptions: Mapping[str, str]  # why others get none either, by person

    @property
    def count(self) -> int:
        """How many people get it."""
        return self.total.get("", 0) - len(self.exceptions)

    @cached_property
    def reasons(self) -> Mapping[str, int]:
        """How many are left out for each reason, most first."""
        counts = {reason: number for reason, number in self.total.items() if reason}
        for reason in self.exceptions.values():
            counts[reason] = counts.get(reason, 0) + 1
        return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))

    @property
    def excluded_count(self) -> int:
        """How many are left out."""
        return sum(self.reasons.values())

    @property
    def is_included(self) -> ColumnElement[bool]:
        """The condition for those who get it."""
        included = self.people.exclusion == ""
        if self.exceptions:
            included &= self.people.person.not_in(self.exceptions)
        return included


def choose(people: PeopleQuery, deselected: Iterable[str], *, is_essential: bool) -> Selection:
    """Find out who of these people get a mailing."""
    accepted = suppression.NOT_THEIR_WISH if is_essential else suppression.REASONS
    unticked = list(deselected)
    rows = db.session.execute(_select_exceptions(people, unticked, accepted)).tuples().all()
    exceptions = {person: kind for kind, person, _ in rows if kind == recipients.DESELECTED}
    if several := [key for kind, _, key in rows if kind == SEVERAL]:
        exceptions |= _find_duplicates(people, several, exceptions)
    special = {person: address for kind, person, address in rows if kind == SPECIAL}
    if any(kind == HASHED for kind, _, _ in rows):
        special |= _load_addresses(people, exceptions)
    if special:
        exceptions |= _find_reasons(special, exceptions, is_essential=is_essential)
    return Selection(people, _count_by_exclusion(people), exceptions)


def of_stored(people: PeopleQuery, deselected: Iterable[str]) -> Selection:
    """Return the selection of recipients that are rows already: only unticking is to be added."""
    chosen = list(deselected)
    such = (*people.conditions, people.exclusion == "", people.person.in_(chosen))
    found = db.session.scalars(select(people.person).where(*such)).all() if chosen else ()
    return Selection(
        people, _count_by_exclusion(people), dict.fromkeys(found, recipients.DESELECTED)
    )


def _count_by_exclusion(people: PeopleQuery) -> Mapping[str, int]:
    found = select(people.exclusion.label("exclusion")).where(*people.conditions).subquery()
    rows = select(found.c.exclusion, func.count()).group_by(found.c.exclusion)
    return dict(db.session.execute(rows).tuples().all())


def _select_exceptions(
    people: PeopleQuery, deselected: Sequence[str], accepted: Sequence[str]
) -> CompoundSelect[Any]:
    """Select who gets none although they match, each as kind, person and address."""
    nothing, key = literal(""), _to_key(people)
    such = (*people.conditions, people.exclusion == "")
    chosen = (*such, people.person.not_in(deselected)) if deselected else such
    is_accepted = SuppressedAddress.reason.in_(accepted)
    listed = select(SuppressedAddress.address).where(is_accepted)
    is_hash = SuppressedAddress.address.startswith(suppression.ERASED)
    several = select(literal(SEVERAL), nothing, key).where(*chosen, key != "")
    parts = [
        several.group_by(key).having(func.count() > 1),
        select(literal(SPECIAL), people.person, people.address).where(
            *chosen, or_(key == "", key.in_(listed), *_list_signs_of_others(people))
        ),
        select(literal(HASHED), nothing, nothing).where(exists().where(is_hash, is_accepted)),
    ]
    if deselected:
        unticked = select(literal(recipients.DESELECTED), people.person, nothing)
        parts.append(unticked.where(*such, people.person.in_(deselected)))
    return union_all(*parts)


def _list_signs_of_others(people: PeopleQuery) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions for addresses that only Python can compare or check."""
    address, length = people.address, func.length(people.address)
    if db.engine.dialect.name == "postgresql":
        yield func.octet_length(address) != length  # another script than ASCII
    else:
        yield func.length(cast(address, LargeBinary)) != length
    if not people.has_valid_addresses:
        yield func.trim(func.lower(address), ORDINARY_CHARACTERS) != ""
        yield address.not_like("_%@_%._%")
        yield from (address.like(one) for one in ("%@%@%", "%@%..%", "%@.%", "%."))
        yield length > MAX_ORDINARY_LENGTH


def _find_duplicates(
    people: PeopleQuery, keys: Sequence[str], unticked: Collection[str]
) -> Mapping[str, str]:
    """Find all but the first person with each of these addresses."""
    key = _to_key(people)
    number = func.row_number().over(partition_by=key, order_by=people.order)
    numbered = (
        select(people.person.label("person"), number.label("number"))
        .where(*people.conditions, people.exclusion == "", people.person.not_in(unticked))
        .where(key.in_(keys))
        .subquery()
    )
    found = db.session.scalars(select(numbered.c.person).where(numbered.c.number > 1))
    return dict.fromkeys(found, recipients.SAME_ADDRESS)


def _to_key(people: PeopleQuery) -> ColumnElement[str]:
    """Return what ``recipients.to_key`` returns for an ordinary address."""
    address = people.address
    return func.lower(address if people.has_valid_addresses else func.trim(address))


def _load_addresses(people: PeopleQuery, exceptions: Collection[str]) -> Mapping[str, str]:
    """Load all addresses, where some are on the suppression list by a keyed hash alone."""
    rows = select(people.person, people.address).where(*people.conditions, people.exclusion == "")
    found = db.session.execute(rows).tuples()
    return {person: address for person, address in found if person not in exceptions}


def _find_reasons(
    addresses: Mapping[str, str], exceptions: Mapping[str, str], *, is_essential: bool
) -> Mapping[str, str]:
    """Find out in Python why some of these addresses get nothing."""
    keys = {person: recipients.to_key(address) for person, address in addresses.items()}
    listed = recipients.exclusion_reasons({*keys.values()} - {""}, is_essential=is_essential)
    found: dict[str, str] = {}
    seen: set[str] = set()
    for person, key in keys.items():
        reason = recipients.address_problem(addresses[person]) or listed.get(key, "")
        if reason or key in seen:
            found[person] = reason or recipients.SAME_ADDRESS
        elif person not in exceptions:
            seen.add(key)
    return found


def select_candidates(people: PeopleQuery) -> Select[Any]:
    """Select people as rows of ``to_candidate``."""
    columns = (people.person, people.name, people.address, people.language)
    return select(*columns, people.booking_reference, people.exclusion).where(*people.conditions)


def list_page(
    selection: Selection, search: str, *, offset: int, limit: int
) -> Sequence[tuple[Candidate, str]]:
    """List people with the reason why they get none, or "": first those who get it."""
    people = selection.people
    rows = select_candidates(people).where(*people.search(search))
    left_out = [case((selection.is_included, 0), else_=1)] if selection.excluded_count else []
    rows = rows.order_by(*left_out, *people.order).offset(offset).limit(limit)
    found = [Candidate(*row) for row in db.session.execute(rows)]
    return [(one, one.exclusion or selection.exceptions.get(one.person, "")) for one in found]


def count_by_language(selection: Selection) -> Mapping[str, int]:
    """Count those who get it by the language in which they registered."""
    people = selection.people
    such = (*people.conditions, selection.is_included)
    found = select(people.language.label("language")).where(*such).subquery()
    rows = select(found.c.language, func.count()).group_by(found.c.language)
    return dict(db.session.execute(rows).tuples().all())


def count_found(selection: Selection, search: str) -> int:
    """Count the people whom a search finds, whether they get the mailing or not."""
    if not search:
        return sum(selection.total.values())
    people = selection.people
    rows = select(func.count(people.person)).where(*people.conditions, *people.search(search))
    return db.session.scalar(rows) or 0


def list_first(selection: Selection, limit: int) -> Sequence[Candidate]:
    """List the first of those who get it."""
    rows = select_candidates(selection.people).where(selection.is_included)
    rows = rows.order_by(*selection.people.order).limit(limit)
    return [Candidate(*row) for row in db.session.execute(rows)]


def count_combinations(
    selection: Selection, conditions: Sequence[ColumnElement[bool]]
) -> Mapping[tuple[bool, ...], int]:
    """Count those who get it by which of the conditions hold for them."""
    if not conditions:
        return {(): selection.count}
    columns = [case((one, 1), else_=0).label(f"holds_{i}") for i, one in enumerate(conditions)]
    such = (*selection.people.conditions, selection.is_included)
    found = select(*columns).where(*such).subquery()
    rows = select(*found.c, func.count()).group_by(*found.c)
    return {tuple(map(bool, held)): count for *held, count in db.session.execute(rows)}


def list_first_of(
    selection: Selection, groups: Mapping[str, ColumnElement[bool]], limit: int
) -> Mapping[str, Sequence[Candidate]]:
    """List the first of those who get it for whom each condition holds."""
    people, found = selection.people, {name: list[Candidate]() for name in groups}
    if not groups:
        return found
    numbered = select_candidates(people).where(selection.is_included).order_by(*people.order)
    firsts = (
        (name, numbered.where(condition).limit(limit).subquery())
        for name, condition in groups.items()
    )
    rows = union_all(*(select(literal(name), first) for name, first in firsts))
    for name, *details in db.session.execute(rows):
        found[name].append(Candidate(*details))
    return found


def find_neighbours(selection: Selection, person: str) -> Neighbours | None:
    """Find somebody among those who get it, or else the first; None if nobody does."""
    people = selection.people
    window: dict[str, Any] = {"order_by": people.order}
    numbered = (
        select(
            people.person.label("person"),
            func.row_number().over(**window).label("position"),
            func.lag(people.person).over(**window).label("previous"),
            func.lead(people.person).over(**window).label("next"),
        )
        .where(*people.conditions, selection.is_included)
        .subquery()
    )
    wanted = or_(numbered.c.person == person, numbered.c.position == 1)
    rows = select(numbered).where(wanted).order_by(numbered.c.position.desc()).limit(1)
    found = db.session.execute(rows).first()
    return Neighbours(*found) if found else None


def store(mailing: Mailing, selection: Selection) -> None:
    """Store who gets a mailing and who does not, in one statement."""
    people = selection.people
    reason = case(
        (people.exclusion != "", people.exclusion),
        *(
            (people.person.in_(persons), literal(one))
            for one, persons in _group_by_reason(selection.exceptions).items()
        ),
        else_=literal(""),
    )
    columns: dict[str, SQLColumnExpression[Any]] = {
        "mailing_id": literal(mailing.id),
        "person": people.person,
        "name": people.name,
        "address": people.address,
        "address_key": _to_key(people),
        "language": people.language,
        "booking_reference": people.booking_reference,
        "state": case((selection.is_included, literal(PENDING)), else_=literal(LEFT_OUT)),
        "reason": reason,
    }
    left_out = case((selection.is_included, 0), else_=1)
    rows = select(*[*columns.values()]).where(*people.conditions).order_by(left_out, *people.order)
    is_postgresql = db.engine.dialect.name == "postgresql"
    statement = (postgresql.insert if is_postgresql else sqlite.insert)(MailingRecipient)
    # somebody may have taken the address of another since they were counted
    db.session.execute(statement.from_select([*columns], rows).on_conflict_do_nothing())


def _group_by_reason(exceptions: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for person, reason in exceptions.items():
        found.setdefault(reason, []).append(person)
    return found
