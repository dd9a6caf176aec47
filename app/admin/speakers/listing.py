"""The list of speakers: filters and bulk actions."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Final

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.accounts import roles
from app.admin import saved_views
from app.admin.bulk_actions import BulkAction
from app.admin.listing import (
    MAX_SELECTED,
    ListFilter,
    Listing,
    ListQuery,
    parse_list_query,
)
from app.programme import slugs
from app.programme.editing import speaker_queries, speakers
from app.programme.editing.speaker_queries import SpeakerFilter, SpeakerRow
from app.programme.labels import ROLES
from app.programme.models import Speaker, Theme
from app.registration import queries as registration
from app.registration.speaker_places import queries as speaker_places
from app.speakers import invitations, list_filters
from app.speakers.invitations import Invitation
from app.web import redirects
from app.web.formatting import conference_zone, local_date

redirects.MESSAGES["admin"] |= {
    "speakers-confirmed": _l("All selected speakers have been marked as confirmed."),
    "speakers-not-confirmed": _l("All selected speakers have been marked as not confirmed."),
    "speakers-withdrawn": _l(
        "All selected speakers have been withdrawn. The public site changes when you publish."
    ),
}


STATE_OPTIONS = (
    ("yes", _l("Confirmed")),
    ("no", _l("Not confirmed")),
    ("withdrawn", _l("Withdrawn")),
)
MISSING_OPTIONS = (
    ("biography", _l("Biography")),
    ("photo", _l("Photo")),
    ("contact-address", _l("Contact email address")),
    ("sessions", _l("Sessions")),
)


PLACE_OPTIONS = (("yes", _l("Has a place")), ("no", _l("Has no place")))


TASK_LABELS = {
    "confirmation": _l("Has not confirmed"),
    "photo": _l("Has no photo"),
    "slides": _l("Has no slides or papers"),
    "request": _l("Has an open request"),
    "invitation": _l("Has not been invited"),
    "sign-in": _l("Has never signed in"),
    "availability": _l("Has not said when they are unavailable"),
    "access-needs": _l("Has not answered about access requirements"),
    "audio-visual": _l("Has not answered about equipment"),
    "travel": _l("Has not answered about travel"),
    "consent": _l("Has not answered about recording and slides"),
}
TASK_OPTIONS = tuple((name, TASK_LABELS[name]) for name in list_filters.TASK_CONDITIONS)


MISSING_WORDS = {  # in a row of the list
    "biography": _l("biography"),
    "photo": _l("photo"),
    "contact-address": _l("email address"),
    "sessions": _l("sessions"),
}


BULK_ACTIONS: Final[Mapping[str, BulkAction[Speaker]]] = {
    action.name: action
    for action in (
        BulkAction[Speaker](
            "confirm",
            _l("Mark as confirmed"),
            lambda num: ngettext(
                "Mark %(num)s speaker as confirmed?", "Mark %(num)s speakers as confirmed?", num
            ),
            "speakers-confirmed",
            lambda speaker: speaker.confirmed_at is None,
            speakers.confirm,
        ),
        BulkAction[Speaker](
            "unconfirm",
            _l("Mark as not confirmed"),
            lambda num: ngettext(
                "Mark %(num)s speaker as not confirmed?",
                "Mark %(num)s speakers as not confirmed?",
                num,
            ),
            "speakers-not-confirmed",
            lambda speaker: speaker.confirmed_at is not None,
            speakers.unconfirm,
        ),
        BulkAction[Speaker](
            "withdraw",
            _l("Withdraw"),
            lambda num: ngettext("Withdraw %(num)s speaker?", "Withdraw %(num)s speakers?", num),
            "speakers-withdrawn",
            lambda speaker: speaker.withdrawn_at is None,
            speakers.withdraw,
            warning=_l(
                "When you publish, they will no longer be public. Their sessions will go ahead "
                "without them. You can restore them at any time."
            ),
        ),
    )
}


def get_filters() -> Sequence[ListFilter]:
    """Return the filters of the list that have options."""
    choices, find_moved_theme = speaker_queries.list_choices(), partial(slugs.find_moved, Theme)
    countries = [(country, country) for country in choices.countries]
    days = [(day.isoformat(), local_date(day)) for day in registration.conference_days()]
    filters = (
        ListFilter("confirmed", _l("State"), STATE_OPTIONS),
        ListFilter("missing", _l("Missing"), MISSING_OPTIONS),
        *_list_place_filter(),
        ListFilter("invited", _l("Invitation"), tuple(invitations.LIST_STATES.items())),
        ListFilter("country", _l("Country"), countries),
        ListFilter("role", _l("Role"), tuple(ROLES.items())),
        ListFilter("task", _l("To do"), TASK_OPTIONS),
        ListFilter("day", _l("Day"), days),
        ListFilter("theme", _l("Theme"), choices.themes, find_moved_theme),
    )
    return [way for way in filters if way.options]


def _list_place_filter() -> Sequence[ListFilter]:
    """List the filter by place, where speakers are asked to take one."""
    is_asked = speaker_places.find_category() is not None
    return [ListFilter("place", _l("Place"), PLACE_OPTIONS)] if is_asked else []


def get_listing() -> tuple[Listing[SpeakerRow], Mapping[int, Invitation]]:
    """Return the page of the list that the request asks for, and the invitations by speaker id."""
    filters = get_filters()
    list_query = parse_list_query(filters, SORTS)
    of_all = _load_if_filtered(list_query)
    found = speaker_queries.list_page(_build_filter(list_query, of_all), **list_query.window)
    known = of_all or invitations.load([row.speaker for row in found.rows])
    return Listing(found.rows, found.total, list_query, filters), known


def list_slugs() -> Sequence[str]:
    """Return the slugs of all that the request asks for, whatever the page, up to the limit."""
    list_query = parse_list_query(get_filters(), SORTS)
    window = list_query.first_window(MAX_SELECTED)
    found = speaker_queries.list_page(build_speaker_filter(list_query), **window)
    return [row.speaker.slug for row in found.rows]


def build_speaker_filter(list_query: ListQuery) -> SpeakerFilter:
    """Return the speakers that a list query selects, such as that of a saved view."""
    return _build_filter(list_query, _load_if_filtered(list_query))


def _load_if_filtered(list_query: ListQuery) -> Mapping[int, Invitation]:
    return invitations.load_all() if list_query.get_filter("invited") else {}


def _build_filter(list_query: ListQuery, known: Mapping[int, Invitation]) -> SpeakerFilter:
    invited, day = list_query.get_filter("invited"), list_query.get_filter("day")
    return SpeakerFilter(
        search=list_query.search,
        confirmation=list_query.get_filter("confirmed"),
        missing=list_query.get_filter("missing"),
        country=list_query.get_filter("country"),
        role=list_query.get_filter("role"),
        day=(date.fromisoformat(day), conference_zone()) if day else None,
        others={name: list_query.get_filter(name) for name in speaker_queries.FILTER_CONDITIONS},
        ids=[number for number, one in known.items() if one.state == invited] if invited else None,
    )


SORTS = tuple(speaker_queries.SORTS)
saved_views.declare("speakers", _l("Speakers"), roles.PROGRAMME, lambda _: get_filters(), SORTS)
