"""Who gets a mailing and who is excluded, computed by the database.

The people of an audience are one statement. It is combined with the few exceptions that it does not
exclude itself: people whom an organiser deselected, who have unsubscribed, or whose address is
invalid or belongs to another recipient. Only these are loaded, so that a page takes about as long
for five thousand people as for twenty.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    FromClause,
    LargeBinary,
    Select,
    SQLColumnExpression,
    String,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite

from app.database import db
from app.mail import suppression
from app.mail.models import SuppressedAddress
from app.mailings import recipients
from app.mailings.audiences import PeopleQuery
from app.mailings.models import LEFT_OUT, PENDING, Mailing, MailingRecipient

# An address of these characters and of ordinary length can get emails. The others, such as those in
# other scripts, are few, and checked in Python.
ORDINARY_CHARACTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789.@_+-"
MAX_ORDINARY_LENGTH: Final = 63  # characters, so that no part of the address can be too long
# kinds of rows, besides the reasons
TOTAL, SEVERAL, SPECIAL, HASHED = "total", "several", "special", "hashed"


@dataclass(frozen=True)
class Selection:
    """Who gets a mailing, and who is excluded."""

    people: PeopleQuery
    total: Mapping[str, int]  # the number of people with each exclusion; "" for none
    exceptions: Mapping[str, str]  # why others are excluded, by person

    @property
    def count(self) -> int:
        """The number of recipients."""
        return self.total.get("", 0) - len(self.exceptions)

    @cached_property
    def reasons(self) -> Mapping[str, int]:
        """The number of excluded people by reason, highest first."""
        counts = {reason: number for reason, number in self.total.items() if reason}
        for reason in self.exceptions.values():
            counts[reason] = counts.get(reason, 0) + 1
        return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))

    @property
    def excluded_count(self) -> int:
        """The number of excluded people."""
        return sum(self.reasons.values())

    @property
    def is_included(self) -> ColumnElement[bool]:
        """The condition for recipients."""
        included = self.people.exclusion == ""
        if self.exceptions:
            included &= self.people.person.not_in(self.exceptions)
        return included


def choose(people: PeopleQuery, deselected: Iterable[str], *, is_essential: bool) -> Selection:
    """Select the recipients among these people."""
    accepted = suppression.NOT_THEIR_WISH if is_essential else suppression.REASONS
    unticked = list(deselected)
    rows = db.session.execute(_select_kinds(people, unticked, accepted)).tuples().all()
    total = {exclusion: int(number) for kind, exclusion, number in rows if kind == TOTAL}
    exceptions = {person: kind for kind, person, _ in rows if kind == recipients.DESELECTED}
    if several := [key for kind, _, key in rows if kind == SEVERAL]:
        exceptions |= _find_duplicates(people, several, exceptions)
    special = {person: address for kind, person, address in rows if kind == SPECIAL}
    if any(kind == HASHED for kind, _, _ in rows):
        special |= _load_addresses(people, exceptions)
    if special:
        exceptions |= _find_reasons(special, exceptions, is_essential=is_essential)
    return Selection(people, total, exceptions)


def of_stored(people: PeopleQuery, deselected: Iterable[str]) -> Selection:
    """Return the selection of stored recipients, to which only deselected ones are added."""
    chosen = list(deselected)
    conditions = (*people.conditions, people.exclusion == "", people.person.in_(chosen))
    found = db.session.scalars(select(people.person).where(*conditions)).all() if chosen else ()
    return Selection(
        people, _count_by_exclusion(people), dict.fromkeys(found, recipients.DESELECTED)
    )


def _count_by_exclusion(people: PeopleQuery) -> Mapping[str, int]:
    found = select(people.exclusion.label("exclusion")).where(*people.conditions).subquery()
    rows = select(found.c.exclusion, func.count()).group_by(found.c.exclusion)
    return dict(db.session.execute(rows).tuples().all())


def _select_kinds(
    people: PeopleQuery, deselected: Sequence[str], accepted: Sequence[str]
) -> CompoundSelect[Any]:
    """Select the counts, and the exceptions among those who match: kind, and two texts."""
    columns = {
        "person": people.person,
        "address": people.address if people.key is None else people.key,
        "key": _to_key(people),
        "exclusion": people.exclusion,
    }
    rows = select(*[column.label(name) for name, column in columns.items()])
    found = _find_people(people, rows).c
    nothing, is_included = literal(""), found.exclusion == ""
    is_ticked = found.person.not_in(deselected) if deselected else true()
    is_any = {*accepted} == {*suppression.REASONS}  # then an index of addresses is enough
    is_accepted = [] if is_any else [SuppressedAddress.reason.in_(accepted)]
    listed = select(SuppressedAddress.address).where(*is_accepted)
    signs = _list_signs_of_others(found.address, is_valid=people.has_valid_addresses)
    is_special = or_(found.key == "", found.key.in_(listed), *signs)
    number = cast(func.count(), String)
    parts: list[Select[Any]] = [  # most have no exclusion, and need not be sorted to be counted
        select(literal(TOTAL), nothing, number).where(is_included),
        select(literal(TOTAL), found.exclusion, number)
        .where(found.exclusion != "")
        .group_by(found.exclusion),
        select(literal(SEVERAL), nothing, found.key)
        .where(is_included, is_ticked, found.key != "", *_list_signs_of_several(people, found.key))
        .group_by(found.key)
        .having(func.count() > 1),
        select(literal(SPECIAL), found.person, found.address).where(
            is_included, is_ticked, is_special
        ),
        select(literal(HASHED), nothing, nothing).where(exists().where(_is_hash(), *is_accepted)),
    ]
    if deselected:
        unticked = select(literal(recipients.DESELECTED), found.person, nothing)
        parts.append(unticked.where(is_included, found.person.in_(deselected)))
    return union_all(*parts)


def _find_people(people: PeopleQuery, rows: Select[Any]) -> FromClause:
    """Return the matching people, for all parts of a statement.

    They are read once for all parts. If an index covers everything the parts read, each part reads
    the index instead, which is faster than materialising the people first.
    """
    if people.key is not None and not people.conditions:
        return rows.subquery("found")
    return rows.where(*people.conditions).cte("found").prefix_with("MATERIALIZED")


def _list_signs_of_several(
    people: PeopleQuery, key: SQLColumnExpression[str]
) -> Iterator[ColumnElement[bool]]:
    """Yield the condition that an address is shared, if an index can tell.

    Most addresses belong to one person, and need not be sorted to find that out.
    """
    if people.key is not None:
        shared = select(people.key).group_by(people.key).having(func.count() > 1)
        yield key.in_(shared)


def _is_hash() -> ColumnElement[bool]:
    """Return the condition that only a keyed hash of an address remains.

    SQLite finds these by an index of addresses in binary order; PostgreSQL may have another
    collation.
    """
    address = SuppressedAddress.address
    if db.engine.dialect.name == "postgresql":
        return address.startswith(suppression.ERASED)
    return (address > suppression.ERASED) & (address < suppression.AFTER_ERASED)


def _list_signs_of_others(
    address: SQLColumnExpression[str], *, is_valid: bool
) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions for addresses that only Python can compare or validate."""
    length = func.length(address)
    if db.engine.dialect.name == "postgresql":
        yield func.octet_length(address) != length  # not only ASCII
    else:
        yield func.length(cast(address, LargeBinary)) != length
    if not is_valid:
        yield func.trim(func.lower(address), ORDINARY_CHARACTERS) != ""
        yield address.not_like("_%@_%._%")
        yield from (address.like(one) for one in ("%@%@%", "%@%..%", "%@.%", "%."))
        yield length > MAX_ORDINARY_LENGTH


