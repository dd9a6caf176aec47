"""The dashboard: pending work, places, the countdown and charts of registrations."""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import ColumnElement, func, select

from app import clock
from app.accounts import guards, roles
from app.admin import charts
from app.admin.charts import ChartBar, Curve
from app.database import db
from app.forms.form import ConfirmForm
from app.mail import queries as mail
from app.mail.queries import Undelivered
from app.programme import clashes
from app.programme import queries as programme
from app.programme.editing import speaker_queries
from app.programme.editing.session_queries import MISSING_CONDITIONS
from app.programme.editing.speaker_queries import TAKES_PART
from app.programme.models import Session, Speaker
from app.proposals.models import OPEN, Proposal
from app.registration import countries as registration_countries
from app.registration import queries as registration
from app.registration.queries import RegistrationStatistics, RegistrationStatus, SeatCounts
from app.releases import current_release, queries
from app.releases.models import FAILED, ScheduledRelease
from app.releases.published_programme import PublishedProgramme
from app.speakers import queries as speakers
from app.web import formatting, languages, undeclared_proxy
from app.web.rendering import render_page


@dataclass(frozen=True)
class CompletenessCounts:
    """Numbers of sessions and speakers with missing data, and of work not yet published."""

    sessions_without_room: int
    sessions_without_time: int
    sessions_without_abstract: int
    sessions_without_speakers: int
    sessions_with_unreleased_material: int  # with slides or papers to approve
    speakers_not_confirmed: int
    speakers_without_biography: int
    speakers_without_photo: int
    failed_scheduled_releases: int  # scheduled releases that failed
    open_proposals: int  # not yet decided


def _count_where(
    model: type[Session | Speaker | ScheduledRelease | Proposal], *such: ColumnElement[bool]
) -> ColumnElement[int]:
    return select(func.count()).select_from(model).where(*such).scalar_subquery()


COUNTS = (  # in the order of ``CompletenessCounts``
    *(_count_where(Session, lack) for lack in MISSING_CONDITIONS.values()),
    _count_where(Speaker, TAKES_PART, Speaker.confirmed_at.is_(None)),
    _count_where(Speaker, TAKES_PART, Speaker.biography == ""),
    _count_where(Speaker, speaker_queries.MISSING_CONDITIONS["photo"]),
    _count_where(ScheduledRelease, ScheduledRelease.state == FAILED),
    _count_where(Proposal, Proposal.state == OPEN),
)

SLOW_AFTER = timedelta(minutes=10)  # normally the worker delivers within a second


@dataclass(frozen=True)
class ChartLabels:
    """Functions and texts that label charts in the current language."""

    country: Callable[[str], str]
    day: Callable[[date], str]
    other_countries: str


@dataclass(frozen=True)
class Countdown:
    """The days between today and the conference."""

    today: date
    starts_on: date
    ends_on: date

    @property
    def days_left(self) -> int:
        """Return the number of days until the conference starts."""
        return (self.starts_on - self.today).days

    @property
    def day_number(self) -> int:
        """Return which day of the conference today is, from 1."""
        return (self.today - self.starts_on).days + 1

    @property
    def day_count(self) -> int:
        """Return the number of days of the conference."""
        return (self.ends_on - self.starts_on).days + 1

    @property
    def is_over(self) -> bool:
        """Return True if the last day has passed."""
        return self.today > self.ends_on


@dataclass(frozen=True)
class PendingWork:
    """Numbers of things that need attention."""

    emails: Undelivered
    missing: CompletenessCounts
    clashes: int
    unpublished: int
    requests: int  # of speakers
    proxy_seen_at: datetime | None  # one that the settings do not declare

    @property
    def slow_emails(self) -> int:
        """Return how many emails wait if the oldest has waited longer than SLOW_AFTER, else 0."""
        oldest = self.emails.oldest
        return self.emails.waiting if oldest is not None and oldest > SLOW_AFTER else 0

    @property
    def is_done(self) -> bool:
        """Return True if nothing needs attention."""
        of_letters = (self.emails.failed, self.slow_emails)
        of_programme = (*astuple(self.missing), self.clashes, self.unpublished, self.requests)
        return not any((*of_letters, *of_programme))


@dataclass(frozen=True)
class Charts:
    """Charts of registrations."""

    growth: Curve | None
    countries: Sequence[ChartBar]
    days: Sequence[ChartBar]


@dataclass(frozen=True)
class Dashboard:
    """The data of the admin area's home page."""

    work: PendingWork
    places: SeatCounts
    registration_status: RegistrationStatus
    countdown: Countdown
    programme: PublishedProgramme
    charts: Charts

    @property
    def percent_taken(self) -> float:
        """Return the percentage of places taken; 0 without a limit."""
        return round(100 * self.places.taken / self.places.limit, 1) if self.places.limit else 0


def get_dashboard(labels: ChartLabels) -> Dashboard:
    """Return the data of the dashboard."""
    programme = current_release.get_programme()
    places = registration.get_seat_counts()
    return Dashboard(
        work=get_pending_work(),
        places=places,
        registration_status=registration.get_registration_status(),
        countdown=get_countdown(programme),
        programme=programme,
        charts=_build_charts(
            registration.get_statistics(programme.conference.time_zone), places.limit, labels
        ),
    )


def get_pending_work() -> PendingWork:
    """Count what needs attention, most of it in one statement."""
    counts = select(*COUNTS, speakers.OPEN_REQUEST_COUNT, undeclared_proxy.SEEN_AT)
    *lacking, requests, proxy_seen_at = db.session.execute(counts).one()
    return PendingWork(
        emails=mail.get_undelivered(),
        missing=CompletenessCounts(*lacking),
        clashes=clashes.count_clashes(),
        unpublished=queries.count_pending(),
        requests=requests,
        proxy_seen_at=proxy_seen_at,
    )


def get_countdown(programme: PublishedProgramme) -> Countdown:
    """Return the countdown, by the date in the conference's time zone."""
    conference = programme.conference
    today = clock.now().astimezone(ZoneInfo(conference.time_zone)).date()
    return Countdown(today, conference.starts_on, conference.ends_on)


def _build_charts(statistics: RegistrationStatistics, limit: int, labels: ChartLabels) -> Charts:
    most_first = sorted(statistics.by_country.items(), key=lambda one: (-one[1], one[0]))
    countries = [(labels.country(code), number) for code, number in most_first]
    days = [(labels.day(day), number) for day, number in statistics.by_day.items()]
    return Charts(
        growth=charts.build_curve(statistics.by_registration, limit),
        countries=charts.build_bars(countries, others_label=labels.other_countries),
        days=charts.build_bars(days),
    )


def home() -> ResponseReturnValue:
    labels = ChartLabels(
        country=partial(_country_name, language=languages.current().code),
        day=formatting.local_date,
        other_countries=gettext("Other countries"),
    )
    overview = get_dashboard(labels)
    return render_page(
        "admin/home.html",
        form=ConfirmForm(),
        overview=overview,
        has_undeclared_proxy=undeclared_proxy.is_likely(overview.work.proxy_seen_at),
        has_conference=overview.programme.is_published or programme.has_conference(),
        person=guards.current_person(),
        sees_delegates=guards.can_read(roles.DELEGATES),
        sets_the_limit=guards.can_change(roles.SETTINGS),
    )


def _country_name(code: str, language: str) -> str:
    return registration_countries.name_of(code, language) or gettext("No country given")
