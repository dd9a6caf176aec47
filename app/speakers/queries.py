"""Read-only queries about speakers' own pages: access, owners, answers and requests."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, bindparam, func, or_, select, union_all
from sqlalchemy.orm import joinedload, selectinload

from app.accounts.models import Person
from app.database import db
from app.errors import NotFound, require
from app.mail.models import Email
from app.materials import queries as materials
from app.programme import slugs
from app.programme.editing import speaker_queries
from app.programme.editing.speaker_queries import SessionRole
from app.programme.models import Appearance, Session, Speaker
from app.speakers.models import (
    NO,
    REPLACED,
    WITHDRAWAL,
    CalendarKey,
    ItemDeadline,
    SessionOwner,
    SpeakerAccess,
    SpeakerAnswers,
    SpeakerMailing,
    SpeakerRequest,
)

# materials of speakers who refuse publication are never public
materials.REFUSALS.append(select(SpeakerAnswers.speaker_id).where(SpeakerAnswers.slides == NO))

# speakers who declined to have a photo lack none
speaker_queries.MISSING_CONDITIONS["photo"] &= ~Speaker.id.in_(
    select(SpeakerAnswers.speaker_id).where(SpeakerAnswers.photo_declined_at.is_not(None))
)

RECIPIENT = func.lower(Email.recipient)
EMAIL_STATES = (
    select(RECIPIENT, Email.state)
    .where(
        Email.booking_reference == "",
        Email.template == bindparam("template"),
        RECIPIENT.in_(bindparam("recipients", expanding=True)),
    )
    .order_by(Email.id)
)
IS_ACTIVE = SpeakerAccess.revoked_at.is_(None)
HAS_WITHDRAWN = (  # at their own request
    select(SpeakerRequest.id)
    .where(SpeakerRequest.speaker_id == Speaker.id, SpeakerRequest.kind == WITHDRAWAL)
    .correlate(Speaker)
    .exists()
)
OPEN_REQUEST_COUNT = (  # a subquery for other packages: open requests
    select(func.count(SpeakerRequest.id))
    .where(SpeakerRequest.resolved_at.is_(None))
    .scalar_subquery()
)
MAX_REQUESTS_LISTED = 10
NO_REQUEST = "There is no such request"
NOT_YOURS = "You do not have access to any speaker’s pages at that web address"


@dataclass(frozen=True)
class SpeakerCounts:
    """How many speakers take part, and their progress."""

    all: int
    confirmed: int
    with_access: int  # with at least one person who has access


def list_access_for_person(person: Person) -> Sequence[SpeakerAccess]:
    """List someone's accesses to speakers' pages, by the speakers' names."""
    return db.session.scalars(
        select(SpeakerAccess)
        .join(Speaker, Speaker.id == SpeakerAccess.speaker_id)
        .where(SpeakerAccess.person_id == person.id, IS_ACTIVE)
        .options(joinedload(SpeakerAccess.speaker))
        .order_by(Speaker.name_sort_key, Speaker.id)
    ).all()


def get_access(person: Person, slug: str) -> SpeakerAccess:
    """Return someone's access to the pages of a speaker; raise NotFound if there is none."""
    found = db.session.scalar(
        select(SpeakerAccess)
        .join(Speaker, Speaker.id == SpeakerAccess.speaker_id)
        .where(SpeakerAccess.person_id == person.id, Speaker.slug == slug, IS_ACTIVE)
        .options(joinedload(SpeakerAccess.speaker))
    )
    if found is None:
        slugs.check_not_moved(Speaker, slug)
        raise NotFound(NOT_YOURS)
    return found


def list_access_to_speaker(speaker: Speaker) -> Sequence[SpeakerAccess]:
    """List the accesses to a speaker's pages: the speaker first, then assistants by email."""
    return get_access_by_speaker([speaker]).get(speaker.id, ())


def get_access_by_speaker(speakers: Sequence[Speaker]) -> Mapping[int, Sequence[SpeakerAccess]]:
    """Return the accesses to the pages of these speakers, by speaker id."""
    rows = db.session.scalars(
        select(SpeakerAccess)
        .join(Person, Person.id == SpeakerAccess.person_id)
        .where(SpeakerAccess.speaker_id.in_(_ids(speakers)), IS_ACTIVE)
        .options(joinedload(SpeakerAccess.person))
        .order_by(SpeakerAccess.is_assistant, Person.email)
    )
    found: dict[int, list[SpeakerAccess]] = {}
    for row in rows:
        found.setdefault(row.speaker_id, []).append(row)
    return found


