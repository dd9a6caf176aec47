"""What those who run the conference want to know first, gathered from those who know it."""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app import clock
from app.database import db
from app.mail import queries as mail
from app.mail.queries import Undelivered
from app.organise import charts
from app.organise.charts import Bar, Curve
from app.programme import releases
from app.programme.editing import clashing, lacks
from app.programme.editing.lacks import Lacks
from app.programme.publishing import unpublished
from app.programme.releases import Programme
from app.registration import numbers
from app.registration import queries as registration
from app.registration.numbers import Numbers
from app.registration.queries import Door, Places
from app.speakers import queries as speakers

SLOW = timedelta(minutes=10)  # the worker delivers within a second when all is well


@dataclass(frozen=True)
class Words:
    """How a chart calls what it shows, in the reader's language."""

    country: Callable[[str], str]
    day: Callable[[date], str]
    other_countries: str


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
class Work:
    """What needs doing, each as how many things wait for it."""

    letters: Undelivered
    lacks: Lacks
    clashes: int
    unpublished: int
    requests: int  # of speakers

    @property
    def slow_letters(self) -> int:
        """How many letters wait, when the oldest has waited so long that someone should look."""
        oldest = self.letters.oldest
        return self.letters.waiting if oldest is not None and oldest > SLOW else 0

    @property
    def is_done(self) -> bool:
        """Whether nothing waits."""
        of_letters = (self.letters.failed, self.slow_letters)
        of_programme = (*astuple(self.lacks), self.clashes, self.unpublished, self.requests)
        return not any((*of_letters, *of_programme))


@dataclass(frozen=True)
class Drawn:
    """Delegates in numbers that people compare."""

    growth: Curve | None
    countries: Sequence[Bar]
    days: Sequence[Bar]


@dataclass(frozen=True)
class Overview:
    """The home page of the back office."""

    work: Work
    places: Places
    door: Door
    countdown: Countdown
    programme: Programme
    drawn: Drawn

    @property
    def percent_taken(self) -> float:
        """What part of the places is taken."""
        return round(100 * self.places.taken / self.places.limit, 1) if self.places.limit else 0


def overview(words: Words) -> Overview:
    """Gather what those who run the conference want to know first."""
    programme = releases.current()
    places = registration.places()
    return Overview(
        work=work(),
        places=places,
        door=registration.door(),
        countdown=countdown(programme),
        programme=programme,
        drawn=_drawn(numbers.count(programme.conference.time_zone), places.limit, words),
    )


def work() -> Work:
    """Count what needs doing, as much as can be in one statement."""
    counts = select(*lacks.COUNTS, speakers.HOW_MANY_WAIT)
    *lacking, requests = db.session.execute(counts).one()
    return Work(
        letters=mail.undelivered(),
        lacks=Lacks(*lacking),
        clashes=clashing.count(),
        unpublished=unpublished.count(),
        requests=requests,
    )


def countdown(programme: Programme) -> Countdown:
    """Tell how far the conference is from today, by its own clocks."""
    conference = programme.conference
    today = clock.now().astimezone(ZoneInfo(conference.time_zone)).date()
    return Countdown(today, conference.starts_on, conference.ends_on)


def _drawn(counted: Numbers, limit: int, words: Words) -> Drawn:
    most_first = sorted(counted.by_country.items(), key=lambda one: (-one[1], one[0]))
    countries = [(words.country(code), number) for code, number in most_first]
    days = [(words.day(day), number) for day, number in counted.by_day.items()]
    return Drawn(
        growth=charts.curve(counted.by_registration, limit),
        countries=charts.bars(countries, others=words.other_countries),
        days=charts.bars(days),
    )
