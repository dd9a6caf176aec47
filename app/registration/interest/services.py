"""Expressing interest and withdrawing it; organisers' decisions: invite, decline.

An invitation is a code for one person. Locks are taken in one order: the limits, then the person's
row, then the code. Every step sends its email in the same transaction.
"""

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app import cache_version, clock
from app.accounts import rate_limits
from app.accounts.rate_limits import Attempt
from app.database import Base, db
from app.delegates import delegate_record
from app.delegates.answer_json import Answers, dump_answers, full_name
from app.delegates.categories import queries as categories
from app.delegates.fields import EMAIL
from app.delegates.models import CONFERENCE, Delegate
from app.errors import RuleViolation
from app.history import services as history
from app.mail.addresses import normalise_address
from app.registration import emails, seats
from app.registration import registration_requests as requests
from app.registration.create_booking import lock_category
from app.registration.interest import queries
from app.registration.interest.models import (
    DECLINED,
    INTERESTED,
    INVITED,
    REGISTERED,
    WITHDRAWN,
    ExpressionOfInterest,
)
from app.registration.invitations import queries as invitation_queries
from app.registration.invitations import services as invitations
from app.registration.invitations.models import InvitationCode
from app.registration.invitations.services import InvitationOptions
from app.registration.waiting_list import queries as waiting_list_queries
from app.registration.waiting_list import services as waiting_list
from app.row_locks import lock_row
from app.text import count_of

BATCH_SIZE: Final = 100  # rows per transaction, so that others do not wait long for the limit
MAX_PER_DAY: Final = 5  # per email address
HISTORY_SUBJECT: Final = "expressions of interest"
INTEREST_GONE: Final = "This expression of interest has been deleted"


class InterestClosed(RuleViolation):
    """The category does not accept expressions of interest now."""


class AlreadyDecided(RuleViolation):
    """Someone else was faster: the person has been invited, declined, or has withdrawn."""


@dataclass(frozen=True)
class Invitation:
    """The options of invitations to be sent."""

    expires_at: datetime
    is_held: bool = False  # whether a place is kept for each person
    message: str = ""  # a sentence in the email


def express(
    category_id: int, answers: Answers, language: str, *, ip_address: str | None = None
) -> None:
    """Store an expression of interest, and email the link of its page.

    If the person already has a place or has expressed interest, only an email says so. Raise
    InterestClosed, CategoryGone or RateLimitExceeded.
    """
    if not queries.get_option(category_id).accepts_interest:
        raise InterestClosed("Expressions of interest in this category have closed")
    email = normalise_address(answers[EMAIL])
    rate_limits.hit_all(
        Attempt.from_network(rate_limits.INTEREST, ip_address),
        Attempt.by_actor("interest", email, times=MAX_PER_DAY, within=timedelta(days=1)),
    )
    key = delegate_record.identity_key(full_name(answers), answers[EMAIL])
    seats.lock_if_set(CONFERENCE)
    delegate = waiting_list_queries.find_attending(key)
    if delegate is not None:
        emails.send_already_registered(delegate)
        return
    interest = queries.find_open(key, category_id)
    if interest is None:
        lock_category(category_id)
        interest = _build(category_id, answers, language, key)
        db.session.add(interest)
        _record(interest, "Expressed interest", history.ACTOR_DELEGATE)
    emails.send_interest(EMAILS[interest.state], interest)


EMAILS: Final = {INTERESTED: "interest_received", INVITED: "interest_invited"}


def withdraw(interest: ExpressionOfInterest) -> None:
    """Withdraw it for the person; an invitation can no longer be used."""
    _lock(interest)
    if interest.state == REGISTERED:
        raise AlreadyDecided("You have a place. If you cannot come, cancel your booking")
    if interest.is_open:
        _revoke(interest, history.ACTOR_DELEGATE)
        _end(interest, WITHDRAWN, "Withdrew the expression of interest", history.ACTOR_DELEGATE)


def require_places(interests: Sequence[ExpressionOfInterest], invitation: Invitation) -> None:
    """Raise SoldOut if places are to be kept for these people, and too few are free."""
    if invitation.is_held:
        _lock_all(interests)
        for number, count in Counter(interest.category_id for interest in interests).items():
            seats.require_free(seats.list_limits(number), count)


def invite_all(
    interests: Sequence[ExpressionOfInterest], invitation: Invitation, *, actor: str
) -> None:
    """Invite all of these or none; raise AlreadyDecided, or SoldOut if places are to be kept.

    For many people, end the transaction after each ``BATCH_SIZE``.
    """
    _lock_all(interests)
    for interest in interests:
        _lock(interest)
        category = categories.find(interest.category_id)
        if category is None or not queries.can_be_invited(interest):
            raise AlreadyDecided(f"{interest.name} can no longer be invited")
        options = InvitationOptions(
            uses=1,
            expires_at=invitation.expires_at,
            is_held=invitation.is_held,
            email=interest.email,
        )
        _revoke(interest, actor)
        (interest.invitation,) = invitations.create_codes(category, 1, options, actor=actor)
        interest.state, interest.invited_at = INVITED, clock.now()
        interest.message = invitation.message
        _record(interest, "Invited", actor)
        emails.send_interest(EMAILS[INVITED], interest)


