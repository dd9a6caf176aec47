"""Read-only queries about groups, and their erasure."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, String, case, cast, delete, func, or_, select
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from app.database import db
from app.delegates.delegate_record import search_key
from app.delegates.models import Delegate
from app.errors import Gone, NotFound, require
from app.registration.groups.models import PLACED, UNPLACED, WAITING, GroupMember, RegistrationGroup
from app.registration.waiting_list.models import WaitingListEntry
from app.text import parse_number

MAX_LIST: Final = 5_000  # groups
MEMBERS = selectinload(RegistrationGroup.members)
SIZE = (
    select(func.count(GroupMember.id))
    .outerjoin(Delegate, Delegate.id == GroupMember.delegate_id)
    .where(
        GroupMember.group_id == RegistrationGroup.id,
        GroupMember.state == PLACED,
        Delegate.cancelled_at.is_(None),
    )
    .scalar_subquery()
)
SORTS: Final[Mapping[str, tuple[Any, ...]]] = {
    "created": (RegistrationGroup.created_at.desc(), RegistrationGroup.id.desc()),
    "contact": (func.lower(RegistrationGroup.name), RegistrationGroup.id),
    "organisation": (func.lower(RegistrationGroup.organisation), RegistrationGroup.id),
    "size": (SIZE, RegistrationGroup.id),
}


class GroupRow(NamedTuple):
    """A group in the admin list."""

    group: RegistrationGroup
    size: int  # people with a place


def get_group(key: str) -> RegistrationGroup:
    """Return the group that a link opens; raise Gone if it does not exist any more."""
    found = db.session.scalar(
        select(RegistrationGroup)
        .where(RegistrationGroup.access_key == key)
        .options(*_with_people())
    )
    return require(
        found, Gone("This group has been dissolved, or its link has been replaced by a newer one")
    )


def get_by_number(number: int) -> RegistrationGroup:
    """Return the group with this number; raise NotFound if there is none."""
    found = db.session.scalar(
        select(RegistrationGroup).where(RegistrationGroup.id == number).options(*_with_people())
    )
    return require(found, NotFound("There is no such group"))


def find_by_number(number: int) -> RegistrationGroup | None:
    """Return the group with this number, or None."""
    return db.session.get(RegistrationGroup, number) if number else None


def find_contact_name(entry: WaitingListEntry) -> str:
    """Return the contact who put a group's person on the waiting list, or ""."""
    of_entry = select(RegistrationGroup.name).join(RegistrationGroup.members)
    return (
        db.session.scalar(
            of_entry.where(GroupMember.waiting_list_entry_id == entry.id, GroupMember.email != "")
        )
        or ""
    )


def _with_people() -> tuple[ExecutableOption, ...]:
    return (
        MEMBERS.joinedload(GroupMember.delegate).selectinload(Delegate.custom_answers),
        MEMBERS.joinedload(GroupMember.entry),
    )


def find_of_delegate(delegate: Delegate) -> GroupMember | None:
    """Return a delegate's membership of a group, or None."""
    return db.session.scalar(
        select(GroupMember)
        .where(GroupMember.delegate_id == delegate.id)
        .options(joinedload(GroupMember.group))
    )


def find_group(delegate: Delegate) -> RegistrationGroup | None:
    """Return the group of a delegate, or None."""
    member = find_of_delegate(delegate)
    return member.group if member else None


def list_by_email(email: str) -> Sequence[RegistrationGroup]:
    """List the groups whose contact has this email address."""
    own = func.lower(RegistrationGroup.email) == email.lower()
    return db.session.scalars(
        select(RegistrationGroup).where(own).order_by(RegistrationGroup.id)
    ).all()


def list_page(  # noqa: PLR0913 - search, filter, order and page
    search: str, lacks: str, sort: str, *, is_reversed: bool, offset: int, limit: int
) -> tuple[Sequence[GroupRow], int]:
    """Return a page of groups, and their total number."""
    such = _list_conditions(search, lacks)
    total = db.session.scalar(select(func.count(RegistrationGroup.id)).where(*such)) or 0
    order = (
        [one.desc() for one in SORTS[sort]] if is_reversed and sort != "created" else SORTS[sort]
    )
    # count only the members of groups on this page
    page = select(RegistrationGroup.id).where(*such).order_by(*order).offset(offset).limit(limit)
    rows = select(RegistrationGroup, SIZE).where(RegistrationGroup.id.in_(page)).order_by(*order)
    found = db.session.execute(rows).tuples()
    return [GroupRow(group, size or 0) for group, size in found], total


