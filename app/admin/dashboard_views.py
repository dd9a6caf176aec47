"""The dashboard: what needs doing first, then the state of the conference, for each role."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import ColumnElement, func, select

from app import clock
from app.accounts import guards, roles
from app.admin import charts, shortcuts
from app.admin.charts import ChartBar, Curve
from app.admin.proposals import presentation as proposals
from app.admin.tasks import open_tasks
from app.admin.tasks.email_tasks import FAILED_EMAILS
from app.admin.tasks.open_tasks import OpenTask
from app.admin.tasks.programme_tasks import PROPOSALS
from app.admin.tasks.task_list import TASKS
from app.admin_emails import failed_emails, readable_emails
from app.admin_emails.failed_emails import FailedEmail
from app.content import queries as content
from app.content.versions import Version
from app.content.views import get_content_folder
from app.delegates import countries as registration_countries
from app.delegates import statistics as registration_statistics
from app.delegates.categories import queries as categories
from app.delegates.statistics import RegistrationStatistics
from app.forms.form import ConfirmForm
from app.mail import queries as mail
from app.mail.models import Email
from app.mail.queries import IS_WAITING, EmailFilter
from app.onboarding.queries import OFFER_COLUMNS, is_offered
from app.programme import queries as programme
from app.proposals.queries import ProposalReview
from app.registration import queries as registration
from app.registration.queries import RegistrationStatus, SeatCounts
from app.releases import current_release
from app.releases.models import WAITING, ScheduledRelease
from app.releases.published_programme import PublishedProgramme
from app.web import formatting, languages, undeclared_proxy
from app.web.rendering import render_page


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
class State:
    """The state of the conference, apart from what needs doing."""

    places: SeatCounts
    waiting_emails: int  # that may be seen
    next_release_at: datetime | None  # the first that is scheduled
    notice: Version | None  # the one that visitors see now
    is_behind_proxy: bool  # behind a proxy that the settings do not declare

    @property
    def percent_taken(self) -> float:
        """Return the percentage of places taken; 0 without a limit."""
        return round(100 * self.places.taken / self.places.limit, 1) if self.places.limit else 0


@dataclass(frozen=True)
class Charts:
    """Charts of registrations."""

    growth: Curve | None
    countries: Sequence[ChartBar]
    days: Sequence[ChartBar]
    categories: Sequence[ChartBar]


@dataclass(frozen=True)
class Dashboard:
    """The data of the admin area's home page, for one role."""

    tasks: Sequence[OpenTask]
    proposals: Sequence[ProposalReview]  # the first of those that wait for approval
    failed_emails: Sequence[FailedEmail]  # the latest of them
    state: State
    registration_status: RegistrationStatus
    countdown: Countdown
    programme: PublishedProgramme
    charts: Charts | None  # only for roles that may read about delegates
    offers_start: bool  # whether the example can be replaced by a new conference

    @property
    def brief_proposal_count(self) -> int:
        """The number of changes that can be approved on the dashboard."""
        return sum(review.is_brief for review in self.proposals)


STATE_COLUMNS: tuple[ColumnElement[Any], ...] = (  # selected in the same statement as the tasks
    open_tasks.count_where(Email, IS_WAITING),
    select(func.min(ScheduledRelease.publish_at))
    .where(ScheduledRelease.state == WAITING)
    .scalar_subquery(),
    undeclared_proxy.SEEN_AT,
    *registration.SEAT_COLUMNS,
    *OFFER_COLUMNS,
)


def get_dashboard(role: str, labels: ChartLabels) -> Dashboard:
    """Return the data of the dashboard for a role."""
    programme = current_release.get_programme()
    found, columns = open_tasks.list_open(TASKS, role, *STATE_COLUMNS)
    waiting_emails, next_release_at, proxy_seen_at, *rest = columns
    seat_count = len(registration.SEAT_COLUMNS)
    places = registration.build_seat_counts(rest[:seat_count])
    named = {task.name for task in found}
    state = State(
        places=places,
        waiting_emails=_count_waiting(waiting_emails),
        next_release_at=next_release_at,
        notice=content.get_notice(get_content_folder()),
        is_behind_proxy=undeclared_proxy.is_likely(proxy_seen_at),
    )
    return Dashboard(
        tasks=found,
        proposals=proposals.list_longest_waiting() if PROPOSALS in named else (),
        failed_emails=failed_emails.list_latest() if FAILED_EMAILS in named else (),
        state=state,
        registration_status=registration.get_registration_status(places),
        countdown=get_countdown(programme),
        programme=programme,
        charts=_build_charts(
            registration_statistics.get_statistics(programme.conference.time_zone),
            places.limit,
            labels,
        )
        if role in roles.DELEGATES.read_roles
        else None,
        offers_start=role in roles.SETTINGS.write_roles
        and is_offered(get_content_folder(), tuple(rest[seat_count:])),
    )


def _count_waiting(all_waiting: int) -> int:
    """Return how many emails wait that the person signed in may see."""
    conditions = readable_emails.list_conditions()
    if not conditions:
        return all_waiting
    return mail.count(EmailFilter(state="waiting", conditions=conditions))


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
        categories=charts.build_bars(_list_by_category(statistics)),
    )


def _list_by_category(statistics: RegistrationStatistics) -> list[tuple[str, int]]:
    """List the number of delegates in each category; empty if there are no categories."""
    counts, options = statistics.by_category, categories.list_options()
    rows = [(option.name, counts.get(str(option.id), 0)) for option in options]
    without = counts.get("", 0)
    return [*rows, (gettext("No category"), without)] if options and without else rows


def home() -> ResponseReturnValue:
    labels = ChartLabels(
        country=partial(_country_name, language=languages.current().code),
        day=formatting.local_date,
        other_countries=gettext("Other countries"),
    )
    person = guards.current_person()
    role = person.role if person else ""
    overview = get_dashboard(role, labels)
    return render_page(
        "admin/home.html",
        form=ConfirmForm(),
        overview=overview,
        groups=list(open_tasks.group_by_severity(overview.tasks)),
        all_done=_describe_all_done(),
        shortcuts=shortcuts.list_dashboard_links(role),
        has_conference=overview.programme.is_published or programme.has_conference(),
        sees_delegates=guards.can_read(roles.DELEGATES),
        sets_the_limit=guards.can_change(roles.SETTINGS),
    )


def _describe_all_done() -> str:
    """Return the text for a role with nothing to do, about what that role looks after."""
    own = []
    if guards.can_change(roles.DELEGATES):
        own.append(gettext("Emails are being delivered."))
    if guards.can_change(roles.PROGRAMME):
        own.append(
            gettext(
                "The programme is complete and has no clashes, and every change has been published."
            )
        )
    if not own:
        return str(
            gettext(
                "Your role lets you view the conference but not change it, so there is nothing for "
                "you to do."
            )
        )
    return " ".join([gettext("Nothing to do."), *own])


def _country_name(code: str, language: str) -> str:
    return registration_countries.name_of(code, language) or gettext("No country given")
