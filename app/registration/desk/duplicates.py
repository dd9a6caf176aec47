"""Two bookings of one person: finding likely ones, and merging them into one.

Nothing is certain: two people may share an address, or a name. So the desk compares two bookings,
and chooses what to keep. One transaction then moves the seats in sessions and the waits that fit,
cancels the other booking, releasing its place, and changes the one that is kept. Or the desk says
that they are of different people, so that they are no longer listed.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import Label, SQLColumnExpression, and_, delete, func, or_, select

from app.database import db
from app.delegates.answer_json import Answers
from app.delegates.delegate_field import DelegateField
from app.delegates.fields import BOOKING_FIELDS, DAYS, EMAIL
from app.delegates.models import Delegate
from app.delegates.queries import ATTENDING
from app.errors import NotFound, RuleViolation
from app.registration.bookings import erasure, operations
from app.registration.bookings.operations import StaleBooking
from app.registration.bookings.queries import BOOKING_GONE
from app.registration.desk import services as desk
from app.registration.desk.merged_waits import move_waits
from app.registration.desk.models import DistinctBookings
from app.registration.session_bookings import merging
from app.registration.speaker_places import queries as speaker_places
from app.registration.speaker_places import services as links
from app.row_locks import lock_row

SAME_EMAIL, SAME_NAME = "email", "name"  # reasons why two bookings may be of one person
MAX_GROUPS: Final = 200  # of similar bookings, per reason
MERGED_FIELDS = tuple(field for field in BOOKING_FIELDS if field.name != EMAIL)
SHOWN = select(Delegate.id).where(ATTENDING)
IdPair = tuple[int, int]  # the older booking first


class LikelyPair(NamedTuple):
    """The ids of two bookings that may be of one person, the older first, and the reasons."""

    first: int
    second: int
    reasons: tuple[str, ...]


class ListedBooking(NamedTuple):
    """The data of a booking in the list."""

    reference: str
    given_names: str
    family_name: str
    email: str

    @property
    def full_name(self) -> str:
        """The name in the order in which it was given."""
        return f"{self.given_names} {self.family_name}".strip()


class LikelyDuplicate(NamedTuple):
    """Two bookings that may be of one person, the older first."""

    first: ListedBooking
    second: ListedBooking
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class MergeChoice:
    """Which booking to keep, with which answers of the other, and whether to notify the person."""

    kept: Delegate
    cancelled: Delegate
    answers: Answers
    versions: Mapping[str, int]  # by reference, as the page showed them
    notify: bool = True


def list_likely(*, offset: int, limit: int) -> tuple[Sequence[LikelyDuplicate], int]:
    """List a page of pairs of bookings with the same address, or the same name and country.

    Pairs with both come first. Also return the total number.
    """
    return _load_pairs(_find_pairs(), offset=offset, limit=limit)


def list_distinct(*, offset: int, limit: int) -> tuple[Sequence[LikelyDuplicate], int]:
    """List a page of pairs marked as different people, and their number."""
    rows = db.session.execute(
        select(DistinctBookings.first_id, DistinctBookings.second_id)
        .where(DistinctBookings.first_id.in_(SHOWN), DistinctBookings.second_id.in_(SHOWN))
        .order_by(DistinctBookings.first_id, DistinctBookings.second_id)
    )
    pairs = [LikelyPair(first, second, ()) for first, second in rows]
    return _load_pairs(pairs, offset=offset, limit=limit)


def _load_pairs(
    pairs: Sequence[LikelyPair], *, offset: int, limit: int
) -> tuple[Sequence[LikelyDuplicate], int]:
    window = pairs[offset : offset + limit]
    numbers = {number for pair in window for number in (pair.first, pair.second)}
    columns = (Delegate.reference, Delegate.given_names, Delegate.family_name, Delegate.email)
    rows = db.session.execute(select(Delegate.id, *columns).where(Delegate.id.in_(numbers)))
    people = {number: ListedBooking(*known) for number, *known in rows}
    return [
        LikelyDuplicate(people[first], people[second], why) for first, second, why in window
    ], len(pairs)


def _find_pairs() -> Sequence[LikelyPair]:
    by_email = _list_groups(Delegate.email_key)
    by_name = _list_groups(Delegate.name_sort_key, Delegate.country)
    distinct = _list_distinct_ids()
    reasons: dict[tuple[int, int], list[str]] = {}
    for reason, groups in ((SAME_EMAIL, by_email), (SAME_NAME, by_name)):
        for group in groups:
            for pair in _pair_up(group, distinct):
                reasons.setdefault(pair, []).append(reason)
    found = [LikelyPair(*pair, tuple(why)) for pair, why in reasons.items()]
    return sorted(found, key=lambda one: (-len(one.reasons), one.first, one.second))


def _pair_up(group: Sequence[int], distinct: Container[IdPair]) -> Iterator[IdPair]:
    """Yield each booking with the first earlier one that may be of the same person."""
    for index, other in enumerate(group):
        pairs = ((first, other) for first in group[:index])
        likely = next((pair for pair in pairs if pair not in distinct), None)
        if likely is not None:
            yield likely


def _list_distinct_ids() -> frozenset[IdPair]:
    rows = db.session.execute(select(DistinctBookings.first_id, DistinctBookings.second_id))
    return frozenset((first, second) for first, second in rows)


def is_distinct(first: Delegate, second: Delegate) -> bool:
    """Return True if two bookings, the older first, are marked as different people."""
    return db.session.get(DistinctBookings, (first.id, second.id)) is not None


def mark_distinct(first: Delegate, second: Delegate, *, actor: str) -> bool:
    """Mark two bookings as different people; return False if they are marked already."""
    _lock_pair(first, second)
    if is_distinct(first, second):
        return False
    db.session.add(DistinctBookings(first_id=first.id, second_id=second.id))
    _record_of_both(first, second, "Marked as not a duplicate of booking", actor)
    return True


def unmark_distinct(first: Delegate, second: Delegate, *, actor: str) -> bool:
    """List two bookings as likely duplicates again; return False if they are not marked."""
    _lock_pair(first, second)
    marked = db.session.get(DistinctBookings, (first.id, second.id))
    if marked is None:
        return False
    db.session.delete(marked)
    _record_of_both(first, second, "No longer marked as not a duplicate of booking", actor)
    return True


def _lock_pair(first: Delegate, second: Delegate) -> None:
    for one in (first, second):
        operations.lock(one)


def _record_of_both(first: Delegate, second: Delegate, summary: str, actor: str) -> None:
    operations.record(first, f"{summary} {second.reference}", actor)
    operations.record(second, f"{summary} {first.reference}", actor)


def get_pair(reference: str, other: str) -> tuple[Delegate, Delegate]:
    """Return two active bookings, the older first; raise NotFound if there are none."""
    found = select(Delegate).where(ATTENDING, Delegate.reference.in_((reference, other)))
    pair = db.session.scalars(found.order_by(Delegate.id)).all()
    if len(pair) != len({reference, other}) or reference == other:
        raise NotFound("One of these bookings does not exist or has been cancelled")
    return pair[0], pair[1]


def list_differences(first: Delegate, second: Delegate) -> Sequence[DelegateField]:
    """List the answers in which two bookings differ, without private ones."""
    return [field for field in MERGED_FIELDS if field.get(first) != field.get(second)]


def merge(choice: MergeChoice, *, actor: str) -> None:
    """Cancel one booking, and move its seats and the chosen answers to the other.

    Seats move unless they clash with one of the kept booking; waits move unless it has what they
    are for, or cannot wait for it. A speaker is linked to the kept booking. Raise StaleBooking if
    one of them has changed since the page was opened.
    """
    kept, cancelled = choice.kept, choice.cancelled
    desk.lock_for_cancelling([kept, cancelled])
    for one in (kept, cancelled):
        _require_unchanged(one, choice.versions)
    reason = f"You had two bookings. We have kept {kept.reference}, so you still have a place"
    speaker = speaker_places.find_speaker(cancelled)
    if speaker is not None and speaker_places.find_speaker(kept) is None:
        links.link(speaker, kept, actor=actor)
    days = choice.answers.get(DAYS, kept.days)
    moved = merging.move_seats(cancelled, kept, days)
    waits = move_waits(cancelled, kept, days, actor=actor, notify=choice.notify)
    move_results = (
        ("Seats moved to it", moved),
        ("Waiting lists moved to it", waits.moved),
        ("You are no longer waiting for", waits.ended),
    )
    reason = f"{reason}{_list_titles(move_results)}"
    released = desk.cancel(
        cancelled, actor=actor, notify=choice.notify, reason=reason, kept=kept.reference
    )
    changed = _list_titles(
        (
            ("Seats moved", moved),
            ("Seats given back", released),
            ("Waiting lists moved", waits.moved),
            ("Waiting lists left", waits.ended),
        )
    )
    operations.record(cancelled, f"Merged into booking {kept.reference}{changed}", actor)
    db.session.refresh(kept)
    kept.has_opened_equality |= cancelled.has_opened_equality
    if choice.answers:
        version = kept.version
        desk.update(
            kept, choice.answers, expected_version=version, actor=actor, notify=choice.notify
        )
    summary = f"Booking {cancelled.reference} was merged into this one{changed}"
    operations.record(kept, summary, actor)


def _list_titles(parts: Iterable[tuple[str, Sequence[str]]]) -> str:
    """Append a sentence about seats and waits, with their titles, to another sentence."""
    return "".join(f". {label}: {', '.join(titles)}" for label, titles in parts if titles)


def _erase_distinct(delegate: Delegate) -> None:
    """Delete the pairs of a booking, which reveal who resembled whom."""
    is_own = or_(
        DistinctBookings.first_id == delegate.id, DistinctBookings.second_id == delegate.id
    )
    db.session.execute(delete(DistinctBookings).where(is_own))


erasure.ERASED_ABOVE.append(_erase_distinct)


def _require_unchanged(delegate: Delegate, versions: Mapping[str, int]) -> None:
    # The speaker is locked later: a transaction that links a booking to them must not wait for it.
    lock_row(delegate, BOOKING_GONE, key_share=True)
    if not delegate.is_attending:
        raise RuleViolation("One of these bookings has been cancelled since you opened this page")
    if versions.get(delegate.reference) != delegate.version:
        raise StaleBooking(
            delegate.version,
            message="One of these bookings has changed since you opened this page. "
            "Check both, then merge them again",
        )


def _list_groups(*columns: SQLColumnExpression[str]) -> list[list[int]]:
    """Group the ids of active bookings with equal values, where there are several.

    Most bookings have no duplicates: an index alone tells, so that their ids are not read. It also
    sorts what is read first, so that reading ends early if there are many duplicates.
    """
    keys: list[Label[str]] = [one.label(f"key_{number}") for number, one in enumerate(columns)]
    shared = (
        select(*keys)
        .where(ATTENDING)
        .group_by(*columns)
        .having(and_(func.count() > 1, *(column != "" for column in columns)))
        .order_by(*columns)
        .limit(MAX_GROUPS)
        .cte("shared")
        .prefix_with("MATERIALIZED")
    ).c
    same = (one == shared[key.name] for one, key in zip(columns, keys, strict=True))
    rows = select(Delegate.id, *(shared[key.name] for key in keys)).where(ATTENDING, *same)
    groups: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, *values in db.session.connection().execute(rows).all():
        groups[tuple(values)].append(number)
    return sorted(sorted(one) for one in groups.values())