def _list_conditions(search: str, lacks: str) -> list[ColumnElement[bool]]:
    words = search_key(search).split()
    found = [RegistrationGroup.search_text.contains(word, autoescape=True) for word in words]
    if lacks:
        state = {"waiting": WAITING, "unplaced": UNPLACED}[lacks]
        lacking = select(GroupMember.group_id).where(GroupMember.state == state)
        found.append(RegistrationGroup.id.in_(lacking))
    return found


def select_choices() -> Select[tuple[str, str]]:
    """Select the numbers and titles of all groups, for a filter."""
    title = case(
        (RegistrationGroup.organisation != "", RegistrationGroup.organisation),
        else_=RegistrationGroup.name,
    )
    return select(cast(RegistrationGroup.id, String), title)


def is_of_group(number: str) -> ColumnElement[bool]:
    """Return the condition that a delegate belongs to the group with a number."""
    wanted = parse_number(number) or 0
    return Delegate.id.in_(
        select(GroupMember.delegate_id).where(
            GroupMember.group_id == wanted, GroupMember.delegate_id.is_not(None)
        )
    )


def lock_of_delegates(delegates: Sequence[Delegate]) -> None:
    """Lock the group data of people who are to be erased, before their bookings.

    This is the order of leaving or dissolving a group: the group, its people, the booking.
    """
    addresses = [one.email.lower() for one in delegates if one.email]
    own = func.lower(RegistrationGroup.email).in_(addresses)
    listed = _has_any_of([one.id for one in delegates])
    for model, condition in ((RegistrationGroup, own), (GroupMember, listed)):
        rows = select(model.id).where(condition).order_by(model.id)
        db.session.execute(rows.with_for_update()).all()


def erase_delegate(delegate: Delegate) -> None:
    """Delete the group data of an erased person.

    A group whose contact they were is dissolved if no one else belongs to it any more.
    """
    own = [one for one in list_by_email(delegate.email) if delegate.email]
    db.session.execute(delete(GroupMember).where(_has_any_of([delegate.id])))
    for group in own:
        db.session.expire(group, ["members"])
        if not any(one.is_present for one in group.members):
            db.session.delete(group)


def _has_any_of(numbers: Collection[int]) -> ColumnElement[bool]:
    """Return the condition that a person has one of these bookings.

    For a place just accepted from the waiting list only the entry has the booking
    (``link_accepted``).
    """
    taken = select(WaitingListEntry.id).where(WaitingListEntry.delegate_id.in_(numbers))
    is_taken = GroupMember.waiting_list_entry_id.in_(taken)
    return or_(GroupMember.delegate_id.in_(numbers), is_taken)


def link_accepted() -> None:
    """Link people who accepted a place from the waiting list to their booking; run by the worker.

    The waiting list deletes them a month later. Members of groups are locked before any is changed,
    as in cancelling or leaving, and then their bookings.
    """
    known = select(GroupMember.delegate_id).where(GroupMember.delegate_id.is_not(None))
    accepted = (
        select(GroupMember, WaitingListEntry.delegate_id)
        .join(WaitingListEntry, WaitingListEntry.id == GroupMember.waiting_list_entry_id)
        .where(
            GroupMember.state == WAITING,
            WaitingListEntry.delegate_id.is_not(None),
            WaitingListEntry.delegate_id.not_in(known),
        )
        .order_by(GroupMember.id)
        .with_for_update(of=GroupMember)
    )
    found = db.session.execute(accepted).tuples().all()
    bookings = select(Delegate.id).where(Delegate.id.in_([number for _, number in found]))
    bookings = bookings.order_by(Delegate.id).with_for_update(read=True, key_share=True)
    db.session.execute(bookings).all()
    for member, number in found:
        member.state, member.delegate_id, member.waiting_list_entry_id = PLACED, number, None


def delete_all() -> None:
    """Delete every group; bookings are erased separately.

    Like every change of a group, this locks the group first, then its people.
    """
    for model in (RegistrationGroup, GroupMember):
        db.session.execute(select(model.id).order_by(model.id).with_for_update()).all()
    db.session.execute(delete(GroupMember))
    db.session.execute(delete(RegistrationGroup))
