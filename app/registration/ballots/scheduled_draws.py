"""The draw of each ballot at its time: only once, even with several workers.

The draw assigns the seats and stores the published file in one transaction. The results are emailed
afterwards, in small transactions, once to each person.
"""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from app import cache_version, clock
from app.cache_version import bump_cache_version
from app.database import db, read_only_connection
from app.delegates.models import SeatLimit
from app.encryption import get_key_ring, is_encrypted
from app.history import services as history
from app.log import log
from app.registration import session_emails, session_seats
from app.registration.ballots import draw, queries
from app.registration.ballots.models import Ballot, BallotEntry, place_of_seed
from app.registration.ballots.services import lock
from app.registration.bookings import operations
from app.registration.session_bookings import queries as session_bookings
from app.registration.session_bookings import services as bookings
from app.registration.session_bookings.models import SessionBooking
from app.registration.session_bookings.overlaps import list_clashes
from app.text import count_of

BATCH_SIZE: Final = 50  # emails in one transaction


def run_due() -> None:
    """Draw the ballots that are due, and email results; run by the worker."""
    if not cache_version.is_clock_in_sync():
        return
    with read_only_connection(db.engine) as connection:  # takes no lock
        due = connection.scalars(queries.select_due(clock.now())).all()
        is_waiting = connection.execute(queries.UNNOTIFIED.limit(1)).first() is not None
    for number in due[:1]:
        run_draw(number)
    if is_waiting:
        email_results()


def run_draw(ballot_id: int) -> bool:
    """Draw a ballot that is due, and assign the seats; return False if it was drawn already."""
    ballot = queries.get_ballot(ballot_id)
    lock(ballot)
    if ballot.is_drawn or clock.now() < ballot.closes_at:
        return False
    seed = get_key_ring().decrypt(ballot.seed, place_of_seed(ballot.commitment))
    if is_encrypted(seed) or draw.commit_to(seed) != ballot.commitment:
        log.error("the seed of a ballot cannot be read, so it is not drawn", ballot=ballot.id)
        return False
    limits = session_seats.lock_sessions(ballot.session_keys)
    cache_version.recheck_if_behind()
    entries = queries.list_entries(ballot)
    people = operations.lock_in_order([entry.delegate_id for entry in entries])
    slots = _list_slots(ballot, limits)
    wishes = _list_possible_wishes(entries, {slot.key for slot in slots})
    won = draw.draw(seed, slots, wishes)
    _give_seats(ballot, entries, won, limits)
    ballot.document = _publish(ballot, seed, slots, wishes, won)
    ballot.drawn_at, ballot.seed = clock.now(), ""
    seat_count = sum(map(len, won.values()))
    result = f"{count_of(seat_count, 'seat')} for {count_of(len(people), 'person', 'people')}"
    sentence = f"The ballot “{ballot.title}” was drawn: {result}"
    history.record(sentence, subject=ballot.history_subject, actor=history.ACTOR_SITE)
    db.session.flush()
    bump_cache_version()
    return True


def email_results() -> None:
    """Email results of drawn ballots to some people who have not got theirs."""
    batch = queries.UNNOTIFIED.order_by(BallotEntry.id).limit(BATCH_SIZE)
    for entry in db.session.scalars(batch.with_for_update(of=BallotEntry, skip_locked=True)).all():
        entry.notified_at = clock.real_now()
        if entry.delegate.is_attending:
            won = queries.list_sessions(queries.read_keys(entry.won))
            session_emails.send_ballot_drawn(entry.delegate, entry.ballot, entry.ticket, won)


def _list_slots(ballot: Ballot, limits: dict[str, SeatLimit]) -> list[draw.Slot]:
    """List the sessions that can still be booked, with their free seats."""
    return [
        draw.Slot(
            session.key,
            max(0, limits[session.key].seats - limits[session.key].taken),
            _format(session.starts_at),
            _format(session.ends_at),
        )
        for session in queries.list_sessions(ballot.session_keys)
        if session.is_bookable
        and session.key in limits
        and not session_bookings.has_started(session)
    ]


def _format(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else ""


def _list_possible_wishes(
    entries: Sequence[BallotEntry], keys: Collection[str]
) -> dict[str, list[str]]:
    """Return all wishes, without those that could not be fulfilled whatever the draw."""
    known = {session.key: session for session in queries.list_sessions(list(keys))}
    booked = session_bookings.map_keys([entry.delegate_id for entry in entries])
    return {
        entry.ticket: [
            key
            for key in queries.read_keys(entry.wishes)
            if key in known
            and entry.delegate.is_attending
            and key not in booked.get(entry.delegate_id, ())
            and session_bookings.is_on_booked_days(entry.delegate, known[key])
            and not list_clashes(known[key], booked.get(entry.delegate_id, ()))
        ]
        for entry in entries
    }


def _give_seats(
    ballot: Ballot,
    entries: Sequence[BallotEntry],
    won: draw.Result,
    limits: dict[str, SeatLimit],
) -> None:
    titles = {session.key: session.title for session in queries.list_sessions(ballot.session_keys)}
    for entry in entries:
        entry.won = json.dumps(won[entry.ticket], ensure_ascii=False)
        for key in won[entry.ticket]:
            row = SessionBooking(
                delegate_id=entry.delegate_id,
                session_key=key,
                title=titles[key],
                booked_at=clock.now(),
            )
            bookings.take_seat(entry.delegate, limits[key], row, is_beyond_limit=True)
            sentence = f"Won a seat in {titles[key]} in the ballot “{ballot.title}”"
            operations.record(entry.delegate, sentence, history.ACTOR_SITE)


def _publish(
    ballot: Ballot,
    seed: str,
    slots: Sequence[draw.Slot],
    wishes: draw.Wishes,
    won: draw.Result,
) -> str:
    """Return the file with which anyone can repeat the draw."""
    titles = {session.key: session.title for session in queries.list_sessions(ballot.session_keys)}
    document = {
        "format": draw.FORMAT,
        "title": ballot.title,
        "closed_at": _format(ballot.closes_at),
        "commitment": ballot.commitment,
        "seed": seed,
        "sessions": [
            {
                "key": one.key,
                "title": titles[one.key],
                "seats": one.seats,
                "starts_at": one.starts_at,
                "ends_at": one.ends_at,
            }
            for one in sorted(slots, key=lambda slot: slot.key)
        ],
        "tickets": [
            {"ticket": ticket, "wishes": list(wishes[ticket]), "won": won[ticket]}
            for ticket in sorted(wishes)
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)
