"""Register a group: all of its people in one transaction, or as many as there are places for.

The bookings and their emails are prepared first, without locks. Then every limit that the group
needs is locked in the global order (``seats``), and each person takes a place.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app import clock
from app.accounts import rate_limits
from app.accounts.rate_limits import Attempt
from app.database import db, violated_constraint
from app.delegates import delegate_record
from app.delegates.answer_json import Answers, dump_answers, full_name
from app.delegates.categories import queries as categories
from app.delegates.delegate_record import IDENTITY_CONSTRAINT
from app.delegates.fields import DAYS, EMAIL
from app.delegates.models import Confirmation, Delegate
from app.delegates.queries import ATTENDING, get_attending
from app.errors import RuleViolation
from app.history import services as history
from app.mail.addresses import normalise_address
from app.mail.models import Email
from app.registration import (
    address_limits,
    create_booking,
    emails,
    registration_requests,
    seats,
)
from app.registration import queries as registration
from app.registration.applications import queries as applications
from app.registration.bookings import operations
from app.registration.groups import emails as group_emails
from app.registration.groups.draft import CONTACT_NAME, MAX_PEOPLE, ORGANISATION, GroupDraft
from app.registration.groups.models import PLACED, UNPLACED, WAITING, GroupMember, RegistrationGroup
from app.registration.services import CORRECTION_PERIOD, RegistrationClosed
from app.registration.waiting_list import queries as waiting_list_entries
from app.registration.waiting_list import services as waiting_list
from app.text import count_of

MAX_GROUPS_PER_DAY = 5  # per contact
A_DAY = timedelta(days=1)
NOT_ENOUGH = "There are not enough places for everyone in the group, so nobody has been registered"


class NotEnoughPlaces(seats.SoldOut):
    """All or none were to be registered, and there are too few places."""


class IncompleteGroup(RuleViolation):
    """Something is missing, or no longer possible."""


@dataclass(frozen=True)
class PreparedPerson:
    """A booking without a place, and the email that will confirm it."""

    person: Answers  # as entered by the contact
    answers: Answers
    delegate: Delegate
    email: Email | None  # None: the email to the contact has their link

    @property
    def limits(self) -> Sequence[str]:
        """The limits that their place counts towards."""
        return seats.list_limits(self.delegate.category_id)


@dataclass(frozen=True)
class PreparedGroup:
    """A group without places."""

    group: RegistrationGroup
    people: Sequence[PreparedPerson]


def prepare(draft: GroupDraft, language: str) -> PreparedGroup:
    """Prepare the bookings of a group and render their emails; nothing is stored or locked."""
    group = build_group(draft.contact, draft.common, language)
    people = [prepare_person(group, one, draft.complete(one)) for one in draft.people]
    references = [one.delegate.reference for one in people]
    known = select(Delegate.reference).where(Delegate.reference.in_(references))
    taken = set(db.session.scalars(known))
    return PreparedGroup(
        group,
        [
            prepare_person(group, one.person, draft.complete(one.person))
            if one.delegate.reference in taken
            else one
            for one in people
        ],
    )


def build_group(contact: Answers, shared: Answers, language: str) -> RegistrationGroup:
    """Return a group without people."""
    name, organisation = contact[CONTACT_NAME], contact.get(ORGANISATION, "")
    return RegistrationGroup(
        access_key=create_booking.generate_access_key(),
        name=name,
        email=contact[EMAIL],
        organisation=organisation,
        language=language,
        shared=dump_answers(shared),
        search_text=delegate_record.search_key(name, contact[EMAIL], organisation),
        created_at=clock.now(),
    )


def prepare_person(group: RegistrationGroup, person: Answers, answers: Answers) -> PreparedPerson:
    """Prepare a person's booking and its email, unless emails go to the contact."""
    settled = categories.settle(answers)
    delegate = create_booking.build(settled, group.language)
    if not person.get(EMAIL):
        return PreparedPerson(person, settled, delegate, None)
    email = emails.send_registration_confirmed(delegate, group=group)
    db.session.expunge(email)  # until there is a place
    return PreparedPerson(person, settled, delegate, email)


def register(
    prepared: PreparedGroup,
    *,
    is_all_or_none: bool,
    joins_list: bool = False,
    stays_together: bool = False,
) -> RegistrationGroup:
    """Register a group, with one email to its contact.

    Raise CategoryGone, or NotEnoughPlaces for all or none. Otherwise people without a place can
    join the waiting list, where they are offered places together or individually.
    """
    group, people = prepared.group, prepared.people
    if not 0 < len(people) <= MAX_PEOPLE:
        raise IncompleteGroup("A group has 1 to 30 people")
    state = registration.get_registration_status().state
    require_open("open" if state == "waiting" and (joins_list or is_all_or_none) else state)
    seats.lock_limits(list(dict.fromkeys(name for one in people for name in one.limits)))
    for number in dict.fromkeys(one.delegate.category_id for one in people):
        create_booking.lock_category(number)
    _lock_existing(people)
    db.session.add(group)
    db.session.flush()
    members = [place(group, one, is_needed=is_all_or_none) for one in people]
    end_waits(members)
    if joins_list:
        for member, one in zip(members, people, strict=True):
            if member.state == UNPLACED:
                together = group.id if stays_together else None
                _join_list(member, one, group, together)
    db.session.flush()
    group_emails.send_group_registered(group)
    summary = f"Registered a group of {count_of(len(members), 'person', 'people')}"
    history.record(summary, subject=group.history_subject, actor=history.ACTOR_DELEGATE)
    return group


