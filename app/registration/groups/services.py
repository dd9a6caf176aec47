"""Operations on a registered group, by its contact, its people and the desk.

The contact cancels, renames and adds by the desk's rules. Locks are taken in the global order: the
limits first, then the group, then the person.
"""

from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import select

from app import clock
from app.accounts import rate_limits
from app.accounts.rate_limits import Attempt
from app.database import db
from app.delegates import delegate_record
from app.delegates.answer_json import Answers, full_name, load_answers
from app.delegates.fields import BADGE_NAME, EMAIL
from app.delegates.models import CONFERENCE, Delegate
from app.errors import NotFound, RateLimitExceeded, RuleViolation, require
from app.history import services as history
from app.mail.addresses import is_same_address
from app.registration import address_limits, emails, seats
from app.registration import queries as registration
from app.registration.bookings import operations
from app.registration.bookings import queries as bookings
from app.registration.create_booking import lock_category
from app.registration.desk import services as desk
from app.registration.groups import draft as drafts
from app.registration.groups import emails as group_emails
from app.registration.groups import register_group
from app.registration.groups.draft import MAX_PEOPLE
from app.registration.groups.models import (
    CANCELLED,
    LEFT,
    PLACED,
    UNPLACED,
    GroupMember,
    RegistrationGroup,
)
from app.registration.waiting_list import services as waiting_list
from app.row_locks import lock_row
from app.text import count_of

ACTOR_CONTACT = "contact of the group"  # in the history, which identifies no one
NO_PLACE = "This person no longer has a place in the group"
RENAMED = ("given_names", "family_name", BADGE_NAME)


class AlreadyInGroup(RuleViolation):
    """A person already belongs to a group."""


class _SentJustNow(RateLimitExceeded):
    """The person was sent their link a moment ago."""


def get_member(group: RegistrationGroup, number: int) -> GroupMember:
    """Return the person of a group with this number; raise NotFound if there is none."""
    found = next((one for one in group.members if one.id == number), None)
    return require(found, NotFound("This person does not belong to the group"))


def can_add(group: RegistrationGroup) -> bool:
    """Return True while people can be added to the group."""
    return sum(one.is_present for one in group.members) < MAX_PEOPLE


def add_person(group: RegistrationGroup, person: Answers, *, ip_address: str | None) -> GroupMember:
    """Register one more person with the group.

    Raise SoldOut if there is no place, CategoryGone or RateLimitExceeded.
    """
    register_group.require_open(registration.get_registration_status().state)
    answers = drafts.complete(person, load_answers(group.shared), group.email)
    fault = register_group.find_fault(answers)
    if fault:
        raise RuleViolation(fault)
    email = person.get(EMAIL, "")
    own = [address_limits.build_registration_attempt(email)] if email else []
    rate_limits.hit_all(*_list_attempts(group, email, ip_address), *own)
    prepared = register_group.prepare_person(group, person, answers)
    seats.lock_limits(prepared.limits)
    lock_category(prepared.delegate.category_id)
    _lock(group)
    if not can_add(group):
        raise RuleViolation(f"A group can have up to {MAX_PEOPLE} people")
    key = drafts.get_identity(person, group.email)
    if key in {delegate_record.identity_key(one.name, _get_email(one)) for one in _present(group)}:
        raise AlreadyInGroup("This person is already in the group")
    member = register_group.place(group, prepared, is_needed=False)
    if member.state == UNPLACED:
        raise seats.SoldOut("All places are taken")
    register_group.end_waits([member])
    db.session.flush()
    with suppress(_SentJustNow):  # of a former member: SQLite uses numbers again
        rate_limits.hit_all(_build_link_attempt(member))
    group_emails.send_group_changed(group, member.name, "added")
    _record(group, "A person was added", ACTOR_CONTACT)
    return member


