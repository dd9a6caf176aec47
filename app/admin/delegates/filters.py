"""The filters of delegates. To add one, declare it in ``FILTERS``.

The list, its chips and exports, saved views and group emails all use them. Names and values occur
in URLs, saved views and stored group emails, so they must not change.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from flask import has_request_context
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, false, func, literal, select

from app.accounts import roles
from app.admin.delegates import answer_filters
from app.admin.delegates.delegate_filter import (
    Condition,
    DelegateFilter,
    InUse,
    Options,
    load_in_use,
)
from app.admin_emails import readable_emails
from app.admin_kit import saved_views
from app.admin_kit.listing import ListFilter, ListQuery, TextFilter, parse_list_query
from app.admin_kit.saved_views import ListKind
from app.agenda.models import Star
from app.delegates import countries
from app.delegates.categories import queries as categories
from app.delegates.delegate_record import MAX_SORT_KEY_LENGTH, search_key
from app.delegates.models import Delegate, DelegateTag, LinkedAgenda
from app.mail.models import Email
from app.mail.queries import IS_FAILED, IS_WAITING
from app.programme.models import Session
from app.registration.desk import annotations, queries
from app.registration.groups.queries import is_of_group, select_choices
from app.registration.requirement_cases.queries import HAS_OPEN_CASE
from app.registration.session_bookings.models import SessionBooking
from app.registration.speaker_places.queries import IS_SPEAKER
from app.releases.current_release import conference_days, get_programme
from app.web import languages
from app.web.formatting import local_date

ANY: Final = "any"  # any session
NO_CATEGORY: Final = "none"
MAX_SUGGESTIONS: Final = 100  # organisations
SORTS: Final = tuple(queries.SORT_COLUMNS)


def get_filters() -> tuple[ListFilter, ...]:
    """Return the filters that the current user may use; values in use take one query."""
    declared = [declaration for declaration in _iterate_declared() if declaration.is_permitted]
    in_use = load_in_use(declared)
    built = (declaration.build(in_use[declaration.name]) for declaration in declared)
    return tuple(one for one in built if one.options or one.is_text)


def parse_request() -> ListQuery:
    """Return the list query of the request."""
    return parse_list_query(get_filters(), SORTS)


def list_conditions(query: ListQuery) -> list[Condition]:
    """Return the conditions of the search and the filters of a list query."""
    chosen = [
        declaration for declaration in _iterate_declared() if query.get_filter(declaration.name)
    ]
    conditions = [
        declaration.condition(query.get_filter(declaration.name)) for declaration in chosen
    ]
    return [*queries.match_text(query.search), *conditions]


def list_forbidden(names: Collection[str]) -> list[str]:
    """List the filters among these that the current user may not use."""
    return [
        declaration.name
        for declaration in _iterate_declared()
        if declaration.name in names and not declaration.is_permitted
    ]


def _list_days(_: InUse) -> Options:
    return [(day.isoformat(), local_date(day)) for day in conference_days()]


def _select_countries() -> Select[tuple[str, str]]:
    return select(Delegate.country, literal("")).where(Delegate.country != "").distinct()


def _list_countries(in_use: InUse) -> Options:
    language = languages.current().code
    return sorted(((code, countries.name_of(code, language)) for code, _ in in_use), key=_by_text)


def _by_text(option: tuple[str, str]) -> tuple[str, str]:
    return option[1], option[0]


def _select_organisations() -> Select[tuple[str, str]]:
    """Select the organisations with the most delegates, each once regardless of spelling."""
    key, name = Delegate.organisation_sort_key, func.min(Delegate.organisation)
    most = select(key, name).where(key != "").group_by(key)
    return most.order_by(func.count().desc(), key).limit(MAX_SUGGESTIONS)


def _is_of_organisation(part: str) -> Condition:
    """Return the condition that an organisation's name contains a text, ignoring case and accents.

    Beyond ``MAX_SORT_KEY_LENGTH`` characters only the search text contains the name.
    """
    typed, stored = search_key(part), Delegate.organisation_sort_key
    if not typed:  # only accents, which must not match everyone
        return false()
    is_cut = func.length(stored) == MAX_SORT_KEY_LENGTH
    cut_off = func.replace(Delegate.search_text, stored, "\n")  # the text never has a newline
    escaped = typed.replace("/", "//").replace("%", "/%").replace("_", "/_")
    in_rest = is_cut & cut_off.like(f"%\n%{escaped}%", escape="/")
    return stored.contains(typed, autoescape=True) | in_rest


def _has_email(state: str) -> Condition:
    """Return the condition that an email, among those the user may read, has not arrived.

    The worker, which sends group emails, may read all.
    """
    condition = {"failed": IS_FAILED, "waiting": IS_WAITING}[state]
    readable = readable_emails.list_conditions() if has_request_context() else ()
    emails = select(Email.booking_reference).where(condition, *readable)
    return Delegate.reference.in_(emails)


def _select_tags() -> Select[tuple[str, str]]:
    return select(DelegateTag.label, literal("")).distinct()


def _list_tags(in_use: InUse) -> Options:
    return [(label, label) for label in annotations.sort_labels(label for label, _ in in_use)]


def _has_tag(label: str) -> Condition:
    return Delegate.id.in_(select(DelegateTag.delegate_id).where(DelegateTag.label == label))


def _list_languages(_: InUse) -> Options:
    codes = languages.list_codes()
    return [(code, languages.describe(code).name) for code in codes] if len(codes) > 1 else ()


def _select_followed() -> Select[tuple[str, str]]:
    """Select the sessions in agendas linked to a booking whose delegate agreed to emails."""
    followed = select(Session.key, Session.title).join(Star, Star.session_key == Session.key)
    followed = followed.join(LinkedAgenda, LinkedAgenda.agenda_id == Star.agenda_id)
    return followed.where(queries.HAS_AGREED).distinct()


def _list_followed(in_use: InUse) -> Options:
    return [(ANY, gettext("Any session")), *sorted(in_use, key=_by_text)] if in_use else ()


def follows(key: str) -> Condition:
    """Return the condition that a delegate follows a session (or ANY) and agreed to emails."""
    rows = select(LinkedAgenda.delegate_id).where(queries.HAS_AGREED)
    if key != ANY:
        stars = select(Star.agenda_id).where(Star.session_key == key)
        rows = rows.where(LinkedAgenda.agenda_id.in_(stars))
    return Delegate.id.in_(rows)


def _list_categories(_: InUse) -> Options:
    options = [(str(option.id), option.name) for option in categories.list_options()]
    return [*options, (NO_CATEGORY, gettext("No category"))] if options else ()


def _has_category(number: str) -> Condition:
    return Delegate.category_id == (None if number == NO_CATEGORY else int(number))


def _list_sessions_with_seats(_: InUse) -> Options:
    sessions = get_programme().sessions_by_title
    return [
        (session.key, session.title) for session in sessions if session.booking_seats is not None
    ]


def _has_seat(session_key: str) -> Condition:
    booked = select(SessionBooking.delegate_id).where(SessionBooking.session_key == session_key)
    return Delegate.id.in_(booked)


def _list_check_ins(_: InUse) -> Options:
    """List the check-in options of a session, if any session checks people in."""
    found = [("yes", gettext("At a session")), ("no", gettext("Not yet"))]
    return found if _list_sessions_with_seats(()) else ()


def _list_groups(in_use: InUse) -> Options:
    return sorted(in_use, key=lambda one: (one[1].casefold(), int(one[0])))


IS_CHECKED_IN: Final = Delegate.id.in_(
    select(SessionBooking.delegate_id).where(SessionBooking.checked_in_at.is_not(None))
)


FILTERS: Final[Sequence[DelegateFilter]] = (
    DelegateFilter(
        "state",
        _l("Booking"),
        queries.STATE_CONDITIONS.__getitem__,
        (("attending", _l("Attending")), ("cancelled", _l("Cancelled")), ("erased", _l("Deleted"))),
    ),
    DelegateFilter(
        "day",
        _l("Day"),
        lambda day: Delegate.days.contains(day, autoescape=True),
        list_options=_list_days,
    ),
    DelegateFilter(
        "country",
        _l("Country"),
        lambda code: Delegate.country == code,
        list_options=_list_countries,
        select_in_use=_select_countries,
    ),
    DelegateFilter(
        "organisation",
        _l("Organisation"),
        _is_of_organisation,
        list_options=lambda in_use: [(name, name) for _, name in sorted(in_use)],
        select_in_use=_select_organisations,
        kind=TextFilter,
    ),
    DelegateFilter(
        "letters",
        _l("Emails"),
        _has_email,
        (("failed", _l("Not delivered")), ("waiting", _l("Being sent"))),
    ),
    DelegateFilter(
        "tag",
        _l("Tag"),
        _has_tag,
        list_options=_list_tags,
        select_in_use=_select_tags,
    ),
    DelegateFilter(
        "language",
        _l("Language"),
        lambda code: Delegate.language == code,
        list_options=_list_languages,
    ),
    DelegateFilter(
        "follows",
        _l("Wants emails about"),
        follows,
        list_options=_list_followed,
        select_in_use=_select_followed,
        needs_consent=True,
    ),
    DelegateFilter("category", _l("Category"), _has_category, list_options=_list_categories),
    DelegateFilter(
        "speaks",
        _l("Speaks"),
        {"yes": IS_SPEAKER, "no": ~IS_SPEAKER}.__getitem__,
        (("yes", _l("Yes")), ("no", _l("No"))),
    ),
    DelegateFilter(
        "session", _l("Seat in a session"), _has_seat, list_options=_list_sessions_with_seats
    ),
    DelegateFilter(
        "checked_in",
        _l("Checked in"),
        {"yes": IS_CHECKED_IN, "no": ~IS_CHECKED_IN}.__getitem__,
        list_options=_list_check_ins,
    ),
    DelegateFilter(
        "group",
        _l("Group"),
        is_of_group,
        list_options=_list_groups,
        select_in_use=select_choices,
    ),
    DelegateFilter(  # a combined filter, because telling them apart could reveal illness or belief
        "case",
        _l("Requirements"),
        {"open": HAS_OPEN_CASE, "none": ~HAS_OPEN_CASE}.__getitem__,
        (("open", _l("To arrange")), ("none", _l("Nothing to arrange"))),
        area=roles.REQUIREMENT_CASES,
    ),
    DelegateFilter(
        "added",
        _l("Added"),
        lambda _: Delegate.is_added_by_team.is_(True),
        (("by-hand", _l("By an organiser")),),
    ),
)
NEEDING_CONSENT: Final = frozenset(one.name for one in FILTERS if one.needs_consent)


def _iterate_declared() -> Iterator[DelegateFilter]:
    """Yield all filters, those by the organisers' questions last."""
    yield from FILTERS
    yield from answer_filters.iterate_filters()


saved_views.add(
    ListKind(
        "delegates",
        _l("Delegates"),
        roles.DELEGATES,
        lambda _: get_filters(),
        SORTS,
        list_forbidden=list_forbidden,
    )
)