def decline_all(
    interests: Sequence[ExpressionOfInterest], message: str = "", *, actor: str
) -> None:
    """Decline all of these, and notify them; raise AlreadyDecided."""
    _lock_all(interests)
    for interest in interests:
        _lock(interest)
        if interest.state != INTERESTED:
            raise AlreadyDecided(f"{interest.name} cannot be declined any more")
        interest.message = message
        emails.send_interest("interest_declined", interest)
        _end(interest, DECLINED, "Declined", actor)


def record_export(count: int, *, actor: str) -> None:
    """Record that expressions of interest were exported."""
    summary = f"Exported {count_of(count, 'expression')} of interest"
    history.record(summary, subject=HISTORY_SUBJECT, actor=actor)


def purge_expired() -> None:
    """Delete expressions of interest a month after they ended, and all after the conference."""
    if not cache_version.is_clock_in_sync():
        return
    seats.lock_if_set(CONFERENCE)  # before any row, as everywhere
    requests.delete_ended(ExpressionOfInterest)
    for interest in requests.list_overdue(ExpressionOfInterest, BATCH_SIZE):
        _lock(interest)
        _revoke(interest, history.ACTOR_SITE)
        db.session.delete(interest)


def _end_of_delegate(delegate: Delegate) -> None:
    """End the expressions of interest of a person who got a place in another way.

    The caller must hold the lock of the limit. A place that was kept for them is released. If they
    used their code to wait, leaving the list restores its use, which no one else may have; a code
    that led to their place stays used.
    """
    still_waits = waiting_list_queries.find_open(delegate.identity_key) is not None
    for interest in queries.list_open(delegate.identity_key):
        _lock(interest)
        if still_waits or not _is_used(interest):
            _revoke(interest, history.ACTOR_SITE)
        interest.delegate_id = delegate.id
        _end(interest, REGISTERED, "Has a place", history.ACTOR_SITE)


def _end_of_invitation(invitation: InvitationCode, row: Base) -> None:
    """End the expression of interest of a person who registered with their invitation."""
    interest = queries.find_by_invitation(invitation.id)
    if interest is not None and interest.is_open and isinstance(row, Delegate):
        interest.delegate_id = row.id
        _end(interest, REGISTERED, "Registered", history.ACTOR_DELEGATE)


def _find_known_answers(invitation: InvitationCode) -> Answers:
    """Return a person's stored answers by their code, so that these are not asked again."""
    interest = queries.find_by_invitation(invitation.id)
    return queries.load_known(interest) if interest is not None else {}


waiting_list.PLACE_HOOKS.append(_end_of_delegate)
invitations.USE_HOOKS.append(_end_of_invitation)
invitations.ANSWER_SOURCES.append(_find_known_answers)


def _lock_all(interests: Sequence[ExpressionOfInterest]) -> None:
    """Lock the limits of all of these first, in the global order."""
    seats.lock_if_set(
        *(name for interest in interests for name in seats.list_limits(interest.category_id))
    )


def _lock(interest: ExpressionOfInterest) -> None:
    _lock_all([interest])
    lock_row(interest, INTEREST_GONE)


def _is_used(interest: ExpressionOfInterest) -> bool:
    invitation = interest.invitation
    return invitation is not None and invitation_queries.get_state(invitation) == "used"


def _revoke(interest: ExpressionOfInterest, actor: str) -> None:
    """Revoke an earlier invitation, and release the place kept for it.

    One that was used to join the waiting list is revoked, too, because leaving the list restores
    its use.
    """
    invitation = interest.invitation
    if invitation is not None and invitation_queries.get_state(invitation) != "revoked":
        invitations.revoke(invitation, actor=actor)


def _end(interest: ExpressionOfInterest, state: str, summary: str, actor: str) -> None:
    """Store the final state, and delete the answers."""
    interest.state, interest.ended_at = state, clock.now()
    interest.document = interest.identity_key = ""
    _record(interest, summary, actor)


def _record(interest: ExpressionOfInterest, summary: str, actor: str) -> None:
    db.session.flush()
    history.record(summary, subject=interest.history_subject, actor=actor)


def _build(category_id: int, answers: Answers, language: str, key: str) -> ExpressionOfInterest:
    name = full_name(answers)
    return ExpressionOfInterest(
        access_key=secrets.token_urlsafe(16),
        name=name,
        email=answers[EMAIL],
        search_text=delegate_record.search_key(name, answers[EMAIL]),
        identity_key=key,
        language=language,
        document=dump_answers(answers),
        state=INTERESTED,
        expressed_at=clock.now(),
        category_id=category_id,
    )
