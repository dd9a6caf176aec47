"""The waiting list of the conference and of its categories: join, offer, accept, leave, lapse.

People are offered places in the order of ``turns``. An offer holds a place until a moment that it
names; then the place goes to the next person. Joining needs the same answers as registering, so
that one button is enough to accept. Locks are taken in one order: first the rows of the limits,
then the entry. Every step sends its email in the same transaction.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select, update

from app import cache_version, clock
from app.database import db, read_only_connection
from app.errors import Gone, RuleViolation
from app.history import services as history
from app.registration import delegate_record, emails, private_answers, seats
from app.registration import queries as registration
from app.registration.categories import queries as categories
from app.registration.categories.queries import CATEGORY, INVITATION
from app.registration.create_booking import create_booking
from app.registration.fields import DAYS, EMAIL
from app.registration.invitations.models import InvitationCode
from app.registration.models import Delegate, SeatLimit
from app.registration.queries import Answers
from app.registration.waiting_list import joining, queries, turns
from app.registration.waiting_list.models import (
    ACCEPTED,
    IN_QUEUE,
    LAPSED,
    LEFT,
    OFFERED,
    REMOVED,
    WaitingListEntry,
)
from app.releases.current_release import get_programme

BATCH_SIZE = 100  # offers per transaction, so that nobody waits long for the limit
PLACE_HOOKS: list[Callable[[Delegate], None]] = []  # what else is over once somebody has a place


class OfferEnded(Gone):
    """The offer is over, or was never made."""


def join(
    answers: Answers,
    language: str,
    spend_code: Callable[[], None] | None = None,
    *,
    together_group_id: int | None = None,
    group_contact: str = "",
) -> None:
    """Put someone on the waiting list, by email; the caller has checked the answers.

    Whoever has a place, or is on the list already, is told so by email, and only there. Whoever
    joins uses up their invitation code, if they have one, and can stay together with a group. The
    email names the contact of a group who registered them.
    Raise RuleViolation if there are places left, or the code cannot be used.
    """
    key = delegate_record.identity_key(registration.full_name(answers), answers[EMAIL])
    limit = seats.lock_limit(seats.CONFERENCE)
    delegate = queries.find_attending(key)
    entry = _find_current(key, limit)
    if delegate is not None:
        emails.send_already_registered(delegate)
    elif entry is not None:
        emails.send_waiting_list_entry(entry, queries.get_queue_position(entry))
    else:
        entry = joining.build_entry(answers, language, key)
        entry.together_group_id = together_group_id
        seats.enqueue(seats.list_limits(entry.category_id), entry)
        if spend_code is not None:
            spend_code()
        position = queries.get_queue_position(entry)
        emails.send_waiting_list_entry(entry, position, group_contact=group_contact)
        record(entry, "Joined the waiting list", history.ACTOR_DELEGATE)


def add_approved(answers: Answers, language: str) -> WaitingListEntry:
    """Put somebody on the waiting list whose application was approved; the caller emails them.

    The caller holds the lock of the limit. Raise RuleViolation if there is no waiting list.
    """
    key = delegate_record.identity_key(registration.full_name(answers), answers[EMAIL])
    existing = queries.find_open(key)
    if existing is not None:
        return existing
    entry = joining.build_entry(answers, language, key)
    seats.enqueue(seats.list_limits(entry.category_id), entry)
    record(entry, "Joined the waiting list after approval", history.ACTOR_SITE)
    return entry


def accept(entry: WaitingListEntry) -> Delegate:
    """Turn an offer into a booking, with the place that is held; raise OfferEnded if it is over.

    Accepting again gives the same booking.
    """
    lock(entry)
    if entry.state == ACCEPTED and entry.delegate is not None:
        return entry.delegate
    if not can_accept(entry):
        raise OfferEnded("This offer has ended")
    delegate = create_booking(
        _get_valid_answers(entry),
        entry.language,
        announce=emails.send_registration_confirmed,
        take_seat=seats.reserve_held,
    )
    if delegate is None:  # registered in another way, with a place of their own
        delegate = registration.get_attending(entry.identity_key)
        emails.send_already_registered(delegate)
        seats.release_seats(seats.list_limits(entry.category_id))
    else:
        history.record("Registered", subject=delegate.history_subject, actor=history.ACTOR_DELEGATE)
    end(entry, ACCEPTED, "Accepted the offer of a place", history.ACTOR_DELEGATE)
    entry.delegate_id = delegate.id
    _run_place_hooks(delegate)
    offer_places()
    return delegate


def can_accept(entry: WaitingListEntry) -> bool:
    """Return True if a place is held for someone who may still take it."""
    ends_at = entry.offer_ends_at
    return entry.is_offered and ends_at is not None and clock.now() < ends_at


def end_wait(delegate: Delegate) -> None:
    """Take someone off the list who has got a place in another way, so that none is held too.

    Whatever else asks for a place for them is over too. The caller holds the lock of the limit.
    """
    _run_place_hooks(delegate)
    entry = queries.find_open(delegate.identity_key)
    if entry is not None:
        lock(entry)
        give_up_place(entry)
        entry.delegate_id = delegate.id
        end(entry, ACCEPTED, "Has a place in another way", history.ACTOR_SITE)
        offer_places()


def leave(entry: WaitingListEntry) -> None:
    """Take someone off the list at their own wish; a place on offer goes to the next person."""
    lock(entry)
    if entry.ended_at is None:
        what = "Declined the offer of a place" if entry.is_offered else "Left the waiting list"
        give_up_place(entry)
        end(entry, LEFT, what, history.ACTOR_DELEGATE)
        offer_places()


def remove(entry: WaitingListEntry, *, actor: str) -> None:
    """Take someone off the list for the organisers, with an email."""
    lock(entry)
    if entry.ended_at is not None:
        raise RuleViolation("This person is no longer on the waiting list")
    give_up_place(entry)
    emails.send_waiting_list_removed(entry)
    end(entry, REMOVED, "Removed from the waiting list", actor)
    offer_places()


def run_due() -> None:
    """End the offers whose time is over, and offer places that are free; run by the worker."""
    if not cache_version.is_clock_in_sync() or not is_anything_due():
        return
    limit = seats.lock_limit(seats.CONFERENCE)
    now = clock.now()
    overdue = select(WaitingListEntry).where(
        WaitingListEntry.state == OFFERED,
        WaitingListEntry.scope == seats.CONFERENCE,
        WaitingListEntry.offer_ends_at <= now,
    )
    for entry in db.session.scalars(
        overdue.order_by(WaitingListEntry.id).limit(BATCH_SIZE).with_for_update()
    ):
        _lapse(entry)
    if limit.waiting:
        offer_places()


def offer_places() -> None:
    """Offer each free place to the next person on the list, while registration is not closed."""
    if not can_offer():
        return
    if not seats.lock_limit(seats.CONFERENCE).waiting:
        return
    db.session.flush()
    next_ones = turns.list_next(db.session.connection(), BATCH_SIZE)
    for entry in queries.list_by_number([one.entry_id for one in next_ones]):
        offer(entry, "A place was offered", history.ACTOR_SITE)


def offer(entry: WaitingListEntry, summary: str, actor: str) -> None:
    """Hold a place for somebody who waits, and offer it by email; raise SoldOut if none is free.

    The caller holds the lock of the conference's limit.
    """
    seats.hold_for_queue(list_counted_limits(entry))
    db.session.refresh(entry, with_for_update=True)
    _set_offered(entry)
    emails.send_waiting_list_offer(entry)
    record(entry, summary, actor)


def can_offer() -> bool:
    """Return True until registration closes or the conference is over."""
    return clock.now() < _get_last_moment()


def get_offer_end(now: datetime) -> datetime:
    """Return when an offer made now ends: after a day, and sooner as the conference nears."""
    conference = get_programme().conference
    start = datetime.combine(conference.starts_on, time(), ZoneInfo(conference.time_zone))
    period = queries.get_offer_period(start - now)
    end = (now + period).replace(second=0, microsecond=0) + timedelta(minutes=1)
    return min(end, _get_last_moment())


def purge_expired() -> None:
    """Delete what is known of people who no longer wait; of all, a while after the conference."""
    if not cache_version.is_clock_in_sync():
        return
    seats.lock_if_set(seats.CONFERENCE)  # before any entry, as everywhere
    queries.delete_ended()
    programme = get_programme()
    if not programme.is_published or clock.now() < _get_conference_end() + queries.RETENTION:
        return
    for entry in queries.list_open_in(seats.CONFERENCE, BATCH_SIZE):
        lock(entry)
        give_up_place(entry)
        db.session.delete(entry)


def _run_place_hooks(delegate: Delegate) -> None:
    for hook in PLACE_HOOKS:
        hook(delegate)


def _get_last_moment() -> datetime:
    """Return when registration closes, or when the last day of the conference is over."""
    over = _get_conference_end()
    closes = get_programme().conference.registration_closes_at
    return min(closes, over) if closes else over


def _get_conference_end() -> datetime:
    conference = get_programme().conference
    return datetime.combine(conference.ends_on, time.max, ZoneInfo(conference.time_zone))


def is_anything_due() -> bool:
    """Return True if an offer has ended or somebody can have a place; it takes no lock."""
    ended = (
        select(WaitingListEntry.id)
        .where(
            WaitingListEntry.state == OFFERED,
            WaitingListEntry.scope == seats.CONFERENCE,
            WaitingListEntry.offer_ends_at <= clock.now(),
        )
        .exists()
    )
    is_whole = SeatLimit.name == seats.CONFERENCE
    waits = exists().where(is_whole, SeatLimit.waiting > 0)
    free = exists().where(is_whole, SeatLimit.taken < SeatLimit.seats)
    movers = exists().where(  # they need no free place at the conference
        WaitingListEntry.state == IN_QUEUE,
        WaitingListEntry.scope == seats.CONFERENCE,
        turns.KEEPS_PLACE,
    )
    with read_only_connection(db.engine) as connection:
        has_ended, may_be_next = connection.execute(select(ended, waits & (free | movers))).one()
        return bool(has_ended) or (may_be_next and can_offer() and turns.has_next(connection))


def _find_current(key: str, limit: SeatLimit) -> WaitingListEntry | None:
    """Return the entry of someone who waits or may take a place; an offer that is over has ended.

    The worker ends offers within seconds, but whoever joins again before then must not be told of
    a place that they cannot take. It goes to the next person, or where nobody else waits it is
    offered to them anew. The caller holds the lock of the limit.
    """
    entry = queries.find_open(key)
    if entry is None or not entry.is_offered or can_accept(entry):
        return entry
    lock(entry)
    if can_offer() and not _is_wanted_by_others(entry, limit):
        _set_offered(entry)
        record(entry, "A place was offered again", history.ACTOR_SITE)
        return entry
    _lapse(entry)
    offer_places()
    return None


def _is_wanted_by_others(entry: WaitingListEntry, limit: SeatLimit) -> bool:
    """Return True if somebody who waits could have the place that is held for an entry."""
    if not limit.waiting:
        return False
    limits = seats.lock_limits(seats.list_limits(entry.category_id))
    without = {one.name: one.seats + 1 for one in limits}
    return turns.has_next(db.session.connection(), without)


def _set_offered(entry: WaitingListEntry) -> None:
    entry.state, entry.offered_at = OFFERED, clock.now()
    entry.offer_ends_at = get_offer_end(entry.offered_at)


def list_counted_limits(entry: WaitingListEntry) -> Sequence[str]:
    """Return the names of the limits that the place counts towards for which somebody waits."""
    return turns.list_limits(entry.category_id, keeps_place=entry.keeps_place)


def _lapse(entry: WaitingListEntry) -> None:
    give_up_place(entry)
    emails.send_waiting_list_lapsed(entry)
    end(entry, LAPSED, "The offer of a place ended", history.ACTOR_SITE)


def lock(entry: WaitingListEntry) -> None:
    """Lock the limits that somebody waits for, and then their entry, read anew."""
    seats.lock_limits(seats.list_limits(entry.category_id))
    db.session.refresh(entry, with_for_update=True)


def _get_valid_answers(entry: WaitingListEntry) -> Answers:
    """Return the answers; the days that are left of those chosen, or all, if they have changed."""
    place = private_answers.place_in_waiting_list(entry.access_key)
    stored = registration.load_answers(entry.document)
    answers = private_answers.decrypt_answers(stored, place)
    category = entry.category
    allowed = categories.list_days(category.days if category else "")
    days = [day.isoformat() for day in allowed]
    chosen = [day for day in days if day in answers[DAYS].split()]
    category_id = "" if category is None else str(category.id)
    return {**answers, DAYS: " ".join(chosen or days), CATEGORY: category_id}


def give_up_place(entry: WaitingListEntry) -> None:
    """Free the place or the turn of someone who does not get it, and the use of their code."""
    code = registration.load_answers(entry.document).get(INVITATION)
    if code is not None:
        used = InvitationCode.used
        own = update(InvitationCode).where(InvitationCode.code == code, used > 0)
        db.session.execute(own.values(used=used - 1))
    if entry.is_offered:
        seats.release_seats(list_counted_limits(entry))
    else:
        seats.leave_queue(seats.CONFERENCE)


def end(entry: WaitingListEntry, state: str, summary: str, actor: str) -> None:
    """End the wait of somebody whose place or turn has been given up; delete their answers."""
    entry.state, entry.ended_at = state, clock.now()
    entry.document = entry.identity_key = ""
    record(entry, summary, actor)
    db.session.flush()


def record(entry: WaitingListEntry, summary: str, actor: str) -> None:
    """Add a step to what somebody reads on their page."""
    db.session.flush()
    history.record(summary, subject=entry.history_subject, actor=actor)
