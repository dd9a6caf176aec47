"""What audiences have in common: parsing a stored query, and shared placeholder values."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

from flask import g, has_request_context
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, SQLColumnExpression, String, cast, literal

from app.admin_kit import saved_views
from app.admin_kit.listing import Listing, parse_list_query
from app.admin_kit.saved_views import ListKind
from app.errors import RuleViolation
from app.mail.placeholders import Placeholder, PlaceholderKind
from app.releases import current_release
from app.text import parse_number
from app.web.formatting import local_days
from app.web.rendering import absolute_url

NO_FILTERS: Final = frozenset({"q", "sort", "hide"})  # parameters of a list that are not filters

ABOUT_CONFERENCE: Final = (
    Placeholder("conference", _l("Title of the conference"), _l("Closing the Gap")),
    Placeholder("conference_dates", _l("Dates of the conference"), "6 to 7 November"),
    Placeholder("conference_place", _l("City of the conference"), "London"),
    Placeholder("programme_link", _l("Link to the programme"), kind=PlaceholderKind.LINK),
)
ABOUT_PERSON: Final = (
    Placeholder("first_name", _l("First name"), "Ada"),
    Placeholder("full_name", _l("Full name"), "Ada Lovelace"),
    Placeholder("organisation", _l("Organisation"), "University College London"),
    Placeholder("country", _l("Country"), _l("Ghana")),
)


def conference_values() -> Mapping[str, str]:
    """Return the values of placeholders that are the same for everyone."""
    conference = current_release.get_programme().conference
    return {
        "conference": conference.title,
        "conference_dates": local_days(conference.starts_on, conference.ends_on),
        "conference_place": conference.place,
        "programme_link": absolute_url("programme.whole"),
    }


def parse_query(list_name: str, query: str) -> Listing[Any]:
    """Parse the stored query string of a list, even outside a request.

    Raise RuleViolation if it uses a filter that no longer exists.
    """
    args, kind = to_args(query), saved_views.LISTS[list_name]
    if args.keys() <= NO_FILTERS:  # the options of filters are loaded only if one is used
        return Listing((), 0, parse_list_query((), kind.sorts, args=args))
    listing = _parse_once(kind, query)
    if unknown := saved_views.list_unknown_filters(args, listing.query, listing.filters):
        raise RuleViolation(
            f"A filter no longer exists: {', '.join(unknown)}. Choose filters again"
        )
    return listing


def _parse_once(kind: ListKind, query: str) -> Listing[Any]:
    """Parse a query, cached per request: its options are read from the database."""
    if not has_request_context():
        return kind.parse(to_args(query))
    parsed: dict[tuple[str, str], Listing[Any]] = g.setdefault("parsed_queries", {})
    key = (kind.name, query)
    if key not in parsed:
        parsed[key] = kind.parse(to_args(query))
    return parsed[key]


def list_filters(list_name: str, query: str) -> Sequence[tuple[str, str]]:
    """List the search and the filters of a mailing, as label and value."""
    if not list_name:
        return ()
    try:
        listing = parse_query(list_name, query)
    except RuleViolation as refusal:
        return [("", str(refusal))]
    found = [(one, listing.query.get_filter(one.name)) for one in listing.filters]
    named = [(str(one.label), one.describe(value)) for one, value in found if value]
    search = [(gettext("Search"), f"“{listing.query.search}”")] if listing.query.search else []
    return [*search, *named]


def to_args(query: str) -> Mapping[str, str]:
    """Return the parameters of a query string."""
    return dict(parse_qsl(query))


def conference_gaps() -> Mapping[str, bool]:
    """Return the names of those that are empty."""
    return {name: not value.strip() for name, value in conference_values().items()}


def to_person(kind: str, number: SQLColumnExpression[int]) -> ColumnElement[str]:
    """Return the id of a row's person in mailings: delegate 12."""
    return literal(f"{kind} ") + cast(number, String)


def number_of(person: str) -> int:
    """Return the number in the result of ``to_person``; 0 if there is none."""
    return parse_number(person.rpartition(" ")[2]) or 0
