"""Transferring a place: offer it to a colleague, withdraw the offer, accept it.

The colleague answers the questions of registration. Accepting replaces one booking by another in
one transaction, under the locks of cancelling: so there is never a second place, and none is free
in between. Requirements and other answers of the first person are never transferred.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from app import clock
from app.accounts import rate_limits
from app.accounts.rate_limits import Attempt
from app.database import db
from app.delegates.answer_json import Answers
from app.delegates.categories.queries import CATEGORY, TRANSFER
from app.delegates.fields import EMAIL
from app.delegates.models import Delegate
from app.errors import RuleViolation, require
from app.history import services as history
from app.mail.addresses import is_same_address
from app.registration import address_limits, emails, seats
from app.registration.bookings import operations
from app.registration.create_booking import create_booking
from app.registration.session_bookings import queries as session_bookings
from app.registration.session_bookings import released_seats
from app.registration.session_bookings.models import SessionBooking
from app.registration.transfers import queries
from app.registration.transfers.models import ACCEPTED, LAPSED, WITHDRAWN, PlaceTransfer
from app.registration.waiting_list import services as waiting_list
from app.releases.current_release import get_programme

OFFER_PERIOD = timedelta(days=7)
MAX_OFFERS_PER_DAY = 5  # per booking
NOT_OFFERED = "Your colleague no longer offers this place, or the deadline has passed"
NOT_ALLOWED = "You cannot give a place in your category to someone else. Contact the organisers"


PLACE_CHANGED = (
    "Your colleague’s booking has changed since you began, so nothing has been done. "
    "Open the link in our email again"
)


class TransferEnded(RuleViolation):
    """The offer of this place has ended."""


class HasPlace(TransferEnded):
    """The colleague already has a place."""


@dataclass(frozen=True)
class Colleague:
    """The recipient of the place, and whether the seats in sessions go with it."""

    name: str
    email: str
    keeps_seats: bool = True


def offer_own(delegate: Delegate, colleague: Colleague, *, ip_address: str | None) -> PlaceTransfer:
    """Offer a place on the delegate's own pages; raise RateLimitExceeded after too many offers.

    They are counted per network and per colleague too, since one person may have several bookings.
    """
    rate_limits.hit_all(
        Attempt.from_network(rate_limits.PLACE_OFFER, ip_address),
        address_limits.build_email_attempt(colleague.email),
        _build_attempt(delegate),
    )
    return _offer(delegate, colleague, history.ACTOR_DELEGATE)


def offer(delegate: Delegate, colleague: Colleague, *, actor: str) -> PlaceTransfer:
    """Offer a place to a colleague, by email; raise RuleViolation if it cannot be passed on."""
    rate_limits.hit_all(_build_attempt(delegate))
    return _offer(delegate, colleague, actor)


def _build_attempt(delegate: Delegate) -> Attempt:
    a_day = timedelta(days=1)
    return Attempt.by_actor("transfer", delegate.reference, times=MAX_OFFERS_PER_DAY, within=a_day)


def _offer(delegate: Delegate, colleague: Colleague, actor: str) -> PlaceTransfer:
    operations.lock(delegate)
    now = clock.now()
    if not queries.can_pass_on(delegate) or now >= _get_conference_end():
        raise RuleViolation(NOT_ALLOWED)
    if is_same_address(colleague.email, delegate.email):
        raise RuleViolation("This is your own email address. Enter your colleague’s")
    _end_earlier(delegate, now)
    transfer = PlaceTransfer(
        access_key=secrets.token_urlsafe(16),
        delegate_id=delegate.id,
        delegate=delegate,
        name=colleague.name,
        email=colleague.email,
        keeps_seats=colleague.keeps_seats,
        offered_at=now,
        expires_at=min(now + OFFER_PERIOD, _get_conference_end()),
    )
    db.session.add(transfer)
    emails.send_place_offered(transfer)
    operations.record(delegate, "The place was offered to someone else", actor)
    return transfer


def withdraw(delegate: Delegate, *, actor: str) -> bool:
    """Withdraw the offer of a place; return False if there is none."""
    operations.lock(delegate)
    transfer = queries.find_open(delegate)
    if transfer is None or not delegate.is_attending:
        return False
    _end(transfer, WITHDRAWN)
    operations.record(delegate, "The offer of the place was withdrawn", actor)
    return True


def get_first_answers(transfer: PlaceTransfer) -> Answers:
    """Return a colleague's initial answers; raise TransferEnded."""
    _require_open(transfer)
    number = transfer.delegate.category_id
    chosen = {CATEGORY: str(number)} if number is not None else {}
    return {TRANSFER: transfer.access_key, EMAIL: transfer.email, **chosen}


