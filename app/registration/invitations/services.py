"""Operations on invitation codes: create, use, revoke; kept places are released.

Locks are taken in one order: the limits, then the code. So if two people use the last use of a code
concurrently, only one gets the place.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update

from app import cache_version, clock
from app.database import Base, db
from app.delegates.answer_json import Answers
from app.delegates.categories.models import RegistrationCategory
from app.delegates.categories.queries import CATEGORY, INVITATION, INVITED_CATEGORY
from app.delegates.models import CONFERENCE, Delegate
from app.errors import RuleViolation
from app.history import services as history
from app.registration import emails, seats
from app.registration.bookings import erasure
from app.registration.create_booking import REFERENCE_ALPHABET, lock_category
from app.registration.invitations import queries
from app.registration.invitations.models import InvitationCode
from app.registration.waiting_list import offers
from app.row_locks import lock_row
from app.text import count_of

CODE_LENGTH = 10
MAX_CODES, MAX_USES = 200, 1_000  # created at once; of one code
RETENTION = timedelta(days=30)  # of the email address and the note, after expiry
BATCH_SIZE = 100  # codes per transaction, so that others do not wait long for the limit
REASONS = {
    "used": "This invitation has been used",
    "expired": "This invitation has expired",
    "revoked": "The organisers have withdrawn this invitation",
}
# Callbacks of packages above this one, for registrations with a code, and for data about its
# holder.
USE_HOOKS: list[Callable[[InvitationCode, Base], None]] = []
ANSWER_SOURCES: list[Callable[[InvitationCode], Answers]] = []


class InvitationEnded(RuleViolation):
    """The code can no longer be used to register."""


class InvitationUnknown(InvitationEnded):
    """There is no such code."""


@dataclass(frozen=True)
class InvitationOptions:
    """The options of codes to be created."""

    uses: int
    expires_at: datetime
    is_held: bool  # whether places are kept, which count as taken
    note: str = ""
    email: str = ""  # of the single recipient of the link


def create(
    category: RegistrationCategory, count: int, options: InvitationOptions, *, actor: str
) -> Sequence[InvitationCode]:
    """Create codes, and email the link if it is for one person; raise SoldOut or CategoryGone."""
    created = create_codes(category, count, options, actor=actor)
    for one in created:
        if one.email:
            emails.send_invitation(one)
    return created


def create_codes(
    category: RegistrationCategory, count: int, options: InvitationOptions, *, actor: str
) -> Sequence[InvitationCode]:
    """Create codes; the caller emails them. Raise SoldOut or CategoryGone."""
    limits = seats.list_limits(category.id)
    if options.is_held:
        seats.hold_seats(limits, count * options.uses)
    lock_category(category.id)
    created = [_build(category, options) for _ in range(count)]
    db.session.add_all(created)
    db.session.flush()
    for one in created:
        history.record("An invitation code was created", subject=one.history_subject, actor=actor)
    return created


def accept(typed: str) -> Answers:
    """Return the initial answers of a person with a code; raise InvitationEnded."""
    invitation = queries.find_by_code(typed)
    if invitation is None:
        raise InvitationUnknown("We cannot find this code. Check it and try again")
    _require_open(invitation)
    number = str(invitation.category_id)
    answers: dict[str, str] = {}
    for find_answers in ANSWER_SOURCES:
        answers.update(find_answers(invitation))
    return {**answers, INVITATION: invitation.code, INVITED_CATEGORY: number, CATEGORY: number}


def reserve(code: str, names: Sequence[str], row: Base) -> None:
    """Take a place for a row with a code, and insert it; raise InvitationEnded or SoldOut."""
    seats.lock_limits(names)
    invitation = _lock_open(code)
    if invitation.held:
        seats.reserve_held(names, row)
        invitation.held -= 1
    else:
        seats.reserve(names, row)
    _count_use(invitation, "The invitation was used")
    for end in USE_HOOKS:
        end(invitation, row)


def spend(code: str) -> None:
    """Use a code for a person who joins the waiting list; raise InvitationEnded.

    The caller must hold the lock of the limit. Leaving the list restores the use.
    """
    _count_use(_lock_open(code), "The invitation was used to join the waiting list")


def revoke(invitation: InvitationCode, *, actor: str) -> None:
    """Revoke a code; places kept for it are released at once."""
    _lock(invitation)
    if invitation.revoked_at is not None:
        raise RuleViolation("This invitation code has already been withdrawn")
    _release(invitation)
    invitation.revoked_at = clock.now()
    history.record("The invitation was withdrawn", subject=invitation.history_subject, actor=actor)
    offers.offer_places()


def record_export(count: int, *, actor: str) -> None:
    """Record that codes were exported."""
    summary = f"Exported {count_of(count, 'invitation code')}"
    history.record(summary, subject="invitations", actor=actor)


def run_due() -> None:
    """Release the kept places of expired codes; run by the worker."""
    if not cache_version.is_clock_in_sync() or not queries.is_anything_overdue():
        return
    seats.lock_if_set(CONFERENCE)
    for invitation in queries.list_overdue(clock.now(), BATCH_SIZE):
        _release(invitation)
        history.record("The invitation expired", subject=invitation.history_subject)
    offers.offer_places()


def purge_expired() -> None:
    """Erase the recipients a month after their codes expired; the counts remain."""
    if cache_version.is_clock_in_sync():
        old = InvitationCode.expires_at < clock.now() - RETENTION
        known = or_(InvitationCode.email != "", InvitationCode.note != "")
        db.session.execute(update(InvitationCode).where(old, known).values(email="", note=""))


def _erase_delegate(delegate: Delegate) -> None:
    """Erase the recipient of a single person's code, when their details are deleted."""
    is_theirs = func.lower(InvitationCode.email) == delegate.email.lower()
    rows = update(InvitationCode).where(is_theirs, InvitationCode.email != "")
    db.session.execute(rows.values(email="", note=""))


erasure.ERASED_ABOVE.append(_erase_delegate)


def _build(category: RegistrationCategory, options: InvitationOptions) -> InvitationCode:
    return InvitationCode(
        code="".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(CODE_LENGTH)),
        category=category,
        category_id=category.id,
        note=options.note,
        email=options.email,
        uses=options.uses,
        used=0,
        held=options.uses if options.is_held else 0,
        expires_at=options.expires_at,
        created_at=clock.now(),
    )


def _lock_open(code: str) -> InvitationCode:
    """Lock and return the invitation with a code; raise InvitationEnded if it cannot be used."""
    found = select(InvitationCode).where(InvitationCode.code == code).with_for_update()
    invitation = db.session.scalar(found.execution_options(populate_existing=True))
    if invitation is None:
        raise InvitationEnded(REASONS["revoked"])
    _require_open(invitation)
    return invitation


def _count_use(invitation: InvitationCode, summary: str) -> None:
    invitation.used += 1
    history.record(summary, subject=invitation.history_subject)
    db.session.flush()


def _require_open(invitation: InvitationCode) -> None:
    state = queries.get_state(invitation)
    if state != "open":
        raise InvitationEnded(REASONS[state])


def _lock(invitation: InvitationCode) -> None:
    seats.lock_limits(seats.list_limits(invitation.category_id))
    lock_row(invitation, "This invitation code has been deleted")


def _release(invitation: InvitationCode) -> None:
    if invitation.held:
        seats.release_seats(seats.list_limits(invitation.category_id), invitation.held)
        invitation.held = 0