def _lock_existing(people: Sequence[PreparedPerson]) -> None:
    """Lock existing bookings, before taking a place can bump the cache version."""
    keys = [one.delegate.identity_key for one in people]
    rows = select(Delegate.id).where(ATTENDING, Delegate.identity_key.in_(keys))
    db.session.execute(rows.order_by(Delegate.id).with_for_update())


def require_open(state: str) -> None:
    """Raise an error unless people can register now."""
    if state in {"full", "waiting"}:
        raise seats.SoldOut("All places are taken")
    if state != "open":
        raise RegistrationClosed("Registration is not open")


def place(group: RegistrationGroup, one: PreparedPerson, *, is_needed: bool) -> GroupMember:
    """Reserve a place for a person, and return the state; raise NotEnoughPlaces if needed.

    A person who already has a booking is told so by email, and the contact sees no difference.
    """
    member = GroupMember(name=full_name(one.answers), email=one.person.get(EMAIL, ""), state=PLACED)
    try:
        is_new = _reserve(one)
    except seats.SoldOut:
        if is_needed:
            raise NotEnoughPlaces(NOT_ENOUGH) from None
        member.state = UNPLACED
    else:
        if is_new:
            member.delegate = one.delegate
            _settle_in(one.delegate)
        else:
            _tell_of_booking(one.answers)
    group.members.append(member)
    return member


def _reserve(one: PreparedPerson) -> bool:
    """Reserve a seat for a booking and queue its email; return False if the person has one."""
    try:
        with db.session.begin_nested():
            seats.reserve(one.limits, one.delegate)
            db.session.add_all([one.email] if one.email is not None else [])
    except IntegrityError as clash:
        if violated_constraint(clash) != IDENTITY_CONSTRAINT:
            raise
        return False
    return True


def _settle_in(delegate: Delegate) -> None:
    """Record a new booking as unopened."""
    add_unopened(delegate)
    history.record(
        "Registered with a group", subject=delegate.history_subject, actor=history.ACTOR_DELEGATE
    )


def end_waits(members: Sequence[GroupMember]) -> None:
    """End other requests for a place of people who got one with their group."""
    placed = {one.delegate.identity_key: one.delegate for one in members if one.delegate}
    waiting = waiting_list_entries.list_open_keys(placed)
    for key in sorted({*waiting, *registration_requests.list_open_keys(placed)}):
        waiting_list.end_wait(placed[key])


def add_unopened(delegate: Delegate) -> None:
    """Record that a booking has not been opened by its link: until then the contact may rename it.

    A confirmation records this (``bookings.queries.is_unopened``); no one knows the key of this
    one.
    """
    db.session.add(
        Confirmation(
            key=secrets.token_urlsafe(16),
            delegate=delegate,
            email=delegate.email,
            is_first=True,
            correctable_until=clock.real_now() + CORRECTION_PERIOD,
        )
    )


def _tell_of_booking(answers: Answers) -> None:
    """Tell a person with a booking that they were registered again."""
    key = delegate_record.identity_key(full_name(answers), answers[EMAIL])
    existing = get_attending(key)
    operations.end_corrections(existing)
    history.record("Registered again, but already has a place", subject=existing.history_subject)
    emails.send_already_registered(existing)


def _join_list(
    member: GroupMember, prepared: PreparedPerson, group: RegistrationGroup, together: int | None
) -> None:
    """Put a person on the waiting list, if it is open and they have to wait."""
    answers = prepared.answers
    contact = group.name if prepared.person.get(EMAIL) else ""  # whose owner would read it
    key = delegate_record.identity_key(full_name(answers), answers[EMAIL])
    before = waiting_list_entries.find_open(key)
    try:
        with db.session.begin_nested():
            waiting_list.join(
                answers, group.language, together_group_id=together, group_contact=contact
            )
    except RuleViolation:
        return
    member.state = WAITING
    if before is None:  # otherwise it is not the group's, and the contact must not end it
        member.entry = waiting_list_entries.find_open(key)


def hit_limits(draft: GroupDraft, ip_address: str | None) -> None:
    """Count an attempt; raise RateLimitExceeded for too many from a network or to an address."""
    contact = normalise_address(draft.email)
    own = [one[EMAIL] for one in draft.people if one.get(EMAIL)]
    rate_limits.hit_all(
        Attempt.from_network(rate_limits.GROUP, ip_address),
        Attempt.by_actor("group", contact, times=MAX_GROUPS_PER_DAY, within=A_DAY),
        *map(address_limits.build_registration_attempt, own),
    )


def list_faults(draft: GroupDraft) -> Sequence[tuple[int, str]]:
    """List what is missing or no longer possible: the number of a person, and a sentence."""
    return [
        (number, fault)
        for number, one in enumerate(draft.people, start=1)
        if (fault := find_fault(draft.complete(one)))
    ]


def find_fault(answers: Answers) -> str:
    """Return why a person cannot be registered with these answers, or ""."""
    settled = categories.settle(answers) if not categories.is_asked() else answers
    chosen = categories.find_chosen(settled)
    options = {one.id: one for one in categories.list_options_for({})}
    if categories.is_asked() and (chosen is None or chosen.id not in options):
        return "Choose a category"
    if chosen is not None and chosen.state in {"before", "closed"}:
        return f"The category “{chosen.name}” is not open. Choose another"
    if chosen is not None and applications.needs_approval(settled):
        return (
            f"The organisers decide who can attend as “{chosen.name}”, "
            "so each person must apply separately"
        )
    days = {day.isoformat() for day in categories.list_days_for(settled)}
    if not settled.get(DAYS) or not days.issuperset(settled[DAYS].split()):
        return "Choose the days again: some of those you chose are not possible"
    return ""
