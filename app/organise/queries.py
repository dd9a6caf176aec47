"""What an organiser wants to know first, gathered from those who know it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from app import clock
from app.mail import queries as mail
from app.mail.models import Letter
from app.mail.queries import Undelivered
from app.programme import releases
from app.programme.releases import Programme
from app.registration import queries as registration
from app.registration.models import Delegate
from app.registration.queries import Door, Places

NEWEST = 10  # delegates
FAILED = 5  # letters
SLOW = timedelta(minutes=10)  # the worker delivers within a second when all is well


@dataclass(frozen=True)
class Countdown:
    """How far the conference is from today."""

    today: date
    starts_on: date
    ends_on: date

    @property
    def days_left(self) -> int:
        """How many days there are until it begins."""
        return (self.starts_on - self.today).days

    @property
    def day(self) -> int:
        """Which of its days today is."""
        return (self.today - self.starts_on).days + 1

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.ends_on - self.starts_on).days + 1

    @property
    def is_over(self) -> bool:
        """Whether its last day has passed."""
        return self.today > self.ends_on


@dataclass(frozen=True)
class Outbox(Undelivered):
    """The letters that have not arrived, and the first of those that never will."""

    oldest_failed: Sequence[Letter]

    @property
    def is_slow(self) -> bool:
        """Whether a letter has waited so long that someone should look."""
        return self.oldest is not None and self.oldest > SLOW


@dataclass(frozen=True)
class Overview:
    """The organisers' home page."""

    places: Places
    door: Door
    countdown: Countdown
    outbox: Outbox
    newest: Sequence[Delegate]
    programme: Programme

    @property
    def percent_taken(self) -> float:
        """What part of the places is taken."""
        return round(100 * self.places.taken / self.places.limit, 1) if self.places.limit else 0


def overview() -> Overview:
    """Gather what an organiser wants to know first."""
    programme = releases.current()
    return Overview(
        places=registration.places(),
        door=registration.door(),
        countdown=countdown(programme),
        outbox=outbox(),
        newest=registration.newest(NEWEST),
        programme=programme,
    )


def countdown(programme: Programme) -> Countdown:
    """Tell how far the conference is from today, by its own clocks."""
    conference = programme.conference
    today = clock.now().astimezone(ZoneInfo(conference.time_zone)).date()
    return Countdown(today, conference.starts_on, conference.ends_on)


def outbox() -> Outbox:
    """Tell which letters have not arrived."""
    now = mail.undelivered()
    failed = mail.failed(FAILED) if now.failed else ()
    return Outbox(now.waiting, now.oldest, now.failed, oldest_failed=failed)
