"""What is done about places: register, wait, take an offer, cancel, change limits."""

from collections.abc import Mapping
from datetime import datetime

from hypothesis import strategies as st
from sqlalchemy import select

from app import cache_version, clock
from app.database import db, transaction
from app.delegates.categories import queries as categories
from app.delegates.categories.models import RegistrationCategory
from app.delegates.categories.queries import CATEGORY
from app.delegates.models import CONFERENCE, Delegate
from app.programme import public_settings
from app.programme.models import Conference
from app.registration import category_services, conference_settings, links, services
from app.registration.bookings import category_waiting, operations
from app.registration.desk import services as desk
from app.registration.groups import services as groups
from app.registration.groups.models import PLACED, GroupMember
from app.registration.session_bookings.choices import SESSIONS, dump_keys
from app.registration.waiting_list import manual_changes, offers, terms
from app.registration.waiting_list import services as waiting_list
from app.registration.waiting_list.models import WaitingListEntry
from tests.registration.random_rules import precondition, rule
from tests.registration.seat_machine import (
    A_SESSION,
    DELEGATES,
    GRACE,
    INVITED,
    PLACES,
    STUDENTS,
    SeatMachine,
    build_answers,
    find,
    get_offer_end,
    number_of,
)
from tests.registration.seat_model import Claim

TO_TOP, WITHIN_LIMITS, WITH_NEW_PLACE = "to the top", "an offer", "an offer of a new place"
FOR_ALL = st.sampled_from([DELEGATES, STUDENTS])


def close_registration_at(moment: datetime | None) -> None:
    """Close registration at a time, or leave it open until the conference."""
    with transaction():
        conference = db.session.get_one(Conference, 1)
        public_settings.update(conference, {"registration_closes_at": moment})
        cache_version.bump_cache_version()


