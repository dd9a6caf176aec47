"""A person's sessions as their page shows them: booked, starred, and those that can be booked."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from zoneinfo import ZoneInfo

from app.programme.listing import day_of
from app.programme.snapshot import Session
from app.registration.ballots import queries as ballots
from app.registration.ballots.queries import PublicBallot
from app.registration.bookings import queries as bookings
from app.registration.models import Delegate
from app.registration.seats import FULL
from app.registration.session_bookings import labels, queries, services
from app.releases.current_release import get_programme


@dataclass(frozen=True)
class SessionChoice:
    """A session and what it is to one person."""

    session: Session
    is_booked: bool
    is_starred: bool
    clashes: tuple[Session, ...]  # other sessions that they have booked, at the same time
    is_on_their_days: bool
    has_started: bool
    is_full: bool
    ballot: PublicBallot | None = None  # that draws its seats

    @property
    def is_own(self) -> bool:
        """Whether they have booked or starred it."""
        return self.is_booked or self.is_starred

    @property
    def can_be_given_back(self) -> bool:
        """Whether they have a seat that they can still give back."""
        return self.is_booked and not self.has_started

    @property
    def can_be_booked(self) -> bool:
        """Whether they can get a seat now, perhaps in place of another."""
        is_free = self.session.is_bookable and not self.is_booked and not self.is_full
        is_free = is_free and self.ballot is None
        return is_free and self.is_on_their_days and not self.has_started


@dataclass(frozen=True)
class ChoiceDay:
    """The sessions of a day; without a date, those that have no time yet."""

    date: date | None
    choices: tuple[SessionChoice, ...]


@dataclass(frozen=True)
class OwnSessions:
    """A person's sessions by day, and the others that can be booked."""

    own: tuple[ChoiceDay, ...]
    others: tuple[ChoiceDay, ...]
    lost_titles: tuple[str, ...]  # of booked sessions that are no longer in the programme


def build(delegate: Delegate) -> OwnSessions:
    """Return everything that the page of a person's sessions shows."""
    programme = get_programme()
    rows = queries.list_of_delegate(delegate)
    booked = {one.session_key: one.title for one in rows}
    make = _chooser(delegate, booked)
    choices = [make(one) for one in programme.sessions if not one.is_break]
    zone = ZoneInfo(programme.conference.time_zone)
    public = {one.key for one in programme.sessions}
    return OwnSessions(
        own=_by_day((one for one in choices if one.is_own), zone),
        others=_by_day(
            (one for one in choices if one.session.is_bookable and not one.is_own), zone
        ),
        lost_titles=tuple(title for key, title in booked.items() if key not in public),
    )


def build_choice(delegate: Delegate, session: Session) -> SessionChoice:
    """Return what one session is to a person."""
    keys = {one.session_key for one in queries.list_of_delegate(delegate)}
    return _chooser(delegate, keys)(session)


def _chooser(delegate: Delegate, booked: Collection[str]) -> Callable[[Session], SessionChoice]:
    agenda = bookings.find_linked_agenda(delegate)
    starred = {one.session_key for one in agenda.stars} if agenda else set()
    held = [one for one in get_programme().sessions if one.key in booked]

    def make(session: Session) -> SessionChoice:
        return SessionChoice(
            session=session,
            is_booked=session.key in booked,
            is_starred=session.key in starred,
            clashes=tuple(
                one for one in held if one is not session and services.overlaps(one, session)
            ),
            is_on_their_days=services.is_on_their_days(delegate, session),
            has_started=services.has_started(session),
            is_full=session.is_bookable and labels.get_state(session) == FULL,
            ballot=ballots.find_public_of(session) if session.is_bookable else None,
        )

    return make


def _by_day(choices: Iterable[SessionChoice], zone: ZoneInfo) -> tuple[ChoiceDay, ...]:
    grouped: Sequence[tuple[date | None, tuple[SessionChoice, ...]]] = [
        (day, tuple(some)) for day, some in groupby(choices, lambda one: day_of(one.session, zone))
    ]
    return tuple(ChoiceDay(day, some) for day, some in grouped)