def _find_duplicates(
    people: PeopleQuery, keys: Sequence[str], unticked: Collection[str]
) -> Mapping[str, str]:
    """Find all people with one of these addresses, except the first with each."""
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


def _to_key(people: PeopleQuery) -> SQLColumnExpression[str]:
    """Return the SQL equivalent of ``recipients.to_key`` for an ordinary address."""
    address = people.address
    if people.key is not None:
        return people.key
    return func.lower(address if people.has_valid_addresses else func.trim(address))


def _load_addresses(people: PeopleQuery, exceptions: Collection[str]) -> Mapping[str, str]:
    """Load all addresses, if the suppression list contains keyed hashes."""
    rows = select(people.person, people.address).where(*people.conditions, people.exclusion == "")
    found = db.session.execute(rows).tuples()
    return {person: address for person, address in found if person not in exceptions}


def _find_reasons(
    addresses: Mapping[str, str], exceptions: Mapping[str, str], *, is_essential: bool
) -> Mapping[str, str]:
    """Find the reasons, in Python, why some of these addresses are excluded."""
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


def store(mailing: Mailing, selection: Selection) -> None:
    """Store the recipients and the excluded people, in one statement."""
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
    # addresses may have changed hands since they were counted
    db.session.execute(statement.from_select([*columns], rows).on_conflict_do_nothing())


def _group_by_reason(exceptions: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for person, reason in exceptions.items():
        found.setdefault(reason, []).append(person)
    return found
