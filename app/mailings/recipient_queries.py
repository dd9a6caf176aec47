"""Read-only queries about recipients of mailings: pages of people, counts, and neighbours."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Label,
    ScalarSelect,
    Select,
    case,
    func,
    literal,
    select,
    tuple_,
    union_all,
)

from app.database import db
from app.mailings.audiences import Candidate, PeopleQuery
from app.mailings.recipient_selection import Selection


@dataclass(frozen=True)
class Neighbours:
    """A recipient of a mailing, their position from 1, and the recipients before and after."""

    person: str
    position: int
    previous: str | None
    next: str | None


def select_candidates(people: PeopleQuery) -> Select[Any]:
    """Select people as rows of ``to_candidate``."""
    columns = (people.person, people.name, people.address, people.language)
    return select(*columns, people.booking_reference, people.exclusion).where(*people.conditions)


def list_page(
    selection: Selection, search: str, *, offset: int, limit: int
) -> Sequence[tuple[Candidate, str]]:
    """List people with the reason why they are excluded, or "": recipients first."""
    people = selection.people
    rows = select_candidates(people).where(*people.search(search))
    left_out = [case((selection.is_included, 0), else_=1)] if selection.excluded_count else []
    rows = rows.order_by(*left_out, *people.order).offset(offset).limit(limit)
    found = [Candidate(*row) for row in db.session.execute(rows)]
    return [
        (candidate, candidate.exclusion or selection.exceptions.get(candidate.person, ""))
        for candidate in found
    ]


def count_by_language(selection: Selection) -> Mapping[str, int]:
    """Count the recipients by the language in which they registered."""
    people = selection.people
    conditions = (*people.conditions, selection.is_included)
    found = select(people.language.label("language")).where(*conditions).subquery()
    rows = select(found.c.language, func.count()).group_by(found.c.language)
    return dict(db.session.execute(rows).tuples().all())


def count_found(selection: Selection, search: str) -> int:
    """Count the people whom a search matches, excluded or not."""
    if not search:
        return sum(selection.total.values())
    people = selection.people
    rows = select_candidates(people).where(*people.search(search))
    number = rows.with_only_columns(func.count(), maintain_column_froms=True)
    return db.session.scalar(number) or 0


def list_first(selection: Selection, limit: int) -> Sequence[Candidate]:
    """List the first recipients."""
    rows = select_candidates(selection.people).where(selection.is_included)
    rows = rows.order_by(*selection.people.order).limit(limit)
    return [Candidate(*row) for row in db.session.execute(rows)]


def count_combinations(
    selection: Selection, conditions: Sequence[ColumnElement[bool]]
) -> Mapping[tuple[bool, ...], int]:
    """Count the recipients by which of the conditions they meet."""
    if not conditions:
        return {(): selection.count}
    columns = [case((one, 1), else_=0).label(f"holds_{i}") for i, one in enumerate(conditions)]
    where = (*selection.people.conditions, selection.is_included)
    found = select(*columns).where(*where).subquery()
    rows = select(*found.c, func.count()).group_by(*found.c)
    return {tuple(map(bool, held)): count for *held, count in db.session.execute(rows)}


def list_first_of(
    selection: Selection, groups: Mapping[str, ColumnElement[bool]], limit: int
) -> Mapping[str, Sequence[Candidate]]:
    """List the first recipients who meet each condition."""
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
    """Find a person among the recipients, by default the first; None if there are none.

    Their neighbours are found from their sort key, which an index on the order does without
    numbering all recipients.
    """
    people = selection.people
    included = (*people.conditions, selection.is_included)
    order = [*enumerate(people.order)]
    keys: list[Label[Any]] = [one.label(f"key_{number}") for number, one in order]
    wanted = select(people.person.label("person"), *keys).where(*included)
    asked_first = [(people.person == person).desc()] if person else []  # it would look at everyone
    wanted = wanted.order_by(*asked_first, *people.order).limit(1)
    place = wanted.cte("place")
    sort_key, place_key = tuple_(*people.order), tuple_(*(place.c[key.name] for key in keys))

    def find(*conditions: ColumnElement[bool], order: Iterable[Any]) -> ScalarSelect[str]:
        found = select(people.person).where(*included, *conditions).order_by(*order).limit(1)
        return found.correlate(place).scalar_subquery()

    before = (
        select(func.count(people.person)).where(*included, sort_key < place_key).correlate(place)
    )
    row = db.session.execute(
        select(
            place.c.person,
            before.scalar_subquery() + 1,
            find(sort_key < place_key, order=(one.desc() for one in people.order)),
            find(sort_key > place_key, order=people.order),
        )
    ).first()
    return Neighbours(*row) if row else None