def get_slugs_by_address(addresses: Collection[str]) -> Mapping[str, str]:
    """Map lower-case addresses to the speakers whose own they are.

    Speakers have a contact address, and those they sign in with.
    """
    contact = select(func.lower(Speaker.contact_address).label("address"), Speaker.id, Speaker.slug)
    sign_in = (
        select(func.lower(Person.email), Speaker.id, Speaker.slug)
        .join(SpeakerAccess, SpeakerAccess.person_id == Person.id)
        .join(Speaker, Speaker.id == SpeakerAccess.speaker_id)
        .where(IS_ACTIVE, SpeakerAccess.is_assistant.is_(False))
    )
    found = union_all(contact, sign_in).subquery()
    rows = select(found.c.address, found.c.slug).where(found.c.address.in_(addresses))
    rows = rows.order_by(found.c.id.desc())
    return dict(db.session.execute(rows).tuples().all()) if addresses else {}


def get_last_sent(speakers: Sequence[Speaker]) -> Mapping[int, Mapping[str, datetime]]:
    """Return when each email was last sent to each speaker, by speaker id and template."""
    rows = db.session.execute(
        select(SpeakerMailing.speaker_id, SpeakerMailing.template, func.max(SpeakerMailing.sent_at))
        .where(SpeakerMailing.speaker_id.in_(_ids(speakers)))
        .group_by(SpeakerMailing.speaker_id, SpeakerMailing.template)
    )
    found: dict[int, dict[str, datetime]] = {}
    for number, kind, moment in rows:
        found.setdefault(number, {})[kind] = moment
    return found


def get_email_states(template: str, addresses: Collection[str]) -> Mapping[str, str]:
    """Return the state of the last email of this type to each of these lower-case addresses."""
    params = {
        "template": template,
        "recipients": [address.lower() for address in addresses if address],
    }
    return dict(db.session.execute(EMAIL_STATES, params).tuples().all())


def is_for_email(email_kind: str) -> ColumnElement[bool]:
    """Match the speakers an email is for: invitation, reminder, place or thanks."""
    has_access_row = (
        select(SpeakerAccess.id)
        .where(SpeakerAccess.speaker_id == Speaker.id, IS_ACTIVE)
        .correlate(Speaker)
        .exists()
    )
    conditions = {
        "invitation": Speaker.confirmed_at.is_(None),
        "reminder": has_access_row,
        "place": Speaker.confirmed_at.is_not(None),
        "thanks": Speaker.confirmed_at.is_not(None),
    }
    return Speaker.withdrawn_at.is_(None) & conditions[email_kind]


def list_by_id(ids: Collection[int]) -> Sequence[Speaker]:
    """List the speakers with these ids, by name."""
    condition = Speaker.id.in_(ids)
    rows = select(Speaker).where(condition).order_by(Speaker.name_sort_key, Speaker.id)
    return db.session.scalars(rows).all()


def find_owner(session: Session) -> SessionOwner | None:
    """Return the owner of a session, or None."""
    return get_owners([session]).get(session.id)


def get_owners(sessions: Sequence[Session]) -> Mapping[int, SessionOwner]:
    """Return the owners of these sessions, by session id."""
    rows = db.session.scalars(
        select(SessionOwner)
        .where(SessionOwner.session_id.in_([session.id for session in sessions]))
        .options(joinedload(SessionOwner.person))
    )
    return {row.session_id: row for row in rows}


def list_owned_sessions(person: Person) -> Sequence[Session]:
    """List the sessions that a person owns, by title."""
    return db.session.scalars(
        select(Session)
        .join(SessionOwner, SessionOwner.session_id == Session.id)
        .where(SessionOwner.person_id == person.id, Session.withdrawn_at.is_(None))
        .order_by(Session.title_sort_key, Session.id)
    ).all()


def get_represented_ids(person: Person) -> set[int]:
    """Return the ids of the people a person acts for: their own, and speakers they assist."""
    accessible = select(SpeakerAccess.speaker_id).where(
        SpeakerAccess.person_id == person.id, IS_ACTIVE
    )
    own = select(SpeakerAccess.person_id).where(
        SpeakerAccess.speaker_id.in_(accessible), IS_ACTIVE, SpeakerAccess.is_assistant.is_(False)
    )
    return {person.id, *db.session.scalars(own)}


def has_access(person: Person) -> bool:
    """Return True if a person has access to a speaker's pages or owns a session's text."""
    accesses = (
        select(SpeakerAccess.id).where(SpeakerAccess.person_id == person.id, IS_ACTIVE).exists()
    )
    ownerships = select(SessionOwner.session_id).where(SessionOwner.person_id == person.id).exists()
    return bool(db.session.scalar(select(or_(accesses, ownerships))))


def get_deadlines() -> Mapping[str, date]:
    """Return the deadlines by item name."""
    return {row.item: row.due_on for row in db.session.scalars(select(ItemDeadline))}


def find_calendar_key(speaker: Speaker) -> CalendarKey | None:
    """Return the key of a speaker's calendar URL, or None."""
    return db.session.get(CalendarKey, speaker.id)


def find_calendar(key: str) -> CalendarKey | None:
    """Return the calendar with this key, with its speaker, or None."""
    return db.session.scalar(
        select(CalendarKey).where(CalendarKey.key == key).options(joinedload(CalendarKey.speaker))
    )


