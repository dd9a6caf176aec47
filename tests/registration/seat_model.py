"""The rules of places and seats, as plain as they can be said: all that is done is held against it.

A list is that of the conference with its categories, or that of one session. A place may count
towards several limits. People are numbers.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain


@dataclass(frozen=True)
class Claim:
    """What a person has, is offered, or waits for."""

    limits: tuple[str, ...]  # towards which it counts, the whole first
    group: int | None = None  # with which they stay together


def count_names(claims: Iterable[Claim]) -> Counter[str]:
    """Count how often each limit is named."""
    return Counter(name for one in claims for name in one.limits)


@dataclass
class SeatList:
    """Limits, and who has a place, who has an offer until when, and who waits, in order."""

    limits: dict[str, int]
    held: dict[int, Claim] = field(default_factory=dict)
    offered: dict[int, Claim] = field(default_factory=dict)
    queue: dict[int, Claim] = field(default_factory=dict)
    ends: dict[int, datetime] = field(default_factory=dict)  # of offers
    kept: dict[str, list[Claim]] = field(default_factory=dict)  # for codes and applicants

    def count(self, name: str) -> int:
        """Count what is taken of a limit: what people have, and what is offered or kept."""
        taken = (*self.held.values(), *self.offered.values(), *chain(*self.kept.values()))
        return sum(name in one.limits for one in taken)

    def fits(self, claims: Iterable[Claim], awaited: Iterable[Claim] = ()) -> bool:
        """Tell if so many more are within every limit, besides what others wait for."""
        wanted, others = count_names(claims), count_names(awaited)
        return all(
            self.count(name) + others[name] + more <= self.limits[name]
            for name, more in wanted.items()
        )

    def can_move(self, claim: Claim) -> bool:
        """Return whether a person with a place can have this one: it fits, and is not reserved."""
        part = Claim(claim.limits[1:])
        return self.fits([part], self.queue.values())

    def is_full(self, name: str) -> bool:
        """Return whether a limit is exhausted."""
        return self.count(name) >= self.limits[name]

    def find_next(self) -> list[int]:
        """Return whose turn it is: the first who can have a place, with the group they stay with.

        Whoever cannot use a free place is passed over, and keeps their turn. If that is only for
        want of a place in the whole, what is free of a part of it waits for them.
        """
        awaited: list[Claim] = []
        for person, claim in self.queue.items():
            group = [one for one, other in self.queue.items() if other.group == claim.group]
            people = [person] if claim.group is None else group
            claims = [self.queue[one] for one in people]
            if person == people[0] and self.fits(claims, awaited):
                return people
            if person == people[0] and self.is_full(claim.limits[0]):
                awaited += [Claim(one.limits[1:]) for one in claims]
        return []

    def is_free_for(self, claim: Claim) -> bool:
        """Return whether a newcomer gets a place: it fits, and is not reserved."""
        return self.fits([claim]) and not self.find_next()

    def give(self, person: int, claim: Claim) -> None:
        """Give a person a place, which ends their wait or offer."""
        self.forget(person)
        self.held[person] = claim

    def forget(self, person: int) -> None:
        """Remove a person's place, offer and wait."""
        for people in (self.held, self.offered, self.queue):
            people.pop(person, None)

    def offer_free(self, until: datetime) -> None:
        """Offer every free place to those whose turn it is."""
        while people := self.find_next():
            for person in people:
                self.offered[person], self.ends[person] = self.queue.pop(person), until
