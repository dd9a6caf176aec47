"""The speakers as an audience of group emails, and their placeholders."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import case, literal, select
from sqlalchemy.orm import contains_eager, joinedload

from app.admin.mailings.audience_parts import (
    ABOUT_CONFERENCE,
    ABOUT_PERSON,
    conference_gaps,
    conference_values,
    number_of,
    parse_query,
    to_args,
    to_person,
)
from app.admin.speakers import listing as speaker_listing
from app.database import db
from app.mail import placeholders
from app.mail.placeholders import Placeholder, PlaceholderKind
from app.mailings import recipients
from app.mailings.audiences import Audience, Candidate, PeopleQuery
from app.programme import collation
from app.programme.editing import speaker_queries
from app.programme.editing.speaker_queries import SpeakerFilter
from app.programme.models import Session, Speaker
from app.speakers import list_filters, open_tasks
from app.speakers import queries as speakers
from app.speakers.models import SpeakerAccess
from app.speakers.open_tasks import OpenTask
from app.speakers.recipients import find_address
from app.web import languages
from app.web.formatting import local_date, local_time
from app.web.rendering import absolute_url

WITHDRAWN: Final = "withdrawn"
NOT_WITHDRAWN: Final = "taking part again"
recipients.REASON_NAMES.update({WITHDRAWN: _l("withdrawn"), NOT_WITHDRAWN: _l("taking part again")})

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


def find_speakers(query: str) -> PeopleQuery:
    """Find the speakers for a query string of their list, by name."""
    list_query = parse_query("speakers", query).query
    takes_part = Speaker.withdrawn_at.is_(None)
    exclusion = (
        (takes_part, NOT_WITHDRAWN) if _is_about_withdrawn(query) else (~takes_part, WITHDRAWN)
    )
    chosen = speaker_listing.build_speaker_filter(list_query)
    return PeopleQuery(
        person=to_person(recipients.SPEAKER, Speaker.id),
        name=Speaker.name,
        address=list_filters.ADDRESS,
        language=literal(languages.SOURCE_LANGUAGE),
        booking_reference=literal(""),
        exclusion=case(exclusion, else_=""),
        conditions=speaker_queries.list_conditions(chosen),
        order=[Speaker.name_sort_key, Speaker.id],
        search=lambda text: speaker_queries.list_conditions(SpeakerFilter(search=text)),
        gaps={
            **dict.fromkeys(("first_name", "full_name"), Speaker.name == ""),
            "organisation": Speaker.organisation == "",
            "country": Speaker.country == "",
            **dict.fromkeys(("sessions", "session_title"), speaker_queries.SESSION_COUNT == 0),
            "speaker_link": False,
            **conference_gaps(),
        },
    )


def _is_about_withdrawn(query: str) -> bool:
    return to_args(query).get("confirmed") == "withdrawn"


def load_speakers(people: Collection[str], query: str) -> Mapping[str, Candidate]:
    """Return speakers with their placeholder values."""
    numbers = [number_of(person) for person in people]
    rows = db.session.scalars(select(Speaker).where(Speaker.id.in_(numbers))).all()
    sessions = speakers.get_sessions_by_speaker(rows)
    tasks = open_tasks.map_open_tasks(numbers)
    values = {
        _speaker_key(row): _speaker_values(row, sessions.get(row.id, ()), tasks.get(row.id, ()))
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


def load_accounts(people: Collection[str]) -> Mapping[str, Candidate]:
    """Return people with access to a speaker's pages; those who speak as themselves."""
    rows = db.session.scalars(
        select(SpeakerAccess)
        .join(Speaker, Speaker.id == SpeakerAccess.speaker_id)
        .where(speakers.IS_ACTIVE, SpeakerAccess.person_id.in_(map(number_of, people)))
        .order_by(  # later rows are replaced by earlier ones
            SpeakerAccess.is_assistant.desc(),
            Speaker.name_sort_key.desc(),
            SpeakerAccess.id.desc(),
        )
        .options(contains_eager(SpeakerAccess.speaker), joinedload(SpeakerAccess.person))
    )
    return {one.person: one for one in map(_build_account, rows)}


def _build_account(access: SpeakerAccess) -> Candidate:
    speaker = access.speaker
    return Candidate(
        f"{recipients.ACCOUNT} {access.person_id}",
        speaker.name,
        access.person.email,
        values={**conference_values(), **_person_values(speaker)},
    )


def _person_values(speaker: Speaker) -> Mapping[str, str]:
    first, family, _ = collation.split_name(speaker.name)
    return {
        "first_name": first.strip(" ,") or family,
        "full_name": speaker.name,
        "organisation": speaker.organisation,
        "country": speaker.country,
    }


def _speaker_key(speaker: Speaker) -> str:
    return f"{recipients.SPEAKER} {speaker.id}"


def _speaker_exclusion(speaker: Speaker, query: str) -> str:
    if _is_about_withdrawn(query):
        return "" if speaker.withdrawn_at is not None else NOT_WITHDRAWN
    return WITHDRAWN if speaker.withdrawn_at is not None else ""


def _speaker_values(
    speaker: Speaker, sessions: Sequence[Session], tasks: Sequence[OpenTask]
) -> Mapping[str, str]:
    values = {
        **conference_values(),
        **_person_values(speaker),
        "sessions": "\n\n".join(_describe_session(session) for session in sessions),
        "open_tasks": "\n".join(f"- {_describe_task(task)}" for task in tasks),
        "speaker_link": absolute_url("speakers.home"),
    }
    timed = next((session for session in sessions if session.starts_at), None)
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
            (gettext("Time"), _describe_time(session)),
            (gettext("Room"), session.room.name if session.room else ""),
        )
        if text
    )


def _describe_time(session: Session) -> str:
    if session.starts_at is None or session.ends_at is None:
        return local_time(session.starts_at) if session.starts_at else ""
    start, end = local_time(session.starts_at), local_time(session.ends_at)
    return str(gettext("%(start)s to %(end)s", start=start, end=end))


def _describe_task(task: OpenTask) -> str:
    if task.due_on is None:
        return str(task.label)
    day = local_date(task.due_on)
    return str(gettext("%(task)s (due by %(day)s)", task=task.label, day=day))


AUDIENCE: Final = Audience(
    "speakers",
    _l("Speakers"),
    FOR_SPEAKERS,
    load_speakers,
    find_speakers,
    list_name="speakers",
)
