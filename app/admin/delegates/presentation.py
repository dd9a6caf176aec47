"""Filters of the list of delegates, the details of one, and differences between versions."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext

from app.admin import listing
from app.admin.listing import ListFilter, ListQuery
from app.history.models import Change
from app.registration import countries as registration_countries
from app.registration import delegate_record, fields
from app.registration import queries as registration
from app.registration.answers import Answers
from app.registration.bookings import changes
from app.registration.desk import queries
from app.registration.desk.queries import DelegateFilter
from app.registration.models import Delegate
from app.web import languages
from app.web.formatting import local_date, local_moment


def get_filters() -> tuple[ListFilter, ...]:
    """Return the filters of the list."""
    countries = sorted((country_name(code), code) for code in queries.list_countries())
    return (
        ListFilter(
            "state",
            gettext("Booking"),
            [
                ("attending", gettext("Attending")),
                ("cancelled", gettext("Cancelled")),
                ("erased", gettext("Erased")),
            ],
        ),
        ListFilter(
            "day",
            gettext("Day"),
            [(day.isoformat(), local_date(day)) for day in registration.conference_days()],
        ),
        ListFilter("country", gettext("Country"), [(code, name) for name, code in countries]),
        ListFilter(
            "letters",
            gettext("Emails"),
            [("failed", gettext("Not delivered")), ("waiting", gettext("Being sent"))],
        ),
        ListFilter("added", gettext("Added"), [("by-hand", gettext("By an organiser"))]),
    )


def parse_delegate_query(filters: tuple[ListFilter, ...]) -> tuple[ListQuery, DelegateFilter]:
    """Return the list query of the request, and the delegates it selects."""
    list_query = listing.parse_list_query(filters, tuple(queries.SORT_COLUMNS))
    delegate_filter = DelegateFilter(
        text=list_query.search,
        state=list_query.get_filter("state"),
        day=list_query.get_filter("day"),
        country=list_query.get_filter("country"),
        email_state=list_query.get_filter("letters"),
        added_by=list_query.get_filter("added"),
    )
    return list_query, delegate_filter


@dataclass(frozen=True)
class VersionDiff:
    """The fields in which the saved version and the submitted one differ."""

    differing: Sequence[Change]


def list_facts(delegate: Delegate) -> list[tuple[str, str]]:
    """Return the label and value of each detail, without the requirements."""
    answers = delegate_record.to_answers(delegate, fields.BOOKING_FIELDS)
    registered = local_moment(delegate.registered_at)
    if delegate.is_added_by_team:
        registered = gettext("%(moment)s, added by an organiser", moment=registered)
    facts = [(label, text) for label, text, _ in fields.list_answers(answers, desk=True)]
    return [*facts, (gettext("Registered"), registered)]


def country_name(code: str) -> str:
    """Return the name of a country in the current language."""
    return registration_countries.name_of(code, languages.current().code)


def diff(delegate: Delegate, typed: Answers) -> VersionDiff:
    """Compare the saved answers with the submitted ones."""
    return VersionDiff([one.describe(desk=True) for one in changes.diff(delegate, typed)])