def cancel(member: GroupMember) -> None:
    """Remove a person from the group for its contact; their place is free at once.

    A person who is only listed, because they had their own booking, keeps it.
    """
    seats.lock_limit(CONFERENCE)
    _lock_member(member)
    if not member.is_present:
        raise RuleViolation(NO_PLACE)
    delegate = _find_booking(member)
    if delegate is not None:
        released = operations.cancel(delegate, actor=ACTOR_CONTACT)
        emails.send_booking_cancelled(delegate, released=released)
    elif member.entry is not None:
        waiting_list.leave(member.entry)
    member.state, member.entry = CANCELLED, None
    _record(member.group, "A place was cancelled", ACTOR_CONTACT)


def can_rename(member: GroupMember) -> bool:
    """Return True for everyone in the group who has a place.

    The result must not reveal to the contact whether a person had a booking before, or has opened
    theirs.
    """
    return member.current_state == PLACED


def rename(member: GroupMember, answers: Answers, *, ip_address: str | None) -> None:
    """Change a person's name in the list, and in their booking until they have opened it.

    The contact sees no difference. Raise AlreadyInGroup or RateLimitExceeded.
    """
    rate_limits.hit_all(*_list_attempts(member.group, member.email, ip_address))
    _lock_member(member)  # before the booking, as in cancelling
    if not can_rename(member):
        raise RuleViolation(NO_PLACE)
    name = full_name(answers)
    others = [one for one in _present(member.group) if one is not member]
    key = delegate_record.identity_key(name, _get_email(member))
    if key in {delegate_record.identity_key(one.name, _get_email(one)) for one in others}:
        raise AlreadyInGroup("This person is already in the group")
    member.name = name
    if member.delegate is not None:
        _rename_booking(member.delegate, answers)


def _rename_booking(delegate: Delegate, answers: Answers) -> None:
    """Change the name in an unopened booking; a custom badge name may stay."""
    operations.lock(delegate)
    if not delegate.is_attending or not bookings.is_unopened(delegate):
        return
    own_badge = "" if delegate.badge_name == delegate.full_name else delegate.badge_name
    names = {name: answers.get(name, "") for name in RENAMED}
    names[BADGE_NAME] = names[BADGE_NAME] or own_badge
    try:
        changed = operations.update(
            delegate, names, expected_version=delegate.version, actor=ACTOR_CONTACT
        )
    except operations.DuplicateBooking:  # which the contact must not learn
        operations.record(delegate, "Not renamed: another booking has this name", ACTOR_CONTACT)
        changed = ()
    if changed:
        emails.send_booking_changed(delegate, changed)
    register_group.add_unopened(delegate)


def send_link(member: GroupMember, *, ip_address: str | None) -> bool:
    """Send a person their ticket and link again; return False if that was just done.

    A person who is only listed gets nothing, and the contact sees no difference: the interval
    depends on the group only. Raise RateLimitExceeded.
    """
    if not member.is_present:
        raise RuleViolation(NO_PLACE)
    if clock.now() - member.group.created_at < desk.RESEND_INTERVAL:
        return False
    others = _list_attempts(member.group, member.email, ip_address)
    try:
        rate_limits.hit_all(_build_link_attempt(member), *others)
    except _SentJustNow:
        return False
    if member.delegate is not None:
        desk.send_status_again(member.delegate, actor=ACTOR_CONTACT)
    return True


def _build_link_attempt(member: GroupMember) -> Attempt:
    return Attempt.by_actor(
        "link of a group",
        str(member.id),
        times=1,
        within=desk.RESEND_INTERVAL,
        refusal=_SentJustNow,
    )


def _list_attempts(
    group: RegistrationGroup, email: str, ip_address: str | None
) -> Sequence[Attempt]:
    """Return the attempts that an email to a person in a group counts as.

    The contact's own address is verified, since they have opened the link sent to it.
    """
    network = Attempt.from_network(rate_limits.GROUP_CHANGE, ip_address)
    if not email or is_same_address(email, group.email):
        return [network]
    return [network, address_limits.build_email_attempt(email)]


