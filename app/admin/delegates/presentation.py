"""Filters of the list of delegates, the details of one, and differences between versions."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext

from app.admin import listing
from app.admin.listing import ListFilter, ListQuery
from app.history.changes import Change
from app.registration import countries as registration_countries
from app.registration import emails
from app.registration import queries as registration
from app.registration.answers import DraftAnswers
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
            gettext("Letters"),
            [("failed", gettext("Not delivered")), ("waiting", gettext("On the way"))],
        ),
        ListFilter("added", gettext("Added"), [("by-hand", gettext("By hand"))]),
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


Fact = tuple[str, str]


@dataclass(frozen=True)
class VersionDiff:
    """The fields in which the saved version and the submitted one differ."""

    differing: Sequence[Change]


def list_facts(delegate: Delegate) -> list[Fact]:
    """Return the label and value of each detail, without the requirements."""
    nothing = gettext("Not given")
    return [
        (gettext("Name"), delegate.full_name),
        (gettext("Name on the badge"), delegate.badge_name),
        (gettext("Email address"), delegate.email),
        (gettext("Organisation"), delegate.organisation or nothing),
        (gettext("Role"), delegate.role or nothing),
        (gettext("Country"), country_name(delegate.country)),
        (gettext("Days"), ", ".join(local_date(day) for day in delegate.days_attending)),
        (gettext("Registered"), _describe_registration(delegate)),
    ]


def country_name(code: str) -> str:
    """Return the name of a country in the current language."""
    return registration_countries.name_of(code, languages.current().code)


def diff_details(delegate: Delegate, typed: DraftAnswers) -> VersionDiff:
    """Compare the saved details with the submitted ones."""
    found = changes.diff(delegate, typed)
    return VersionDiff([_to_history_change(one, emails.describe(one)) for one in found])


def diff_email(delegate: Delegate, typed: str) -> VersionDiff:
    """Compare the saved email address with the submitted one."""
    return _build_diff((gettext("Email address"), delegate.email, typed))


def diff_needs(delegate: Delegate, access: str, dietary: str) -> VersionDiff:
    """Compare the saved requirements with the submitted ones."""
    saved = changes.to_draft(delegate)
    return _build_diff(
        (gettext("What they need to take part"), saved.access_needs or "", access),
        (gettext("What they do not eat or drink"), saved.dietary_needs or "", dietary),
    )


def _build_diff(*rows: tuple[str, str, str]) -> VersionDiff:
    return VersionDiff(
        [
            Change(field="", before=old, after=new, label=label, old=old, new=new)
            for label, old, new in rows
            if old != new
        ]
    )


def _to_history_change(change: changes.BookingChange, text: emails.ChangeText) -> Change:
    return Change(
        field=change.field,
        before=change.old,
        after=change.new,
        label=text.label,
        old=text.old,
        new=text.new,
    )


def _describe_registration(delegate: Delegate) -> str:
    at = local_moment(delegate.registered_at)
    return gettext("%(moment)s, added by hand", moment=at) if delegate.is_added_by_team else at
