"""The list of speakers: filters and bulk actions."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Final

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.accounts import roles
from app.admin.speakers.rows import RowFormatter, SpeakerListRow
from app.admin_kit import saved_views
from app.admin_kit.bulk_actions import BulkAction
from app.admin_kit.listing import (
    MAX_SELECTED,
    ListFilter,
    Listing,
    ListQuery,
    TextFilter,
    parse_list_query,
)
from app.programme import slugs
from app.programme.editing import speaker_queries, speakers
from app.programme.editing.speaker_queries import SpeakerFilter, SpeakerRow
from app.programme.labels import ROLES
from app.programme.models import Speaker, Theme
from app.registration.speaker_places import queries as speaker_places
from app.releases.current_release import conference_days
from app.speakers import invitation_states, invitations, list_filters
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
    days = [(day.isoformat(), local_date(day)) for day in conference_days()]
    filters = (
        ListFilter("confirmed", _l("State"), STATE_OPTIONS),
        ListFilter("missing", _l("Missing"), MISSING_OPTIONS),
        *_list_place_filter(),
        ListFilter("invited", _l("Invitation"), tuple(invitation_states.LIST_STATES.items())),
        ListFilter("country", _l("Country"), countries),
        TextFilter(
            "organisation",
            _l("Organisation"),
            [(organisation, organisation) for organisation in choices.organisations],
        ),
        ListFilter("role", _l("Role"), tuple(ROLES.items())),
        ListFilter("task", _l("To do"), TASK_OPTIONS),
        ListFilter("day", _l("Day"), days),
        ListFilter("theme", _l("Theme"), choices.themes, find_moved_theme),
    )
    return [way for way in filters if way.options]


def _list_place_filter() -> Sequence[ListFilter]:
    """List the filter by place, if speakers are asked to accept a place."""
    is_asked = speaker_places.find_category() is not None
    return [ListFilter("place", _l("Place"), PLACE_OPTIONS)] if is_asked else []


def get_listing() -> Listing[SpeakerListRow]:
    """Return the page of the list that the request asks for."""
    filters = get_filters()
    list_query = parse_list_query(filters, SORTS)
    found = speaker_queries.list_page(build_speaker_filter(list_query), **list_query.window)
    return Listing(_build_rows(found.rows), found.total, list_query, filters)


def _build_rows(rows: Sequence[SpeakerRow]) -> list[SpeakerListRow]:
    known = invitations.load([row.speaker for row in rows])
    with_place = speaker_places.list_with_place(known)
    formatter = RowFormatter()
    return [
        formatter.build_row(row, known[row.speaker.id], has_place=row.speaker.id in with_place)
        for row in rows
    ]


def list_slugs() -> Sequence[str]:
    """List the slugs of all speakers that match the request, on any page, up to the limit."""
    list_query = parse_list_query(get_filters(), SORTS)
    window = list_query.first_window(MAX_SELECTED)
    found = speaker_queries.list_page(build_speaker_filter(list_query), **window)
    return [row.speaker.slug for row in found.rows]


def build_speaker_filter(list_query: ListQuery) -> SpeakerFilter:
    """Return the filter for the speakers of a list query, such as that of a saved view."""
    invited, day = list_query.get_filter("invited"), list_query.get_filter("day")
    return SpeakerFilter(
        search=list_query.search,
        confirmation=list_query.get_filter("confirmed"),
        missing=list_query.get_filter("missing"),
        country=list_query.get_filter("country"),
        role=list_query.get_filter("role"),
        organisation=list_query.get_filter("organisation"),
        day=(date.fromisoformat(day), conference_zone()) if day else None,
        others={name: list_query.get_filter(name) for name in speaker_queries.FILTER_CONDITIONS},
        ids=invitation_states.select_ids(invited) if invited else None,
    )


SORTS = tuple(speaker_queries.SORTS)
saved_views.declare("speakers", _l("Speakers"), roles.PROGRAMME, lambda _: get_filters(), SORTS)
