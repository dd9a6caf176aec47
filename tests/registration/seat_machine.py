"""A site that is held against the model of a few lines (``seat_model``), and what both begin with.

Rules do something on the site, tell by the model whether the site had to refuse it, and do the same
in the model. After each step both must say the same of everybody. A process may die at a commit:
before it, nothing has happened, and the person tries again; after it, all has.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from sqlalchemy import delete, select
from time_machine import Traveller

from app import cache_version, clock
from app.accounts.models import RateLimitHit
from app.database import Base, db, transaction
from app.delegates.categories.models import BY_CODE
from app.delegates.models import CONFERENCE, ApplicationDraft, Confirmation, Delegate, SeatLimit
from app.delegates.queries import ATTENDING
from app.errors import ConferenceError
from app.mail.models import Email
from app.programme.models import BOOKABLE, Session
from app.registration import seats, session_seats
from app.registration.applications.models import RegistrationApplication
from app.registration.ballots.models import Ballot
from app.registration.groups.models import RegistrationGroup
from app.registration.invitations.models import InvitationCode
from app.registration.session_bookings import services as session_bookings
from app.registration.session_bookings.models import SessionBooking
from app.registration.transfers.models import PlaceTransfer
from app.registration.waiting_list.models import IN_QUEUE, WaitingListEntry
from app.releases.current_release import get_programme
from tests import registration_answers
from tests.factories import FIRST_MORNING, make_category, make_session, publish_programme
from tests.registration.random_rules import rule
from tests.registration.seat_model import Claim, SeatList
from tests.simulation.faults import Crash, CrashPoints
from tests.simulation.page_steps import open_browser
from tests.simulation.site import seeded_secrets

GRACE = "grace@conference.example"
SPRING = datetime.fromisoformat("2009-05-02T09:30:00+01:00")
LATE_SPRING = SPRING + timedelta(days=24)  # until when an offer lasts a whole day
DELEGATES, STUDENTS, INVITED, PRESS = "Delegates", "Students", "Invited", "Press"
PLACES = {DELEGATES: None, STUDENTS: 1, INVITED: 1, PRESS: 1}  # of categories
HOURS = {"knots": 0, "nets": 0, "ropes": 2}  # two sessions at the same time, and a later one
A_SESSION = st.sampled_from(sorted(HOURS))
CLEARED: tuple[type[Base], ...] = (
    *(WaitingListEntry, RegistrationApplication, PlaceTransfer, RegistrationGroup, Ballot),
    *(SessionBooking, InvitationCode, ApplicationDraft, Confirmation, Delegate, SeatLimit, Email),
)


@dataclass
class Code:
    """An invitation code."""

    uses: int
    ends_at: datetime
    users: set[int] = field(default_factory=set)
    is_withdrawn: bool = False

    @property
    def is_open(self) -> bool:
        """Whether a person can use it now."""
        return not self.is_withdrawn and len(self.users) < self.uses and clock.now() < self.ends_at


def add_categories_and_sessions() -> dict[str, int]:
    """Add what people choose from; return the numbers of the categories by their names."""
    for key, hours in HOURS.items():
        at = FIRST_MORNING + timedelta(hours=hours)
        make_session(key=key, slug=key, title=key, starts_at=at, booking=BOOKABLE, seats=2)
    options: dict[str, dict[str, Any]] = {
        INVITED: {"access": BY_CODE},
        PRESS: {"approvals_needed": 1, "is_place_held": True},
    }
    made = [make_category(name=name, **options.get(name, {})) for name in PLACES]
    return {one.name: one.id for one in made}


def build_answers(number: int) -> dict[str, str]:
    """Return the answers of a person who exists nowhere else."""
    return registration_answers.build_answers(
        given_names=f"Person {number}",
        family_name="X",
        badge_name=f"P {number}",
        email=f"p{number}@example.org",
    )


def number_of(email: str) -> int:
    """Return the number of the person with an address."""
    return int(email[1:].partition("@")[0])


def seat(key: str) -> Claim:
    """Return the answers of a person who books a session."""
    return Claim((session_seats.session_limit(key),))


def find(model: Any, number: int) -> Any:
    """Return the booking, the entry or the application of a person that is not over."""
    over = model.cancelled_at if model is Delegate else model.ended_at
    such = [model.email == f"p{number}@example.org", over.is_(None)]
    if model is WaitingListEntry:
        such.append(model.scope == CONFERENCE)
    return db.session.scalars(select(model).where(*such)).one()


class SeatMachine:
    """The site and the model, without people."""

    traveller: Traveller
    categories: dict[str, int]

    def __init__(self) -> None:
        self.traveller.move_to(SPRING)
        limits = {self.limit_of(name): places for name, places in PLACES.items() if places}
        self.places = SeatList({CONFERENCE: 3, **limits})
        self.sessions = {key: SeatList({session_seats.session_limit(key): 2}) for key in HOURS}
        self.cancelled: dict[int, Claim] = {}
        self.applicants: set[int] = set()
        self.codes: dict[int, Code] = {}
        self.transfers: dict[int, Any] = {}
        self.people = 0
        self.crash_points = CrashPoints(db.engine, Random(0))
        self.crashes: list[tuple[int, bool]] = []
        self.crash_is_after = False
        self._clear()
        self._secrets = ExitStack()
        self._secrets.enter_context(seeded_secrets(1))  # so that a draw comes out the same again

    def close(self) -> None:
        """Let secrets be random again."""
        self._secrets.close()

    def _clear(self) -> None:
        with transaction():
            for model in CLEARED:
                db.session.execute(delete(model))
            for session in db.session.scalars(select(Session).where(Session.key.in_(HOURS))):
                session.seats = 2
            for name, places in self.places.limits.items():
                seats.set_limit(name, places)
            seats.set_waiting_list(CONFERENCE, is_open=True)
            cache_version.bump_cache_version()
        publish_programme()
        with transaction():  # the release may be the same as before, and the limits are gone
            session_bookings.follow_release(get_programme().snapshot)

    def limit_of(self, category: str) -> str:
        """Return the name of the limit of a category."""
        return seats.name_category_limit(self.categories[category])

    def claim(self, category: str, group: int | None = None) -> Claim:
        """Return the answers of a person who chooses a category."""
        own = () if PLACES[category] is None else (self.limit_of(category),)
        return Claim((CONFERENCE, *own), group)

    def add_person(self) -> int:
        """Return the number of a new person."""
        self.people += 1
        return self.people

    def attempt(self, action: Callable[[], object]) -> bool:
        """Do something in one transaction; return False if the site refuses it."""
        cache_version.recheck()
        try:
            with self.dying(), transaction():
                db.session.execute(delete(RateLimitHit))  # the rate limit is tested elsewhere
                action()
        except ConferenceError as refusal:
            note(f"# refused: {refusal}")
            return False
        except Crash:
            return self.crash_is_after or self.attempt(action)
        return True

    @contextmanager
    def dying(self) -> Iterator[None]:
        """Let the process die in this block if it is to."""
        if self.crashes:
            commit, is_after = self.crashes.pop()
            self.crash_points.plan(commit, is_after=is_after)
        with self.crash_points.listening(), self.crash_points.awaited():
            yield

    def press(self, address: str, button: str) -> bool:
        """Press a button of one of the site's pages; return False if it is not there."""
        page = open_browser().send("GET", address)
        is_there = button in page.buttons
        if is_there:
            page.press(button)
        db.session.remove()
        return is_there

    @rule(commit=st.integers(1, 2), is_after=st.booleans(), times=st.integers(1, 6))
    def die(self, commit: int, is_after: bool, times: int) -> None:
        """Let the process die at a commit of each of the next steps."""
        self.crash_is_after = is_after
        self.crashes = [(commit, is_after)] * times

    def move_clock(self, hours: int) -> None:
        """Let time pass; the clock may also jump back."""
        if clock.now() < LATE_SPRING:
            self.traveller.shift(timedelta(hours=hours))

    def offer(self) -> None:
        """Offer what is free of the conference."""
        self.places.offer_free(get_offer_end())

    def offer_seats(self, key: str) -> None:
        """Offer what is free of a session."""
        self.sessions[key].offer_free(get_offer_end())

    def check(self) -> None:
        """Compare everyone's place, offer and turn, and the counters of all limits."""
        db.session.expire_all()
        limits = {one.name: one for one in db.session.scalars(select(SeatLimit))}
        entries = sorted(db.session.scalars(select(WaitingListEntry)), key=get_turn)
        for scope, model in self.lists().items():
            rows = [one for one in entries if one.scope == scope]
            waiting = [number_of(one.email) for one in rows if one.state == IN_QUEUE]
            offered = {number_of(one.email): one.offer_ends_at for one in rows if one.is_offered}
            assert list_held(scope) == sorted(model.held)
            assert offered == {person: model.ends[person] for person in model.offered}
            assert waiting == list(model.queue)
            assert limits[scope].waiting == len(model.queue)
            for name, places in model.limits.items():
                taken = model.count(name)
                assert (limits[name].seats, limits[name].taken) == (max(places, taken), taken)
        self._compare_requests()
        db.session.rollback()

    def _compare_requests(self) -> None:
        codes = {one.id: (one.used, one.held) for one in db.session.scalars(select(InvitationCode))}
        kept = {number: len(self.places.kept.get(f"code {number}", ())) for number in self.codes}
        assert codes == {n: (len(one.users), kept[n]) for n, one in self.codes.items()}
        is_open = RegistrationApplication.ended_at.is_(None)
        rows = db.session.scalars(select(RegistrationApplication).where(is_open))
        assert {number_of(one.email): one.is_held for one in rows} == {
            one: f"applicant {one}" in self.places.kept for one in self.applicants
        }

    def lists(self) -> dict[str, SeatList]:
        """Return all lists by the names of their limits."""
        named = {session_seats.session_limit(key): one for key, one in self.sessions.items()}
        return {CONFERENCE: self.places, **named}


def list_held(scope: str) -> list[int]:
    """List who has a place at the conference, or a seat in a session."""
    key = SessionBooking.session_key == scope.removeprefix(session_seats.SESSION_PREFIX)
    seated = select(Delegate.email).join(SessionBooking).where(key)
    placed = select(Delegate.email).where(ATTENDING)
    emails = db.session.scalars(placed if scope == CONFERENCE else seated)
    return sorted(map(number_of, emails))


def get_turn(entry: WaitingListEntry) -> tuple[int, int]:
    """Return what orders those who wait: when they joined, unless they were moved to the top."""
    return entry.id if entry.queue_order is None else entry.queue_order, entry.id


def get_offer_end() -> datetime:
    """Return when an offer made now ends: after a day, at a whole minute."""
    rounded = clock.now().replace(second=0, microsecond=0)
    return rounded + timedelta(days=1, minutes=1)