class PlaceRules(SeatMachine):
    """Places at the conference and in its categories."""

    def open_registration(self, categories: list[str]) -> None:
        """Let so many come at once that some wait; then there is one place more."""
        for one in categories:
            self.register_person(self.add_person(), one, sessions={"knots"})
        self.set_limit(4, "")

    @rule(category=FOR_ALL, at_desk=st.booleans(), sessions=st.sets(A_SESSION, max_size=2))
    def register(self, category: str, at_desk: bool, sessions: set[str]) -> None:
        """Register a person if there is a place, or add them to the waiting list."""
        if at_desk:
            self.add_at_desk(category)
        else:
            self.register_person(self.add_person(), category, sessions=sessions)

    @precondition(lambda self: self.people)
    @rule(data=st.data(), category=FOR_ALL)
    def register_again(self, data: st.DataObject, category: str) -> None:
        """Register a person who has a place, waits, applies, or has cancelled."""
        person = data.draw(st.integers(1, self.people))
        self.register_person(person, category)

    def register_person(
        self,
        person: int,
        category: str,
        more: Mapping[str, str] | None = None,
        *,
        code: int = 0,
        sessions: set[str] | None = None,
    ) -> None:
        """Submit a person's answers, and compare the outcome with the model."""
        claim, kept = self.claim(category), self.places.kept.get(f"code {code}")
        number = {
            CATEGORY: str(self.categories[category]),
            SESSIONS: dump_keys(sorted(sessions or ())),
        }
        with transaction():
            secret = services.create_draft({**build_answers(person), **number, **(more or {})})
        has_place = bool(kept) or self.places.is_free_for(claim)
        is_new = person not in self.places.held
        assert self.attempt(lambda: services.submit(secret, "en")) is has_place
        if not has_place:
            assert self.attempt(lambda: services.submit_to_waiting_list(secret, "en"))
            if is_new:
                self.wait_for_place(person, claim)
        elif is_new:
            if kept:
                kept.pop()
            self.transfers.pop(person, None)
            self.give_place(person, claim)
            self.take_chosen_seats(person, sessions or set())
        if code and is_new:
            self.codes[code].users.add(person)

    def wait_for_place(self, person: int, claim: Claim) -> None:
        """Let somebody wait; an offer of theirs that is over goes to others, or is made again."""
        offered = self.places.offered.get(person)
        if offered is not None and self.places.ends[person] <= clock.now():
            self.places.forget(person)
            if self.places.find_next():
                self.give_back_use(person)
                self.offer()
            else:
                self.places.offered[person], self.places.ends[person] = offered, get_offer_end()
        if person not in {**self.places.queue, **self.places.offered}:
            self.places.queue[person] = claim

    def take_chosen_seats(self, person: int, sessions: set[str]) -> None:
        """Give a person the free seats that they chose while registering."""
        raise NotImplementedError

    def give_place(self, person: int, claim: Claim) -> None:
        """Give a person a place, which ends all their other claims."""
        self.stop_waiting(person)
        self.end_application(person)
        self.places.give(person, claim)
        self.offer()

    def stop_waiting(self, person: int) -> None:
        """End a wait or an offer, if there is one."""
        if person in {**self.places.queue, **self.places.offered}:
            if person not in self.places.held:  # people who keep a place have waited without a code
                self.give_back_use(person)
            for people in (self.places.queue, self.places.offered):
                people.pop(person, None)

    def give_back_use(self, person: int) -> None:
        """Let another person use the code with which this person joined the list."""
        for code in self.codes.values():
            code.users.discard(person)

    def end_application(self, person: int) -> None:
        """End an application, and the place that is kept for it."""
        self.applicants.discard(person)
        self.places.kept.pop(f"applicant {person}", None)

    def draw_attending(self, data: st.DataObject) -> int:
        """Choose a person who has, or had, a place."""
        return data.draw(st.sampled_from(sorted({*self.places.held, *self.cancelled})))

    @precondition(lambda self: self.places.held)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """Cancel a booking on its page, or let the desk or the contact of a group do so."""
        person = data.draw(st.sampled_from(sorted(self.places.held)))
        token = links.booking_token(find(Delegate, person))
        db.session.rollback()

        def change() -> None:
            delegate = find(Delegate, person)
            is_it = GroupMember.delegate_id == delegate.id, GroupMember.state == PLACED
            member = db.session.scalar(select(GroupMember).where(*is_it))
            if member is None:
                operations.cancel(delegate, actor=GRACE)
            else:
                groups.cancel(member)

        if data.draw(st.booleans()):
            assert self.press(f"/booking/{token}/cancel", "Cancel my booking")
        else:
            assert self.attempt(change)
        self.end_booking(person)
        self.offer()

    def end_booking(self, person: int) -> None:
        """Remove a person's place, seats and waiting list entries."""
        self.cancelled[person] = self.places.held[person]
        self.places.forget(person)
        for key, session in self.sessions.items():
            if person in {**session.held, **session.offered, **session.queue}:
                session.forget(person)
                self.offer_seats(key)

    @precondition(lambda self: self.cancelled)
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        """Restore a cancelled person to a free place before those who wait."""
        person = data.draw(st.sampled_from(sorted(self.cancelled)))
        claim, is_gone = self.cancelled[person], Delegate.cancelled_at.is_not(None)
        address = Delegate.email == f"p{person}@example.org"

        def change() -> None:
            bookings = select(Delegate).where(address, is_gone).order_by(Delegate.id.desc())
            operations.restore(db.session.scalars(bookings.limit(1)).one(), actor=GRACE)

        is_possible = person not in self.places.held and self.places.fits([claim])
        if self.attempt(change):
            assert is_possible
            del self.cancelled[person]
            self.give_place(person, claim)
        else:
            assert not is_possible

    def add_at_desk(self, category: str) -> None:
        """Let the desk add a person before those who wait."""
        person, claim = self.add_person(), self.claim(category)
        answers = {**build_answers(person), CATEGORY: str(self.categories[category])}
        is_possible = self.places.fits([claim])
        assert self.attempt(lambda: desk.add(answers, "en", actor=GRACE)) is is_possible
        if is_possible:
            self.give_place(person, claim)

    @precondition(lambda self: self.places.held)
    @rule(data=st.data(), category=st.sampled_from(sorted(PLACES)))
    def change_category(self, data: st.DataObject, category: str) -> None:
        """Let the desk move a booking to another category."""
        person = data.draw(st.sampled_from(sorted(self.places.held)))
        before, claim = self.places.held.pop(person), self.claim(category)
        is_possible = claim.limits == before.limits or self.places.can_move(claim)
        number = self.categories[category]
        done = self.attempt(
            lambda: desk.move_to_category(find(Delegate, person), number, actor=GRACE)
        )
        assert done is is_possible
        self.places.held[person] = claim if done else before
        awaited = {**self.places.queue, **self.places.offered}.get(person)
        if done and awaited is not None and awaited.limits == claim.limits[1:]:
            self.stop_waiting(person)
        self.offer()

    @precondition(lambda self: self.places.held)
    @rule(data=st.data(), category=st.sampled_from([STUDENTS, STUDENTS, *PLACES]))
    def wait_for_category(self, data: st.DataObject, category: str) -> None:
        """Wait for another category that is full, and keep the place."""
        claim, number = self.claim(category), self.categories[category]
        held = self.places.held.items()
        others = sorted(person for person, own in held if own.limits != claim.limits)
        person = data.draw(st.sampled_from(others or sorted(self.places.held)))
        part = Claim(claim.limits[1:])
        before = {**self.places.queue, **self.places.offered}.get(person)
        is_other = claim.limits != self.places.held[person].limits
        is_needed = before == part if before else not self.places.can_move(claim)
        is_possible = is_other and category in {DELEGATES, STUDENTS} and is_needed
        if is_possible and not before and data.draw(st.booleans()):
            token = links.booking_token(find(Delegate, person))
            db.session.rollback()
            address = f"/booking/{token}/category/{number}/wait"
            assert self.press(address, "Join the waiting list and keep your place")
        else:
            join = category_waiting.join
            assert self.attempt(lambda: join(find(Delegate, person), number)) is is_possible
        if is_possible and not before:
            self.places.queue[person] = part

    @precondition(lambda self: self.places.offered)
    @rule(data=st.data())
    def accept(self, data: st.DataObject) -> None:
        """Take a place that is offered, on its page or not, in time or too late."""
        person = data.draw(st.sampled_from(sorted(self.places.offered)))
        self.move_clock(data.draw(st.sampled_from([0, 23, 25])))
        is_in_time = clock.now() < self.places.ends[person]
        token = links.waiting_list_token(find(WaitingListEntry, person))
        db.session.rollback()
        keeps_place = person in self.places.held
        take = category_waiting.accept if keeps_place else waiting_list.accept
        if data.draw(st.booleans()):
            done = self.press(f"/waiting-list/{token}", "Accept the place")
        else:
            done = self.attempt(lambda: take(find(WaitingListEntry, person)))
        assert done is is_in_time
        if done and keeps_place:
            part = self.places.offered[person]
            self.places.give(person, Claim((CONFERENCE, *part.limits)))
            self.offer()
        elif done:
            self.end_application(person)
            self.transfers.pop(person, None)
            self.places.give(person, self.places.offered[person])
            self.offer()

    @precondition(lambda self: self.places.offered or self.places.queue)
    @rule(data=st.data())
    def leave_list(self, data: st.DataObject) -> None:
        """Leave the list, or decline an offer."""
        person = data.draw(st.sampled_from(sorted({**self.places.offered, **self.places.queue})))
        assert self.attempt(lambda: waiting_list.leave(find(WaitingListEntry, person)))
        self.stop_waiting(person)
        self.offer()

    @precondition(lambda self: self.places.queue)
    @rule(data=st.data(), category=FOR_ALL)
    def change_terms(self, data: st.DataObject, category: str) -> None:
        """Wait for another category at the same turn; an invitation is for its own."""
        person = data.draw(st.sampled_from(list(self.places.queue)))
        before = self.places.queue[person]
        wanted = {CATEGORY: str(self.categories[category]), "days": "2009-06-10"}
        can_change = person not in self.places.held
        done = self.attempt(lambda: terms.change(find(WaitingListEntry, person), wanted))
        assert done is can_change
        if can_change and self.limit_of(INVITED) not in before.limits:
            self.places.queue[person] = self.claim(category, before.group)
        self.offer()

    @precondition(lambda self: self.places.queue)
    @rule(data=st.data(), how=st.sampled_from([TO_TOP, WITHIN_LIMITS, WITH_NEW_PLACE]))
    def put_before_others(self, data: st.DataObject, how: str) -> None:
        """Move a person to the top, or offer them a place; a full limit may be raised by one."""
        person = data.draw(st.sampled_from(list(self.places.queue)))
        claim, why = self.places.queue[person], {"reason": "Mistake", "actor": GRACE}
        adds_place = how == WITH_NEW_PLACE

        def change() -> None:
            entry = find(WaitingListEntry, person)
            if how == TO_TOP:
                manual_changes.move_to_top(entry, **why)
            else:
                manual_changes.offer_out_of_turn(entry, **why, adds_place=adds_place)

        is_possible = how != WITHIN_LIMITS or self.places.fits([claim])
        assert self.attempt(change) is is_possible
        if how == TO_TOP:
            self.places.queue = {person: self.places.queue.pop(person), **self.places.queue}
            self.offer()
        elif is_possible:
            for name in claim.limits:
                needed = self.places.count(name) + 1
                self.places.limits[name] = max(self.places.limits[name], needed)
            self.places.offered[person] = self.places.queue.pop(person)
            self.places.ends[person] = get_offer_end()

    @rule(places=st.integers(1, 6), of=st.sampled_from(["", STUDENTS, INVITED]))
    def set_limit(self, places: int, of: str) -> None:
        """Raise or lower a limit; beforehand the preview says whom that lets in."""
        name = self.limit_of(of) if of else CONFERENCE
        preview = {number_of(one.email) for one in manual_changes.preview_raise(name, places)}
        db.session.rollback()
        before, offered = self.places.limits[name], set(self.places.offered)
        is_possible = places >= self.places.count(name)

        def change() -> None:
            if not of:
                conference_settings.change_limit(places, expected_limit=before, actor=GRACE)
                return
            category = db.session.get_one(RegistrationCategory, self.categories[of])
            values = {**categories.build_values(category), "limit": places}
            version = category.version
            category_services.save(category, values, expected_version=version, actor=GRACE)

        assert self.attempt(change) is is_possible
        if is_possible:
            self.places.limits[name] = places
            self.offer()
            assert set(self.places.offered) - offered == preview

    @rule(places=st.integers(3, 6), category=FOR_ALL)
    def open_again_with_more_places(self, places: int, category: str) -> None:
        """Raise the limit while registration is closed, which makes no offers, and reopen it.

        A person who comes before the worker's next round does not overtake the waiting list.
        """
        before = self.places.limits[CONFERENCE]
        close_registration_at(clock.now())

        def change() -> None:
            conference_settings.change_limit(places, expected_limit=before, actor=GRACE)

        if self.attempt(change):
            self.places.limits[CONFERENCE] = places
        close_registration_at(None)
        self.register_person(self.add_person(), category)
        assert self.attempt(offers.run_due)
        self.end_overdue_offers()

    def end_overdue_places(self) -> None:
        """End the codes and offers whose time is over, and offer what is free."""
        for number, code in self.codes.items():
            if code.ends_at <= clock.now():
                self.places.kept.pop(f"code {number}", None)
        self.end_overdue_offers()

    def end_overdue_offers(self) -> None:
        """End the offers whose time is over, and offer what is free."""
        for person in list(self.places.offered):
            if self.places.ends[person] <= clock.now():
                self.stop_waiting(person)
        self.offer()
