"""Two bookings of one person: finding likely ones, and merging them into one.

Nothing is sure: two people may share an address, or a name. So the desk compares two bookings, and
chooses what stays. One transaction then cancels the other, whose places are free, and changes the
one that stays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import SQLColumnExpression, String, cast, func, select
from sqlalchemy.orm import load_only

from app.database import db
from app.errors import NotFound, RuleViolation
from app.registration.bookings import operations
from app.registration.bookings.operations import StaleBooking
from app.registration.delegate_field import DelegateField
from app.registration.desk import services as desk
from app.registration.fields import BOOKING_FIELDS, EMAIL
from app.registration.models import Delegate
from app.registration.queries import ATTENDING, Answers
from app.registration.speaker_places import queries as speaker_places
from app.registration.speaker_places import services as links

SAME_EMAIL, SAME_NAME = "email", "name"  # why two bookings may be of one person
MAX_PAIRS: Final = 200
MERGED_FIELDS = tuple(one for one in BOOKING_FIELDS if one.name != EMAIL)
FOLDED_EMAIL = func.lower(Delegate.email)


class LikelyPair(NamedTuple):
    """The ids of two bookings that may be of one person, the older first, and why."""

    first: int
    second: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class LikelyDuplicate:
    """Two bookings that may be of one person, the older first."""

    first: Delegate
    second: Delegate
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class MergeChoice:
    """Which booking stays, with which answers of the other, and whether the person is told."""

    kept: Delegate
    cancelled: Delegate
    answers: Answers
    versions: Mapping[str, int]  # by reference, as the page showed them
    notify: bool = True


def list_likely(*, offset: int, limit: int) -> tuple[Sequence[LikelyDuplicate], int]:
    """List a page of pairs of bookings with the same address, or the same name and country.

    Pairs with both come first. Return how many there are as well.
    """
    pairs = _find_pairs()
    window = pairs[offset : offset + limit]
    numbers = {number for one in window for number in (one.first, one.second)}
    named = load_only(
        Delegate.reference, Delegate.given_names, Delegate.family_name, Delegate.email
    )
    rows = db.session.scalars(select(Delegate).where(Delegate.id.in_(numbers)).options(named))
    people = {one.id: one for one in rows}
    return [
        LikelyDuplicate(people[first], people[second], why) for first, second, why in window
    ], len(pairs)


def _find_pairs() -> Sequence[LikelyPair]:
    by_email = _list_groups(FOLDED_EMAIL)
    by_name = _list_groups(Delegate.name_sort_key, Delegate.country)
    reasons: dict[tuple[int, int], list[str]] = {}
    for reason, groups in ((SAME_EMAIL, by_email), (SAME_NAME, by_name)):
        for group in groups:
            first, *others = group
            for other in others:
                reasons.setdefault((first, other), []).append(reason)
    found = [LikelyPair(*pair, tuple(why)) for pair, why in reasons.items()]
    return sorted(found, key=lambda one: (-len(one.reasons), one.first, one.second))


def get_pair(reference: str, other: str) -> tuple[Delegate, Delegate]:
    """Return two attending bookings, the older first; raise NotFound."""
    found = select(Delegate).where(ATTENDING, Delegate.reference.in_((reference, other)))
    pair = db.session.scalars(found.order_by(Delegate.id)).all()
    if len(pair) != len({reference, other}) or reference == other:
        raise NotFound("One of these bookings does not exist or has been cancelled")
    return pair[0], pair[1]


def list_differences(first: Delegate, second: Delegate) -> Sequence[DelegateField]:
    """List the answers in which two bookings differ, without private ones."""
    return [one for one in MERGED_FIELDS if one.get(first) != one.get(second)]


def merge(choice: MergeChoice, *, actor: str) -> None:
    """Cancel one booking and give the other the answers that were chosen.

    Whoever speaks has the booking that stays. Raise StaleBooking if one of them has changed since
    the page was opened.
    """
    kept, cancelled = choice.kept, choice.cancelled
    desk.lock_for_cancelling([kept, cancelled])
    for one in (kept, cancelled):
        _require_unchanged(one, choice.versions)
    reason = f"You had two bookings. We have kept {kept.reference}, so you still have a place"
    speaker = speaker_places.find_speaker(cancelled)
    if speaker is not None and speaker_places.find_speaker(kept) is None:
        links.link(speaker, kept, actor=actor)
    desk.cancel(cancelled, actor=actor, notify=choice.notify, reason=reason)
    operations.record(cancelled, f"Merged into booking {kept.reference}", actor)
    db.session.refresh(kept)
    if choice.answers:
        version = kept.version
        desk.update(
            kept, choice.answers, expected_version=version, actor=actor, notify=choice.notify
        )
    operations.record(kept, f"Booking {cancelled.reference} was merged into this one", actor)


def _require_unchanged(delegate: Delegate, versions: Mapping[str, int]) -> None:
    operations.lock(delegate)
    if not delegate.is_attending:
        raise RuleViolation("One of these bookings has been cancelled since you opened this page")
    if versions.get(delegate.reference) != delegate.version:
        raise StaleBooking(
            delegate.version,
            message="One of these bookings has changed since you opened this page. "
            "Check both, then merge them again",
        )


def _list_groups(*columns: SQLColumnExpression[str]) -> list[list[int]]:
    """Group the ids of attending bookings in which these are the same, where there are several."""
    ids = func.aggregate_strings(cast(Delegate.id, String), " ")
    groups = (
        select(ids)
        .where(ATTENDING, *(one != "" for one in columns))
        .group_by(*columns)
        .having(func.count() > 1)
        .order_by(func.min(Delegate.id))
        .limit(MAX_PAIRS)
    )
    return [sorted(map(int, group.split())) for group in db.session.scalars(groups)]