def list_sessions_of(speaker: Speaker) -> list[SessionRole]:
    """List the sessions of a speaker by time, each once, with everyone who appears in it."""
    rows = db.session.execute(
        select(Session, Appearance.role)
        .join(Appearance, Appearance.session_id == Session.id)
        .where(Appearance.speaker_id == speaker.id, Session.withdrawn_at.is_(None))
        .options(
            joinedload(Session.room),
            selectinload(Session.appearances).joinedload(Appearance.speaker),
        )
        .order_by(Session.starts_at.is_(None), Session.starts_at, Session.id, Appearance.position)
    )
    return [SessionRole(session, role) for session, role in rows]


def get_sessions_by_speaker(speakers: Sequence[Speaker]) -> Mapping[int, Sequence[Session]]:
    """Return the sessions of several speakers by time, each once, by speaker id."""
    rows = db.session.execute(
        select(Appearance.speaker_id, Session)
        .join(Appearance, Appearance.session_id == Session.id)
        .where(Appearance.speaker_id.in_(_ids(speakers)))
        .where(Session.withdrawn_at.is_(None), Session.cancelled_at.is_(None))
        .options(joinedload(Session.room))
        .order_by(Session.starts_at.is_(None), Session.starts_at, Session.id)
    )
    found: dict[int, dict[int, Session]] = {}
    for speaker_id, session in rows:
        found.setdefault(speaker_id, {})[session.id] = session
    return {speaker_id: list(sessions.values()) for speaker_id, sessions in found.items()}


def list_open_requests(*, offset: int, limit: int) -> tuple[Sequence[SpeakerRequest], int]:
    """Return a page of the open requests of speakers, oldest first, and their total number."""
    is_open = SpeakerRequest.resolved_at.is_(None)
    total = db.session.scalar(select(func.count(SpeakerRequest.id)).where(is_open)) or 0
    rows = select(SpeakerRequest).where(is_open).options(joinedload(SpeakerRequest.speaker))
    rows = rows.order_by(SpeakerRequest.id).offset(offset).limit(limit)
    return db.session.scalars(rows).all(), total


def get_request(request_id: int) -> SpeakerRequest:
    """Return a speaker's request; raise NotFound if there is none."""
    return require(db.session.get(SpeakerRequest, request_id), NotFound(NO_REQUEST))


def list_requests_of(speaker: Speaker) -> Sequence[SpeakerRequest]:
    """List a speaker's requests, newest first, without those they replaced themselves."""
    return db.session.scalars(
        select(SpeakerRequest)
        .where(SpeakerRequest.speaker_id == speaker.id, SpeakerRequest.outcome != REPLACED)
        .order_by(SpeakerRequest.id.desc())
        .limit(MAX_REQUESTS_LISTED)
    ).all()


def get_requests_by_session(slugs: Sequence[str]) -> Mapping[str, Sequence[SpeakerRequest]]:
    """Return the open requests of participants in these sessions, by the session's slug."""
    rows = db.session.execute(
        select(Session.slug, SpeakerRequest)
        .join(Appearance, Appearance.session_id == Session.id)
        .join(SpeakerRequest, SpeakerRequest.speaker_id == Appearance.speaker_id)
        .where(Session.slug.in_(slugs), SpeakerRequest.resolved_at.is_(None))
        .options(joinedload(SpeakerRequest.speaker))
        .order_by(SpeakerRequest.id)
    )
    found: dict[str, dict[int, SpeakerRequest]] = {}
    for slug, speaker_request in rows:
        found.setdefault(slug, {})[speaker_request.id] = speaker_request
    return {slug: list(asked.values()) for slug, asked in found.items()}


def get_open_requests(speakers: Sequence[Speaker]) -> Mapping[int, SpeakerRequest]:
    """Return the newest open request of each of these speakers, by speaker id."""
    rows = db.session.scalars(
        select(SpeakerRequest)
        .where(SpeakerRequest.speaker_id.in_(_ids(speakers)), SpeakerRequest.resolved_at.is_(None))
        .order_by(SpeakerRequest.id)
    )
    return {row.speaker_id: row for row in rows}


def count_speakers() -> SpeakerCounts:
    """Count the speakers who have not withdrawn."""
    is_accessed = (
        select(SpeakerAccess.id).where(SpeakerAccess.speaker_id == Speaker.id, IS_ACTIVE).exists()
    )
    takes_part = Speaker.withdrawn_at.is_(None)
    counts = [
        select(func.count(Speaker.id)).where(takes_part, *such).scalar_subquery()
        for such in ((), (Speaker.confirmed_at.is_not(None),), (is_accessed,))
    ]
    return SpeakerCounts(*db.session.execute(select(*counts)).one())


def _ids(speakers: Sequence[Speaker]) -> list[int]:
    return [speaker.id for speaker in speakers]
