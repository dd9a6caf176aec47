"""The waiting list of the conference and of its categories: join, accept, leave.

Joining needs the same answers as registering, so that accepting takes only one button (``offers``).
Every step sends its email in the same transaction.
"""

from collections.abc import Callable

from app import cache_version, clock
from app.database import db
from app.delegates import delegate_record, private_answers
from app.delegates.answer_json import Answers, full_name, load_answers
from app.delegates.categories import queries as categories
from app.delegates.categories.queries import CATEGORY
from app.delegates.fields import DAYS, EMAIL
from app.delegates.models import CONFERENCE, Delegate, SeatLimit
from app.delegates.queries import get_attending
from app.errors import RuleViolation
from app.history import services as history
from app.registration import emails, seats
from app.registration.create_booking import create_booking, lock_category
from app.registration.waiting_list import entries, joining, offers, positions, queries, turns
from app.registration.waiting_list.models import ACCEPTED, LEFT, REMOVED, WaitingListEntry
from app.releases.current_release import get_programme

PLACE_HOOKS: list[Callable[[Delegate], None]] = []  # further effects of getting a place


def join(
    answers: Answers,
    language: str,
    spend_code: Callable[[], None] | None = None,
    *,
    together_group_id: int | None = None,
    group_contact: str = "",
) -> None:
    """Put someone on the waiting list, by email; the caller has validated the answers.

    If the person already has a place or is on the list, only an email says so. Joining uses up an
    invitation code, if any, and a group may stay together. The email names the contact of a group
    who registered the person. Raise RuleViolation if there are places left, or the code cannot be
    used; CategoryGone.
    """
    key = delegate_record.identity_key(full_name(answers), answers[EMAIL])
    limit = seats.lock_limit(CONFERENCE)
    delegate = queries.find_attending(key)
    entry = _find_current(key, limit)
    if delegate is not None:
        emails.send_already_registered(delegate)
    elif entry is not None and entry.is_offered:
        emails.send_waiting_list_offer(entry)  # again, with its deadline
    elif entry is not None:
        emails.send_waiting_list_entry(entry, positions.get_queue_position(entry))
    else:
        lock_category(categories.read_id(answers))
        entry = joining.build_entry(answers, language, key)
        entry.together_group_id = together_group_id
        seats.enqueue(seats.list_limits(entry.category_id), entry)
        if spend_code is not None:
            spend_code()
        position = positions.get_queue_position(entry)
        emails.send_waiting_list_entry(entry, position, group_contact=group_contact)
        entries.record(entry, "Joined the waiting list", history.ACTOR_DELEGATE)


def add_approved(answers: Answers, language: str) -> WaitingListEntry:
    """Put an approved applicant on the waiting list; the caller emails them.

    The caller must hold the lock of the limit. Raise RuleViolation if there is no waiting list.
    """
    key = delegate_record.identity_key(full_name(answers), answers[EMAIL])
    existing = queries.find_open(key)
    if existing is not None:
        return existing
    lock_category(categories.read_id(answers))
    entry = joining.build_entry(answers, language, key)
    seats.enqueue(seats.list_limits(entry.category_id), entry)
    entries.record(entry, "Joined the waiting list after approval", history.ACTOR_SITE)
    return entry


def accept(entry: WaitingListEntry) -> Delegate:
    """Turn an offer into a booking, with the place that is held; raise OfferEnded if it has ended.

    Accepting again returns the same booking.
    """
    entries.lock(entry)
    if entry.state == ACCEPTED and entry.delegate is not None:
        return entry.delegate
    if not entries.can_accept(entry):
        raise offers.OfferEnded("This offer has ended")
    delegate = create_booking(
        _get_valid_answers(entry),
        entry.language,
        announce=emails.send_registration_confirmed,
        take_seat=seats.reserve_held,
    )
    if delegate is None:  # registered in another way, with their own place
        delegate = get_attending(entry.identity_key)
        emails.send_already_registered(delegate)
        seats.release_seats(seats.list_limits(entry.category_id))
    else:
        history.record("Registered", subject=delegate.history_subject, actor=history.ACTOR_DELEGATE)
    _end_with_place(entry, delegate, "Accepted the offer of a place", history.ACTOR_DELEGATE)
    _run_place_hooks(delegate)
    offers.offer_places()
    return delegate