def accept(answers: Answers, language: str) -> Delegate:
    """Replace the booking of the delegate who offers their place by the colleague's.

    Raise TransferEnded if it was withdrawn, has expired, or the colleague already has a place.
    """
    transfer, old = _lock(answers[TRANSFER])
    _require_open(transfer)
    _require_same_place(old, answers)
    number = "" if old.category_id is None else str(old.category_id)
    delegate = create_booking(
        {**answers, CATEGORY: number},
        language,
        announce=emails.send_registration_confirmed,
        take_seat=seats.reserve_held,
    )
    if delegate is None:
        raise HasPlace("You already have a place, so this one stays with your colleague")
    _move_seats(transfer, old, delegate)
    waiting_list.end_wait(delegate)  # before a place held by the old booking is offered
    operations.replace(old, actor=history.ACTOR_DELEGATE)
    _end(transfer, ACCEPTED)
    emails.send_place_passed_on(old, transfer.name)
    history.record(
        "Registered with the place of another booking",
        subject=delegate.history_subject,
        actor=history.ACTOR_DELEGATE,
    )
    return delegate


def _lock(key: str) -> tuple[PlaceTransfer, Delegate]:
    """Lock what a transfer needs, in the global order: limits, sessions, booking, offer."""
    known = select(PlaceTransfer.delegate_id).where(PlaceTransfer.access_key == key)
    number = require(db.session.scalar(known), TransferEnded("This link is no longer valid"))
    old = db.session.get_one(Delegate, number)
    operations.lock_place(old)
    found = select(PlaceTransfer).where(PlaceTransfer.access_key == key).with_for_update()
    transfer = db.session.scalar(found.execution_options(populate_existing=True))
    if transfer is None:
        raise TransferEnded("This link is no longer valid")
    return transfer, old


def _require_open(transfer: PlaceTransfer) -> None:
    if transfer.state == ACCEPTED:
        raise TransferEnded("This place has already been taken")
    if not queries.is_open(transfer):
        raise TransferEnded(NOT_OFFERED)


def _require_same_place(old: Delegate, answers: Answers) -> None:
    """Raise TransferEnded if the booking has moved to a category with other days or questions."""
    if answers.get(CATEGORY, "") != str(old.category_id or ""):
        raise TransferEnded(PLACE_CHANGED)


def _move_seats(transfer: PlaceTransfer, old: Delegate, new: Delegate) -> None:
    """Move the seats in sessions with the place, if they are on the colleague's days."""
    if not transfer.keeps_seats:
        return
    days = _map_days()
    for seat in session_bookings.list_of_delegate(old):
        day = days.get(seat.session_key)
        if day is None or day in new.days.split():
            condition = SessionBooking.id == seat.id
            released_seats.note_seats(condition)
            db.session.execute(update(SessionBooking).where(condition).values(delegate_id=new.id))
    db.session.expire_all()


def _map_days() -> Mapping[str, str]:
    programme = get_programme()
    return {
        session.key: session.starts_at.astimezone(programme.zone).date().isoformat()
        for session in programme.sessions
        if session.starts_at is not None and not session.is_cancelled
    }


def _end_earlier(delegate: Delegate, now: datetime) -> None:
    """End an earlier offer, which a new one replaces; its link stops working."""
    earlier = db.session.scalar(
        select(PlaceTransfer).where(queries.IS_OPEN, PlaceTransfer.delegate_id == delegate.id)
    )
    if earlier is not None:
        _end(earlier, LAPSED if now >= earlier.expires_at else WITHDRAWN)


def _end(transfer: PlaceTransfer, state: str) -> None:
    transfer.state, transfer.ended_at = state, clock.now()
    db.session.flush()


def _get_conference_end() -> datetime:
    conference = get_programme().conference
    return datetime.combine(conference.ends_on, time.max, ZoneInfo(conference.time_zone))
