"""Other ways to a place: codes, applications, groups, the place of a colleague."""

from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from hypothesis import strategies as st
from sqlalchemy import select

from app import clock
from app.database import db, transaction
from app.delegates.categories.models import RegistrationCategory
from app.delegates.categories.queries import CATEGORY
from app.delegates.models import Delegate
from app.registration import services
from app.registration.applications import decisions
from app.registration.applications import services as applications
from app.registration.applications.decisions import Decision
from app.registration.applications.models import RegistrationApplication
from app.registration.groups import register_group
from app.registration.groups.draft import GroupDraft
from app.registration.invitations import services as invitations
from app.registration.invitations.models import InvitationCode
from app.registration.transfers import services as transfers
from app.registration.transfers.models import PlaceTransfer
from tests.registration.place_rules import FOR_ALL, PlaceRules
from tests.registration.random_rules import precondition, rule
from tests.registration.seat_machine import GRACE, INVITED, PRESS, Code, build_answers, find
from tests.registration.seat_model import Claim

ALL_OR_NONE, TOGETHER, ONE_BY_ONE = "all or none", "together", "one by one"


@dataclass
class Transfer:
    """The offer of a place to a colleague."""

    colleague: int
    keeps_seats: bool
    ends_at: datetime


class InvitedRules(PlaceRules):
    """Places that people do not simply register for."""

    @rule(uses=st.integers(1, 2), is_held=st.booleans(), hours=st.sampled_from([10, 200]))
    def invite(self, uses: int, is_held: bool, hours: int) -> None:
        """Create a code, for which places may be kept."""
        ends_at, claims = clock.now() + timedelta(hours=hours), [self.claim(INVITED)] * uses

        def change() -> None:
            category = db.session.get_one(RegistrationCategory, self.categories[INVITED])
            options = invitations.InvitationOptions(uses, ends_at, is_held)
            invitations.create(category, 1, options, actor=GRACE)

        is_possible = not is_held or self.places.fits(claims)
        assert self.attempt(change) is is_possible
        if is_possible:
            numbers = select(InvitationCode.id).order_by(InvitationCode.id.desc())
            number = db.session.scalars(numbers.limit(1)).one()
            db.session.rollback()
            self.codes[number] = Code(uses, ends_at)
            if is_held:
                self.places.kept[f"code {number}"] = claims

    @precondition(lambda self: self.codes)
    @rule(data=st.data())
    def use_code(self, data: st.DataObject) -> None:
        """Register with a code, or join the list with it."""
        number = data.draw(st.sampled_from(sorted(self.codes)))
        code = db.session.get_one(InvitationCode, number).code
        begun: dict[str, str] = {}
        done = self.attempt(lambda: begun.update(invitations.accept(code)))
        assert done is self.codes[number].is_open
        if done:
            self.register_person(self.add_person(), INVITED, begun, code=number)

    @precondition(lambda self: self.codes)
    @rule(data=st.data())
    def withdraw_code(self, data: st.DataObject) -> None:
        """Withdraw a code, once."""
        number = data.draw(st.sampled_from(sorted(self.codes)))

        def change() -> None:
            invitations.revoke(db.session.get_one(InvitationCode, number), actor=GRACE)

        assert self.attempt(change) is not self.codes[number].is_withdrawn
        self.codes[number].is_withdrawn = True
        self.places.kept.pop(f"code {number}", None)
        self.offer()

    @precondition(lambda self: self.people)
    @rule(data=st.data(), is_known=st.booleans())
    def apply(self, data: st.DataObject, is_known: bool) -> None:
        """Apply for a place, which is kept until the decision if one is free."""
        person = data.draw(st.integers(1, self.people)) if is_known else self.add_person()
        claim = self.claim(PRESS)
        answers = {**build_answers(person), CATEGORY: str(self.categories[PRESS])}
        with transaction():
            secret = services.create_draft(answers)
        assert self.attempt(lambda: services.submit_application(secret, "en"))
        if person not in {*self.places.held, *self.applicants}:
            self.applicants.add(person)
            if self.places.is_free_for(claim):
                self.places.kept[f"applicant {person}"] = [claim]

    @precondition(lambda self: self.applicants)
    @rule(data=st.data(), may_wait=st.booleans())
    def approve(self, data: st.DataObject, may_wait: bool) -> None:
        """Approve an application, with the place that is kept, a free one, or a turn."""
        person, claim = data.draw(st.sampled_from(sorted(self.applicants))), self.claim(PRESS)
        decision = Decision(may_wait=may_wait)

        def change() -> None:
            application = find(RegistrationApplication, person)
            decisions.approve(application, decision, actor=GRACE)

        has_place = f"applicant {person}" in self.places.kept or self.places.is_free_for(claim)
        assert self.attempt(change) is (has_place or may_wait)
        if has_place:
            self.transfers.pop(person, None)
            self.give_place(person, claim)
        elif may_wait:
            self.end_application(person)
            if person not in {**self.places.queue, **self.places.offered}:
                self.places.queue[person] = claim

    @precondition(lambda self: self.applicants)
    @rule(data=st.data(), withdraws=st.booleans())
    def end_without_place(self, data: st.DataObject, withdraws: bool) -> None:
        """Decline an application, or let the person withdraw it."""
        person = data.draw(st.sampled_from(sorted(self.applicants)))
        decline = partial(decisions.decline, decision=Decision(), actor=GRACE)
        change = applications.withdraw if withdraws else decline
        assert self.attempt(lambda: change(find(RegistrationApplication, person)))
        self.end_application(person)
        self.offer()

    @rule(
        size=st.integers(2, 3),
        category=FOR_ALL,
        how=st.sampled_from([TOGETHER, ONE_BY_ONE, TOGETHER, ALL_OR_NONE]),
    )
    def register_group(self, size: int, category: str, how: str) -> None:
        """Register a group: all or none, or who has no place waits, together or one by one."""
        people = [self.add_person() for _ in range(size)]
        after, claim = deepcopy(self.places), self.claim(category)
        own = ("given_names", "family_name", "badge_name", "email")
        answers = [{name: build_answers(one)[name] for name in own} for one in people]
        shared = {"days": "2009-06-10", "country": "GB", CATEGORY: str(self.categories[category])}
        contact = {"contact_name": "Contact", "email": f"contact{people[0]}@example.org"}
        draft = GroupDraft(contact, shared, answers)

        def change() -> None:
            register_group.register(
                register_group.prepare(draft, "en"),
                is_all_or_none=how == ALL_OR_NONE,
                joins_list=how != ALL_OR_NONE,
                stays_together=how == TOGETHER,
            )

        waiting = Claim(claim.limits, people[0] if how == TOGETHER else None)
        for one in people:
            if after.is_free_for(claim):
                after.give(one, claim)
        after.queue |= {one: waiting for one in people if one not in after.held}
        is_possible = how != ALL_OR_NONE or not after.queue.keys() & set(people)
        assert self.attempt(change) is is_possible
        if is_possible:
            self.places = after

    @precondition(lambda self: self.places.held)
    @rule(data=st.data(), keeps_seats=st.booleans(), is_waiting=st.booleans())
    def offer_to_colleague(
        self,
        data: st.DataObject,
        keeps_seats: bool,
        is_waiting: bool,
    ) -> None:
        """Offer one's place to a colleague, who may wait for one."""
        person = data.draw(st.sampled_from(sorted(self.places.held)))
        waiting = sorted(self.places.queue.keys() - self.places.held) if is_waiting else []
        colleague = data.draw(st.sampled_from(waiting)) if waiting else self.add_person()
        address = f"p{colleague}@example.org"
        to = transfers.Colleague("A colleague", address, keeps_seats)
        chosen = self.places.held[person].limits in {
            self.claim(one).limits for one in (INVITED, PRESS)
        }
        change = partial(transfers.offer, colleague=to, actor="delegate")
        done = self.attempt(lambda: change(find(Delegate, person)))
        assert done is not chosen
        if done:
            ends_at = clock.now() + transfers.OFFER_PERIOD
            self.transfers[person] = Transfer(colleague, keeps_seats, ends_at)

    @precondition(lambda self: self.transfers)
    @rule(data=st.data())
    def take_place_of_colleague(self, data: st.DataObject) -> None:
        """Register with the place of a colleague, and perhaps with their seats."""
        person = data.draw(st.sampled_from(sorted(self.transfers)))
        transfer: Transfer = self.transfers[person]
        colleague, claim = transfer.colleague, self.places.held.get(person)
        is_open = PlaceTransfer.ended_at.is_(None)
        address = Delegate.email == f"p{person}@example.org"
        found = select(PlaceTransfer).join(Delegate).where(address, is_open)
        last = found.order_by(PlaceTransfer.id.desc()).limit(1)

        def change() -> None:
            first = transfers.get_first_answers(db.session.scalars(last).one())
            secret = services.create_draft({**build_answers(colleague), **first})
            services.submit(secret, "en")

        chosen = [self.claim(one).limits for one in (INVITED, PRESS)]
        is_possible = (
            claim is not None
            and claim.limits not in chosen
            and clock.now() < transfer.ends_at
            and colleague not in self.places.held
        )
        assert self.attempt(change) is is_possible
        if not is_possible or claim is None:
            return
        del self.transfers[person]
        self.transfers.pop(colleague, None)
        for session in self.sessions.values():
            if transfer.keeps_seats and person in session.held:
                session.held[colleague] = session.held.pop(person)
        self.end_booking(person)
        self.give_place(colleague, claim)