def end_wait(delegate: Delegate) -> None:
    """End the wait of a person who got a place in another way, so that none is held too.

    Their other requests for a place end too. The caller must hold the lock of the limit.
    """
    _run_place_hooks(delegate)
    entry = queries.find_open(delegate.identity_key)
    if entry is not None:
        entries.lock(entry)
        entries.give_up_place(entry)
        _end_with_place(entry, delegate, "Has a place in another way", history.ACTOR_SITE)
        offers.offer_places()


def leave(entry: WaitingListEntry) -> None:
    """Take a person off the list at their request; a place on offer goes to the next person."""
    entries.lock(entry)
    if entry.ended_at is None:
        summary = "Declined the offer of a place" if entry.is_offered else "Left the waiting list"
        entries.give_up_place(entry)
        entries.end(entry, LEFT, summary, history.ACTOR_DELEGATE)
        offers.offer_places()


def remove(entry: WaitingListEntry, *, actor: str) -> None:
    """Take a person off the list for the organisers, with an email."""
    entries.lock(entry)
    if entry.ended_at is not None:
        raise RuleViolation("This person is no longer on the waiting list")
    entries.give_up_place(entry)
    emails.send_waiting_list_removed(entry)
    entries.end(entry, REMOVED, "Removed from the waiting list", actor)
    offers.offer_places()


def purge_expired() -> None:
    """Delete the data of ended waits; all of it some time after the conference."""
    if not cache_version.is_clock_in_sync():
        return
    seats.lock_if_set(CONFERENCE)  # before any entry, as everywhere
    queries.delete_ended()
    programme = get_programme()
    if not programme.is_published or clock.now() < offers.get_conference_end() + queries.RETENTION:
        return
    for entry in queries.list_open_in(CONFERENCE, offers.BATCH_SIZE):
        entries.lock(entry)
        entries.give_up_place(entry)
        entries.run_end_hooks(entry)
        db.session.delete(entry)


def _end_with_place(entry: WaitingListEntry, delegate: Delegate, summary: str, actor: str) -> None:
    entry.delegate_id = delegate.id
    entries.end(entry, ACCEPTED, summary, actor)


def _run_place_hooks(delegate: Delegate) -> None:
    for hook in PLACE_HOOKS:
        hook(delegate)


def _find_current(key: str, limit: SeatLimit) -> WaitingListEntry | None:
    """Return a person's open entry, ending it if its offer has expired.

    The worker ends offers within seconds, but people who join again before then must not be told of
    a place that they cannot accept. It goes to the next person or, if no one else is waiting, it is
    offered to them again. The caller must hold the lock of the limit.
    """
    entry = queries.find_open(key)
    if entry is None or not entry.is_offered or entries.can_accept(entry):
        return entry
    entries.lock(entry)
    if offers.can_offer() and not _is_wanted_by_others(entry, limit):
        offers.set_offered(entry)
        entries.record(entry, "A place was offered again", history.ACTOR_SITE)
        return entry
    offers.lapse(entry)
    offers.offer_places()
    return None


def _is_wanted_by_others(entry: WaitingListEntry, limit: SeatLimit) -> bool:
    """Return True if another waiting person could use the place that is held for an entry."""
    if not limit.waiting:
        return False
    limits = seats.lock_limits(seats.list_limits(entry.category_id))
    without = {one.name: one.seats + 1 for one in limits}
    return turns.has_next(db.session.connection(), without)


def _get_valid_answers(entry: WaitingListEntry) -> Answers:
    """Return the answers, with those of the chosen days that still exist, or else all days."""
    place = private_answers.place_in_waiting_list(entry.access_key)
    stored = load_answers(entry.document)
    answers = private_answers.decrypt_answers(stored, place)
    category = entry.category
    allowed = categories.list_days(category.days if category else "")
    days = [day.isoformat() for day in allowed]
    chosen = [day for day in days if day in answers[DAYS].split()]
    category_id = "" if category is None else str(category.id)
    return {**answers, DAYS: " ".join(chosen or days), CATEGORY: category_id}
