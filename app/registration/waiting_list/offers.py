"""Offers of places at the conference and in its categories: making and ending them.

People are offered places in the order of ``turns``. An offer holds a place until its deadline; then
the place goes to the next person. Locks are taken in one order: first the rows of the limits, then
the entry. Every step sends its email in the same transaction.
"""

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, exists, select

from app import cache_version, clock
from app.database import db, read_only_connection
from app.delegates.models import CONFERENCE, SeatLimit
from app.errors import Gone
from app.history import services as history
from app.registration import emails, seats
from app.registration.waiting_list import entries, queries, turns
from app.registration.waiting_list.models import IN_QUEUE, LAPSED, OFFERED, WaitingListEntry
from app.releases.current_release import get_programme

BATCH_SIZE = 100  # offers per transaction, so that others do not wait long for the limit

_IS_WHOLE = SeatLimit.name == CONFERENCE
_OF_CONFERENCE = WaitingListEntry.scope == CONFERENCE
_HAS_ENDED = exists().where(
    WaitingListEntry.state == OFFERED,
    _OF_CONFERENCE,
    WaitingListEntry.offer_ends_at <= bindparam("now"),
)
_MAY_BE_NEXT = exists().where(_IS_WHOLE, SeatLimit.waiting > 0) & (
    exists().where(_IS_WHOLE, SeatLimit.taken < SeatLimit.seats)
    # people who keep a place need no free one at the conference
    | exists().where(WaitingListEntry.state == IN_QUEUE, _OF_CONFERENCE, turns.KEEPS_PLACE)
)
ANYTHING_DUE: Final = select(_HAS_ENDED, _MAY_BE_NEXT)  # built once, as it runs every second


class OfferEnded(Gone):
    """The offer has expired, or was never made."""


def run_due() -> None:
    """End expired offers, and offer free places; run by the worker."""
    if not cache_version.is_clock_in_sync() or not is_anything_due():
        return
    limit = seats.lock_limit(CONFERENCE)
    now = clock.now()
    overdue = select(WaitingListEntry).where(
        WaitingListEntry.state == OFFERED,
        WaitingListEntry.scope == CONFERENCE,
        WaitingListEntry.offer_ends_at <= now,
    )
    for entry in db.session.scalars(
        overdue.order_by(WaitingListEntry.id).limit(BATCH_SIZE).with_for_update()
    ):
        lapse(entry)
    if limit.waiting:
        offer_places()


def offer_places() -> None:
    """Offer each free place to the next person on the list, unless registration is closed."""
    if not can_offer():
        return
    if not seats.lock_limit(CONFERENCE).waiting:
        return
    db.session.flush()
    next_ones = turns.list_next(db.session.connection(), BATCH_SIZE)
    for entry in queries.list_by_number([one.entry_id for one in next_ones]):
        offer(entry, "A place was offered", history.ACTOR_SITE)


def offer(entry: WaitingListEntry, summary: str, actor: str) -> None:
    """Hold a place for a waiting person, and offer it by email; raise SoldOut if none is free.

    The caller must hold the lock of the conference's limit.
    """
    seats.hold_for_queue(entries.list_counted_limits(entry))
    entries.lock_alone(entry)
    set_offered(entry)
    emails.send_waiting_list_offer(entry)
    entries.record(entry, summary, actor)


def can_offer() -> bool:
    """Return True until registration closes or the conference is over."""
    return clock.now() < _get_last_moment()


def get_offer_end(now: datetime) -> datetime:
    """Return when an offer made now ends: after a day, or earlier as the conference approaches."""
    conference = get_programme().conference
    start = datetime.combine(conference.starts_on, time(), ZoneInfo(conference.time_zone))
    period = turns.get_offer_period(start - now)
    end = (now + period).replace(second=0, microsecond=0) + timedelta(minutes=1)
    return min(end, _get_last_moment())


def is_anything_due() -> bool:
    """Return True if an offer has expired or a place can be offered; it takes no lock."""
    with read_only_connection(db.engine) as connection:
        has_ended, may_be_next = connection.execute(ANYTHING_DUE, {"now": clock.now()}).one()
        return bool(has_ended) or (may_be_next and can_offer() and turns.has_next(connection))


def set_offered(entry: WaitingListEntry) -> None:
    """Start an offer to a person whose place is held already."""
    entry.state, entry.offered_at = OFFERED, clock.now()
    entry.offer_ends_at = get_offer_end(entry.offered_at)


def lapse(entry: WaitingListEntry) -> None:
    """End an expired offer, by email; the place goes to the next person."""
    entries.give_up_place(entry)
    emails.send_waiting_list_lapsed(entry)
    entries.end(entry, LAPSED, "The offer of a place ended", history.ACTOR_SITE)


def _get_last_moment() -> datetime:
    """Return when registration closes, or the last day of the conference ends."""
    over = get_conference_end()
    closes = get_programme().conference.registration_closes_at
    return min(closes, over) if closes else over


def get_conference_end() -> datetime:
    """Return when the last day of the conference ends."""
    conference = get_programme().conference
    return datetime.combine(conference.ends_on, time.max, ZoneInfo(conference.time_zone))