def leave(delegate: Delegate, member: GroupMember) -> None:
    """Let a person leave a group and keep their booking; the contact is notified."""
    group = member.group
    _lock_member(member)
    operations.lock(delegate)
    if member.delegate_id != delegate.id:
        raise RuleViolation("You have already left the group")
    _send_own_confirmation(member)
    member.delegate, member.email, member.state = None, "", LEFT
    operations.record(delegate, "Left the group", history.ACTOR_DELEGATE)
    db.session.flush()
    group_emails.send_group_changed(group, member.name, "left")


def make(
    contact: Answers, references: Sequence[str], language: str, *, actor: str
) -> RegistrationGroup:
    """Create a group from bookings; its contact gets the link."""
    delegates = _list_attending(references)
    group = register_group.build_group(contact, {}, language)
    for one in delegates:
        email = "" if is_same_address(one.email, group.email) else one.email
        group.members.append(
            GroupMember(name=one.full_name, email=email, state=PLACED, delegate=one)
        )
    db.session.add(group)
    db.session.flush()
    for one in delegates:
        operations.record(one, "Put into a group", actor)
    _record(group, f"Created from {count_of(len(delegates), 'booking')}", actor)
    group_emails.send_group_registered(group)
    return group


def _list_attending(references: Sequence[str]) -> Sequence[Delegate]:
    """Lock the delegates with these references; raise RuleViolation listing invalid ones."""
    wanted = list(dict.fromkeys(references))
    if not 0 < len(wanted) <= MAX_PEOPLE:
        raise RuleViolation(f"Enter 1 to {MAX_PEOPLE} booking references")
    ids = db.session.scalars(select(Delegate.id).where(Delegate.reference.in_(wanted))).all()
    found = {one.reference: one for one in operations.lock_in_order(ids) if one.is_attending}
    missing = [one for one in wanted if one not in found]
    if missing:
        raise RuleViolation(f"There is no booking with a place for {', '.join(missing)}")
    ids = [one.id for one in found.values()]
    taken = db.session.scalars(select(GroupMember).where(GroupMember.delegate_id.in_(ids))).all()
    if taken:
        names = ", ".join(sorted(one.delegate.reference for one in taken if one.delegate))
        raise AlreadyInGroup(f"Already in a group: {names}")
    return [found[one] for one in wanted]


def send_group_link(group: RegistrationGroup, *, actor: str) -> None:
    """Send the contact who has a place, with the link to the group."""
    _record(group, "The link to the group was sent again", actor)
    group_emails.send_group_registered(group)


def dissolve(group: RegistrationGroup, *, actor: str) -> None:
    """Delete a group with the details of its contact; everyone keeps their booking."""
    _lock(group)
    for one in group.members:
        if one.delegate is not None:
            operations.record(one.delegate, "The group was dissolved", actor)
            _send_own_confirmation(one)
    _record(group, "Dissolved; the bookings stay", actor)
    db.session.delete(group)


def _send_own_confirmation(member: GroupMember) -> None:
    """Confirm the booking of a person whose emails no longer go to the contact."""
    if not member.email and member.delegate is not None and member.delegate.is_attending:
        emails.send_registration_confirmed(member.delegate)


def _find_booking(member: GroupMember) -> Delegate | None:
    """Return a person's booking, even if only their entry has it yet (``link_accepted``)."""
    if member.delegate is not None or member.entry is None:
        return member.delegate
    return member.entry.delegate


def _lock(group: RegistrationGroup) -> None:
    lock_row(group, "This group has been dissolved")


def _lock_member(member: GroupMember) -> None:
    lock_row(member, "This person no longer belongs to the group")


def _present(group: RegistrationGroup) -> Sequence[GroupMember]:
    return [one for one in group.members if one.is_present]


def _get_email(member: GroupMember) -> str:
    return member.email or member.group.email


def _record(group: RegistrationGroup, summary: str, actor: str) -> None:
    history.record(summary, subject=group.history_subject, actor=actor)
