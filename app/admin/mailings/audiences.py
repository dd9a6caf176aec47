"""The people whom organisers can choose from a list: delegates, speakers, the waiting list.

A further kind is one declaration at the bottom: how its list finds people, and what an email may
say about them. Placeholders never hold access or dietary requirements, nor links of other people.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.admin import saved_views
from app.admin.delegates import presentation
from app.admin.listing import Listing
from app.admin.speakers import listing as speaker_listing
from app.database import db
from app.errors import RuleViolation
from app.mail import placeholders
from app.mail.placeholders import Placeholder, PlaceholderKind
from app.mailings import recipients
from app.mailings.audiences import Audience, Candidate, declare
from app.programme import collation
from app.programme.editing import speaker_queries
from app.programme.models import Session, Speaker
from app.registration import countries, links
from app.registration.desk import queries as desk
from app.registration.models import Delegate, WaitingListEntry
from app.registration.waiting_list import queries as waiting_list
from app.releases import current_release
from app.speakers import checklist
from app.speakers import queries as speakers
from app.speakers.recipients import find_address
from app.web import languages
from app.web.formatting import local_date, local_days, local_time
from app.web.rendering import absolute_url

EVERYONE: Final = 1_000_000  # rows: no conference has more
MAX_DIGITS: Final = 9  # of a number in a URL
CANCELLED: Final = "booking cancelled"
NOT_CANCELLED: Final = "has a place again"
NOT_WAITING: Final = "no longer on the waiting list"
WITHDRAWN: Final = "withdrawn"
NOT_WITHDRAWN: Final = "taking part again"
recipients.REASON_NAMES.update(
    {
        CANCELLED: _l("booking cancelled"),
        NOT_CANCELLED: _l("has a place again"),
        WITHDRAWN: _l("withdrawn"),
        NOT_WITHDRAWN: _l("taking part again"),
    }
)

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
FOR_DELEGATES: Final = placeholders.declare(
    *ABOUT_PERSON,
    Placeholder("days", _l("Days they attend"), _l("Thursday 6 November 2008")),
    Placeholder("booking_reference", _l("Booking reference"), "CG-7K2M"),
    Placeholder("booking_link", _l("Link to their booking"), kind=PlaceholderKind.LINK),
    *ABOUT_CONFERENCE,
)
FOR_WAITING: Final = placeholders.declare(
    Placeholder("full_name", _l("Full name"), "Ada Lovelace"),
    Placeholder(
        "waiting_list_link", _l("Link to their page of the waiting list"), kind=PlaceholderKind.LINK
    ),
    *ABOUT_CONFERENCE,
)
FOR_SPEAKERS: Final = placeholders.declare(
    *ABOUT_PERSON,
    Placeholder(
        "sessions", _l("Their sessions with day, time and room"), kind=PlaceholderKind.BLOCK
    ),
    Placeholder("session_title", _l("Title of their first session"), _l("Fair financing")),
    Placeholder("session_day", _l("Day of their first session"), _l("Thursday 6 November 2008")),
    Placeholder("session_time", _l("Time of their first session"), _l("9:30am")),
    Placeholder("session_room", _l("Room of their first session"), _l("Main hall")),
    Placeholder("open_tasks", _l("Open tasks, with deadlines"), kind=PlaceholderKind.BLOCK),
    Placeholder("speaker_link", _l("Link to their speaker pages"), kind=PlaceholderKind.LINK),
    *ABOUT_CONFERENCE,
)


def _conference_values() -> Mapping[str, str]:
    conference = current_release.get_programme().conference
    return {
        "conference": conference.title,
        "conference_dates": local_days(conference.starts_on, conference.ends_on),
        "conference_place": conference.place,
        "programme_link": absolute_url("programme.whole"),
    }


def parse_query(list_name: str, query: str) -> Listing[Any]:
    """Return what a stored query string of a list asks for, outside of any request too.

    Raise RuleViolation if it filters by something that is gone.
    """
    args = to_args(query)
    listing = saved_views.LISTS[list_name].parse(args)
    if gone := saved_views.list_gone(args, listing.query, listing.filters):
        raise RuleViolation(f"A filter no longer exists: {', '.join(gone)}. Choose filters again")
    return listing


def to_args(query: str) -> Mapping[str, str]:
    """Return the parameters of a query string."""
    return dict(parse_qsl(query))


def find_delegates(query: str) -> Sequence[Candidate]:
    """List the delegates whom a query string of their list selects, by name."""
    list_query = parse_query("delegates", query).query
    filters = presentation.build_delegate_filter(list_query)
    rows = desk.list_delegates(filters, "name", is_reversed=False, offset=0, limit=EVERYONE)
    return [
        Candidate(
            _delegate_key(row.id),
            row.full_name,
            row.email,
            row.language,
            row.reference,
            _delegate_exclusion(row, query),
        )
        for row in rows
    ]


def load_delegates(people: Collection[str], query: str) -> Mapping[str, Candidate]:
    """Return delegates with the values of their placeholders."""
    rows = db.session.scalars(select(Delegate).where(Delegate.id.in_(map(_number, people))))
    return {
        _delegate_key(row.id): Candidate(
            _delegate_key(row.id),
            row.full_name,
            row.email,
            row.language,
            row.reference,
            _delegate_exclusion(row, query),
            _delegate_values(row) if not row.is_erased else {},
        )
        for row in rows
    }


def _delegate_exclusion(row: Any, query: str) -> str:
    if row.erased_at is not None:
        return recipients.ERASED
    is_about_cancelled = "state=cancelled" in query.split("&")
    if is_about_cancelled:
        return "" if row.cancelled_at is not None else NOT_CANCELLED
    return CANCELLED if row.cancelled_at is not None else ""


def _delegate_values(delegate: Delegate) -> Mapping[str, str]:
    with languages.use_language(delegate.language):
        days = [local_date(day) for day in delegate.days_attending]
        return {
            **_conference_values(),
            "first_name": delegate.given_names or delegate.full_name,
            "full_name": delegate.full_name,
            "organisation": delegate.organisation,
            "country": countries.name_of(delegate.country, delegate.language)
            if delegate.country
            else "",
            "days": join_words(days),
            "booking_reference": delegate.reference,
            "booking_link": links.booking_link(delegate),
        }


def find_waiting(query: str) -> Sequence[Candidate]:
    """List the people whom a query string of the waiting list selects, in its order."""
    listed = parse_query("waiting_list", query).query
    state = listed.get_filter("state")
    rows, _ = waiting_list.list_page(listed.search, state, offset=0, limit=EVERYONE)
    return [_build_waiting(row) for row in rows]


def load_waiting(people: Collection[str], query: str) -> Mapping[str, Candidate]:
    """Return people on the waiting list with the values of their placeholders."""
    rows = db.session.scalars(
        select(WaitingListEntry).where(WaitingListEntry.id.in_(map(_number, people)))
    )
    found = (replace(_build_waiting(row), values=_waiting_values(row)) for row in rows)
    return {one.person: one for one in found}


def _build_waiting(row: WaitingListEntry) -> Candidate:
    exclusion = NOT_WAITING if row.ended_at is not None else ""
    person = f"{recipients.WAITING} {row.id}"
    return Candidate(person, row.name, row.email, row.language, exclusion=exclusion)


def _waiting_values(row: WaitingListEntry) -> Mapping[str, str]:
    with languages.use_language(row.language):
        return {
            **_conference_values(),
            "full_name": row.name,
            "waiting_list_link": links.waiting_list_link(row),
        }


def find_speakers(query: str) -> Sequence[Candidate]:
    """List the speakers whom a query string of their list selects, by name."""
    list_query = parse_query("speakers", query).query
    filters = speaker_listing.build_speaker_filter(list_query)
    page = speaker_queries.list_page(filters, "name", is_reversed=False, offset=0, limit=EVERYONE)
    rows = [row.speaker for row in page.rows]
    return [*_build_speakers(rows, query).values()]


def load_speakers(people: Collection[str], query: str) -> Mapping[str, Candidate]:
    """Return speakers with the values of their placeholders."""
    numbers = [_number(one) for one in people]
    rows = db.session.scalars(select(Speaker).where(Speaker.id.in_(numbers))).all()
    sessions, tasks = speakers.get_sessions_by_speaker(rows), checklist.list_open_items(rows)
    values = {
        _speaker_key(row): _speaker_values(row, sessions.get(row.id, ()), tasks[row.id])
        for row in rows
    }
    return _build_speakers(rows, query, values)


def _build_speakers(
    rows: Sequence[Speaker], query: str, values: Mapping[str, Mapping[str, str]] | None = None
) -> Mapping[str, Candidate]:
    access = speakers.get_access_by_speaker(rows)
    return {
        _speaker_key(row): Candidate(
            _speaker_key(row),
            row.name,
            find_address(row, access.get(row.id, ())),
            exclusion=_speaker_exclusion(row, query),
            values=(values or {}).get(_speaker_key(row), {}),
        )
        for row in rows
    }


def _speaker_exclusion(speaker: Speaker, query: str) -> str:
    if "confirmed=withdrawn" in query.split("&"):
        return "" if speaker.withdrawn_at is not None else NOT_WITHDRAWN
    return WITHDRAWN if speaker.withdrawn_at is not None else ""


def _speaker_values(
    speaker: Speaker, sessions: Sequence[Session], tasks: Sequence[checklist.ChecklistLine]
) -> Mapping[str, str]:
    first, family, _ = collation.split_name(speaker.name)
    values = {
        **_conference_values(),
        "first_name": first.strip(" ,") or family,
        "full_name": speaker.name,
        "organisation": speaker.organisation,
        "country": speaker.country,
        "sessions": "\n\n".join(_describe_session(one) for one in sessions),
        "open_tasks": "\n".join(f"- {_describe_task(one)}" for one in tasks),
        "speaker_link": absolute_url("speakers.home"),
    }
    timed = next((one for one in sessions if one.starts_at), None)
    opening = timed or next(iter(sessions), None)
    return values | {
        "session_title": opening.title if opening else "",
        "session_day": local_date(timed.starts_at) if timed and timed.starts_at else "",
        "session_time": local_time(timed.starts_at) if timed and timed.starts_at else "",
        "session_room": opening.room.name if opening and opening.room else "",
    }


def _describe_session(session: Session) -> str:
    return "\n".join(
        f"{label}: {text}"
        for label, text in (
            (gettext("Session"), session.title),
            (gettext("Day"), local_date(session.starts_at) if session.starts_at else ""),
            (gettext("Time"), local_time(session.starts_at) if session.starts_at else ""),
            (gettext("Room"), session.room.name if session.room else ""),
        )
        if text
    )


def _describe_task(line: checklist.ChecklistLine) -> str:
    if line.due_on is None:
        return str(line.label)
    day = local_date(line.due_on)
    return str(gettext("%(task)s (due by %(day)s)", task=line.label, day=day))


def join_words(words: Sequence[str]) -> str:
    """Return words as a list in a sentence: Monday, Tuesday and Friday."""
    if len(words) < 2:
        return "".join(words)
    return str(gettext("%(words)s and %(last)s", words=", ".join(words[:-1]), last=words[-1]))


def _delegate_key(number: int) -> str:
    return f"{recipients.DELEGATE} {number}"


def _speaker_key(speaker: Speaker) -> str:
    return f"{recipients.SPEAKER} {speaker.id}"


def _number(person: str) -> int:
    number = person.rpartition(" ")[2]
    return int(number) if number.isdecimal() and len(number) <= MAX_DIGITS else 0


declare(
    Audience(
        "delegates",
        _l("Delegates"),
        FOR_DELEGATES,
        load_delegates,
        find_delegates,
        list_name="delegates",
        secrets=frozenset({"booking_link"}),
    )
)
declare(
    Audience(
        "speakers",
        _l("Speakers"),
        FOR_SPEAKERS,
        load_speakers,
        find_speakers,
        list_name="speakers",
    )
)
declare(
    Audience(
        "waiting_list",
        _l("Waiting list"),
        FOR_WAITING,
        load_waiting,
        find_waiting,
        list_name="waiting_list",
        secrets=frozenset({"waiting_list_link"}),
    )
)
