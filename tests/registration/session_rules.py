"""What people and organisers do about seats in sessions: book, swap, wait, rank wishes, publish."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from hypothesis import strategies as st
from sqlalchemy import select

from app import clock
from app.database import db, transaction
from app.delegates.models import Delegate
from app.history.services import ACTOR_DELEGATE
from app.programme.models import Session
from app.registration import session_seats
from app.registration.ballots import draw
from app.registration.ballots import services as ballots
from app.registration.ballots.models import Ballot, BallotEntry
from app.registration.session_bookings import services
from app.releases.current_release import get_programme
from tests.factories import publish_programme
from tests.registration.place_rules import PlaceRules
from tests.registration.random_rules import precondition, rule
from tests.registration.seat_machine import A_SESSION, GRACE, HOURS, number_of, seat

BOOK, SWAP, LET_IN = "book", "swap", "let in"


@dataclass
class Draw:
    """A ballot that has not been drawn."""

    keys: set[str]
    ends_at: datetime
    wishes: dict[int, list[str]] = field(default_factory=dict)  # by the number of the booking


class SessionRules(PlaceRules):
    """Seats in sessions, of which two are at the same time."""

    ballot: Draw | None = None

    def find_booking(self, person: int) -> Delegate:
        """Return the current or last booking of a person."""
        address = Delegate.email == f"p{person}@example.org"
        order = Delegate.cancelled_at.is_not(None), Delegate.id.desc()
        found = select(Delegate).where(address).order_by(*order)
        return db.session.scalars(found.limit(1)).one()

    def clashes(self, person: int, key: str) -> set[str]:
        """Return the session in which a person has a seat at the same time."""
        same = {one for one in HOURS if HOURS[one] == HOURS[key]} - {key}
        return {one for one in same if person in self.sessions[one].held}

    def is_by_ballot(self, key: str) -> bool:
        """Return whether the seats of a session will be drawn."""
        return self.ballot is not None and key in self.ballot.keys

    def take_chosen_seats(self, person: int, sessions: set[str]) -> None:
        """Give a person the free seats that they chose while registering."""
        for one in get_programme().sessions:
            is_chosen = one.key in sessions and not self.clashes(person, one.key)
            if is_chosen and self.can_take(person, one.key):
                self.sessions[one.key].give(person, seat(one.key))

    def can_take(self, person: int, key: str) -> bool:
        """Return whether a person can get a seat: one on offer to them, or a free one."""
        session = self.sessions[key]
        if person in session.offered:
            return clock.now() < session.ends[person]
        return not self.is_by_ballot(key) and session.is_free_for(seat(key))

    @precondition(lambda self: self.places.held or self.cancelled)
    @rule(data=st.data(), key=A_SESSION, how=st.sampled_from([BOOK, SWAP, LET_IN]))
    def book(self, data: st.DataObject, key: str, how: str) -> None:
        """Book a seat or take the one on offer, perhaps in place of one at the same time.

        The organisers let people in beyond the limit, with a reason.
        """
        self.try_to_book(self.draw_attending(data), key, how)

    def try_to_book(self, person: int, key: str, how: str) -> None:
        """Press the button for a person, and compare the outcome with the model."""
        clashes, session = self.clashes(person, key), self.sessions[key]
        in_place_of = set() if how == BOOK else clashes

        def change() -> None:
            services.book(
                self.find_booking(person),
                get_programme().get_session(key),
                in_place_of=in_place_of,
                override_reason="They speak there" if how == LET_IN else "",
                actor=GRACE if how == LET_IN else ACTOR_DELEGATE,
            )

        has_room = how == LET_IN or self.can_take(person, key)
        is_possible = person in self.places.held and has_room and clashes <= in_place_of
        is_new = person not in session.held
        assert self.attempt(change) is (is_possible or not is_new)
        if is_new and is_possible:
            session.give(person, seat(key))
            for other in clashes:
                self.sessions[other].forget(person)
                self.offer_seats(other)

    @precondition(lambda self: self.places.held or self.cancelled)
    @rule(data=st.data(), key=A_SESSION)
    def give_back(self, data: st.DataObject, key: str) -> None:
        """Give a seat back, or none."""
        person = self.draw_attending(data)
        assert self.attempt(lambda: services.cancel(self.find_booking(person), key))
        if person in self.sessions[key].held:
            self.sessions[key].forget(person)
            self.offer_seats(key)

    @precondition(lambda self: self.places.held or self.cancelled)
    @rule(data=st.data(), key=A_SESSION)
    def wait_for_seat(self, data: st.DataObject, key: str) -> None:
        """Join the list of a session that is full."""
        person, session = self.draw_attending(data), self.sessions[key]
        waits = person in {**session.offered, **session.queue}
        is_full = not session.is_free_for(seat(key))
        comes = person in self.places.held and person not in session.held
        is_possible = comes and not self.is_by_ballot(key) and (waits or is_full)

        def change() -> None:
            services.join_waiting_list(self.find_booking(person), get_programme().get_session(key))

        assert self.attempt(change) is is_possible
        if is_possible and not waits:
            session.queue[person] = seat(key)

    @precondition(lambda self: self.places.held or self.cancelled)
    @rule(data=st.data(), key=A_SESSION)
    def wait_no_longer(self, data: st.DataObject, key: str) -> None:
        """Leave the list of a session, or decline a seat, or do neither."""
        person, session = self.draw_attending(data), self.sessions[key]
        assert self.attempt(lambda: services.leave_waiting_list(self.find_booking(person), key))
        if person in {**session.offered, **session.queue}:
            session.forget(person)
            self.offer_seats(key)

    @rule(data=st.data(), more=st.integers(-1, 2))
    def publish(self, data: st.DataObject, more: int) -> None:
        """Change the limit of a session, also below the number taken.

        A person who comes before the worker's next round does not overtake the waiting list.
        """
        awaited = [key for key in sorted(HOURS) if self.sessions[key].queue]
        key = data.draw(st.sampled_from(awaited) if awaited else A_SESSION)
        session, name = self.sessions[key], session_seats.session_limit(key)
        number = max(1, session.count(name) + more)
        with transaction():
            db.session.scalars(select(Session).where(Session.key == key)).one().seats = number
        self.attempt(publish_programme)
        session.limits[name] = number
        known = {*session.held, *session.offered, *session.queue}
        newcomers = [one for one in sorted(self.places.held) if one not in known]
        if newcomers:
            self.try_to_book(data.draw(st.sampled_from(newcomers)), key, SWAP)

    @precondition(lambda self: not self.ballot)
    @rule(keys=st.sets(A_SESSION, min_size=1, max_size=2), hours=st.sampled_from([10, 20]))
    def open_ballot(self, keys: set[str], hours: int) -> None:
        """Open a ballot for a session without a waiting list."""
        ends_at = clock.now() + timedelta(hours=hours)
        details = ballots.BallotDetails("Workshops", ends_at, frozenset(keys))
        waits = any(self.sessions[key].queue for key in keys)
        assert self.attempt(lambda: ballots.create(details, actor=GRACE)) is not waits
        self.ballot = None if waits else Draw(keys, ends_at)

    @precondition(lambda self: self.ballot and (self.places.held or self.cancelled))
    @rule(data=st.data())
    def wish(self, data: st.DataObject) -> None:
        """Let people rank wishes in the ballot, until it closes."""
        assert self.ballot is not None
        ballot, first = self.get_ballot().id, self.draw_attending(data)
        keys = data.draw(st.permutations(sorted(self.ballot.keys)))
        for person in sorted({first, *self.places.held}):
            number = self.find_booking(person).id
            db.session.rollback()
            is_possible = person in self.places.held and clock.now() < self.ballot.ends_at
            assert self.attempt(partial(self.save_wishes, person, ballot, keys)) is is_possible
            if is_possible:
                self.ballot.wishes[number] = keys

    def save_wishes(self, person: int, ballot: int, keys: list[str]) -> None:
        """Submit a person's ballot choices."""
        ballots.save_wishes(self.find_booking(person), ballot, keys)

    def get_ballot(self) -> Ballot:
        """Return the last ballot."""
        return db.session.scalars(select(Ballot).order_by(Ballot.id.desc()).limit(1)).one()

    def end_overdue_seats(self) -> None:
        """End the offers whose time is over, offer what is free, and draw the ballot."""
        for key, session in self.sessions.items():
            for person in list(session.offered):
                if session.ends[person] <= clock.now():
                    session.forget(person)
            self.offer_seats(key)
        if self.ballot is not None and self.ballot.ends_at <= clock.now():
            self.compare_draw(self.ballot)
            self.ballot = None

    def compare_draw(self, ballot: Draw) -> None:
        """Compare what was drawn from, run the draw again, and give the seats that were won."""
        document = json.loads(self.get_ballot().document)
        for one in document["sessions"]:
            session, name = self.sessions[one["key"]], session_seats.session_limit(one["key"])
            assert one["seats"] == max(0, session.limits[name] - session.count(name))
        assert {one["key"] for one in document["sessions"]} == ballot.keys
        assert draw.verify(document) == []
        tickets = {one["ticket"]: one for one in document["tickets"]}
        of_ballot = BallotEntry.ballot_id == self.get_ballot().id
        entries = db.session.scalars(select(BallotEntry).where(of_ballot)).all()
        assert {one.delegate_id for one in entries} == ballot.wishes.keys()
        won: dict[int, list[str]] = {}
        for entry in entries:
            person, ticket = number_of(entry.delegate.email), tickets[entry.ticket]
            assert ticket["wishes"] == [
                key
                for key in ballot.wishes[entry.delegate_id]
                if entry.delegate.is_attending
                and person not in self.sessions[key].held
                and not self.clashes(person, key)
            ]
            won[person] = [*won.get(person, ()), *ticket["won"]]
        for person, keys in won.items():
            for key in keys:
                self.sessions[key].give(person, seat(key))
        db.session.rollback()
