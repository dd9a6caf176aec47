"""Questions about who keeps whose pages and what is answered there. They change nothing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from app.accounts.models import Person
from app.database import db
from app.errors import NotFound
from app.programme.editing.speakers_listed import Part
from app.programme.models import Appearance, Session, Speaker
from app.speakers.models import (
    WITHDRAWAL,
    CalendarKey,
    Keeping,
    Mailing,
    Reply,
    SessionOwner,
    SpeakerRequest,
    WantedBy,
)

STANDS = Keeping.ended_at.is_(None)
HOW_MANY_WAIT = (  # requests that the organisers have not seen to, for who counts other things too
    select(func.count(SpeakerRequest.id))
    .where(SpeakerRequest.settled_at.is_(None))
    .scalar_subquery()
)
NOT_YOURS = "There are no pages of yours at that address"


@dataclass(frozen=True)
class Standing:
    """How many speakers take part, and how far they have come."""

    all: int
    confirmed: int
    kept: int  # whose pages somebody keeps


def kept_by(person: Person) -> Sequence[Keeping]:
    """List whose pages somebody keeps, by the speakers' names."""
    return db.session.scalars(
        select(Keeping)
        .join(Speaker, Speaker.id == Keeping.speaker_id)
        .where(Keeping.person_id == person.id, STANDS)
        .options(joinedload(Keeping.speaker))
        .order_by(Speaker.name_order, Speaker.id)
    ).all()


def keeping(person: Person, slug: str) -> Keeping:
    """Find by what right somebody keeps the pages of this speaker."""
    found = db.session.scalar(
        select(Keeping)
        .join(Speaker, Speaker.id == Keeping.speaker_id)
        .where(Keeping.person_id == person.id, Speaker.slug == slug, STANDS)
        .options(joinedload(Keeping.speaker))
    )
    if found is None:
        raise NotFound(NOT_YOURS)
    return found


def keepers(speaker: Speaker) -> Sequence[Keeping]:
    """List who keeps the pages of a speaker: the speaker first, then assistants by address."""
    return keepers_of([speaker]).get(speaker.id, ())


def keepers_of(speakers: Sequence[Speaker]) -> Mapping[int, Sequence[Keeping]]:
    """Give who keeps the pages of each of these speakers, by the speaker's id."""
    rows = db.session.scalars(
        select(Keeping)
        .join(Person, Person.id == Keeping.person_id)
        .where(Keeping.speaker_id.in_(_ids(speakers)), STANDS)
        .options(joinedload(Keeping.person))
        .order_by(Keeping.is_assistant, Person.email)
    )
    found: dict[int, list[Keeping]] = {}
    for row in rows:
        found.setdefault(row.speaker_id, []).append(row)
    return found


def written_to(speakers: Sequence[Speaker]) -> Mapping[int, Mapping[str, datetime]]:
    """Tell when each letter went last to each of these speakers."""
    rows = db.session.execute(
        select(Mailing.speaker_id, Mailing.letter, func.max(Mailing.sent_at))
        .where(Mailing.speaker_id.in_(_ids(speakers)))
        .group_by(Mailing.speaker_id, Mailing.letter)
    )
    found: dict[int, dict[str, datetime]] = {}
    for number, letter, moment in rows:
        found.setdefault(number, {})[letter] = moment
    return found


def speakers_of(kind: str) -> Sequence[Speaker]:
    """List those whom a letter is for: who has not confirmed, whose pages are kept, who comes."""
    kept = select(Keeping.id).where(Keeping.speaker_id == Speaker.id, STANDS).exists()
    such = {
        "invitation": Speaker.confirmed_at.is_(None),
        "reminder": kept,
        "thanks": Speaker.confirmed_at.is_not(None),
    }
    return db.session.scalars(
        select(Speaker)
        .where(Speaker.withdrawn_at.is_(None), such[kind])
        .order_by(Speaker.name_order, Speaker.id)
    ).all()


def owner(session: Session) -> SessionOwner | None:
    """Find who owns a session, if anybody is named."""
    return owners([session]).get(session.id)


def owners(sessions: Sequence[Session]) -> Mapping[int, SessionOwner]:
    """Give who owns these sessions, by the session's id."""
    rows = db.session.scalars(
        select(SessionOwner)
        .where(SessionOwner.session_id.in_([one.id for one in sessions]))
        .options(joinedload(SessionOwner.person))
    )
    return {row.session_id: row for row in rows}


def owned_by(person: Person) -> Sequence[Session]:
    """List the sessions that somebody owns, by title."""
    return db.session.scalars(
        select(Session)
        .join(SessionOwner, SessionOwner.session_id == Session.id)
        .where(SessionOwner.person_id == person.id, Session.withdrawn_at.is_(None))
        .order_by(Session.title_order, Session.id)
    ).all()


def helped_by(person: Person) -> set[int]:
    """Tell for whom somebody may act: themselves, and whoever keeps pages that they keep too."""
    kept = select(Keeping.speaker_id).where(Keeping.person_id == person.id, STANDS)
    own = select(Keeping.person_id).where(
        Keeping.speaker_id.in_(kept), STANDS, Keeping.is_assistant.is_(False)
    )
    return {person.id, *db.session.scalars(own)}


def texts_of(speakers: Collection[int]) -> Sequence[tuple[int, int, str]]:
    """Give speaker, session and abstract of the sessions whose text is for a speaker to write.

    It is for the owner of a session, and without one for whoever is named first in it.
    """
    keeps = select(Keeping.person_id).where(Keeping.speaker_id == Appearance.speaker_id, STANDS)
    every = aliased(Appearance)
    first = select(func.min(every.position)).where(every.session_id == Session.id)
    rows = (
        select(Appearance.speaker_id, Session.id, Session.abstract)
        .join(Session, Session.id == Appearance.session_id)
        .where(Appearance.speaker_id.in_(speakers))
        .where(Session.withdrawn_at.is_(None), Session.cancelled_at.is_(None))
        .where(
            or_(
                SessionOwner.person_id.in_(keeps.correlate(Appearance)),
                SessionOwner.person_id.is_(None)
                & (Appearance.position == first.correlate(Session).scalar_subquery()),
            )
        )
        .outerjoin(SessionOwner, SessionOwner.session_id == Session.id)
    )
    return [(speaker, session, abstract) for speaker, session, abstract in db.session.execute(rows)]


def has_pages(person: Person) -> bool:
    """Whether somebody keeps anybody's pages, or the text of a session."""
    kept = select(Keeping.id).where(Keeping.person_id == person.id, STANDS).exists()
    owned = select(SessionOwner.session_id).where(SessionOwner.person_id == person.id).exists()
    return bool(db.session.scalar(select(or_(kept, owned))))


def replies(speakers: Sequence[Speaker]) -> Mapping[int, Reply]:
    """Give what these speakers have told, by the speaker's id."""
    found = db.session.scalars(select(Reply).where(Reply.speaker_id.in_(_ids(speakers))))
    return {reply.speaker_id: reply for reply in found}


def wanted_by() -> Mapping[str, date]:
    """Tell by which day each item is wanted, as far as anybody has said so."""
    return {row.item: row.day for row in db.session.scalars(select(WantedBy))}


def calendar_key(speaker: Speaker) -> CalendarKey | None:
    """Find what the address of a speaker's calendar signs, if there is one."""
    return db.session.get(CalendarKey, speaker.id)


def calendar(key: str) -> CalendarKey | None:
    """Find whose calendar a key opens."""
    return db.session.scalar(
        select(CalendarKey).where(CalendarKey.key == key).options(joinedload(CalendarKey.speaker))
    )


def shared_by(speaker: Speaker) -> list[Part]:
    """List the sessions of a speaker by time, each once, with all who appear in it."""
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
    return [Part(session, role) for session, role in rows]


def waiting_requests() -> Sequence[SpeakerRequest]:
    """List what speakers ask and organisers have not seen to yet, the oldest first."""
    return db.session.scalars(
        select(SpeakerRequest)
        .where(SpeakerRequest.settled_at.is_(None))
        .options(joinedload(SpeakerRequest.speaker))
        .order_by(SpeakerRequest.id)
    ).all()


def request(number: int) -> SpeakerRequest:
    """Find what a speaker asked."""
    found = db.session.get(SpeakerRequest, number)
    if found is None:
        raise NotFound("No speaker has asked that")
    return found


def requests_about(slugs: Sequence[str]) -> Mapping[str, Sequence[SpeakerRequest]]:
    """Give what waits of those who appear in these sessions, by the session's address."""
    rows = db.session.execute(
        select(Session.slug, SpeakerRequest)
        .join(Appearance, Appearance.session_id == Session.id)
        .join(SpeakerRequest, SpeakerRequest.speaker_id == Appearance.speaker_id)
        .where(Session.slug.in_(slugs), SpeakerRequest.settled_at.is_(None))
        .options(joinedload(SpeakerRequest.speaker))
        .order_by(SpeakerRequest.id)
    )
    found: dict[str, dict[int, SpeakerRequest]] = {}
    for slug, asked in rows:
        found.setdefault(slug, {})[asked.id] = asked
    return {slug: list(asked.values()) for slug, asked in found.items()}


def who_withdrew() -> set[int]:
    """Tell which speakers have withdrawn by themselves, by id."""
    such = SpeakerRequest.kind == WITHDRAWAL
    return set(db.session.scalars(select(SpeakerRequest.speaker_id).where(such)))


def open_requests(speakers: Sequence[Speaker]) -> Mapping[int, SpeakerRequest]:
    """Give what waits of each of these speakers, by the speaker's id; the newest of several."""
    rows = db.session.scalars(
        select(SpeakerRequest)
        .where(SpeakerRequest.speaker_id.in_(_ids(speakers)), SpeakerRequest.settled_at.is_(None))
        .order_by(SpeakerRequest.id)
    )
    return {row.speaker_id: row for row in rows}


def how_they_stand() -> Standing:
    """Count the speakers who have not withdrawn."""
    kept = select(Keeping.id).where(Keeping.speaker_id == Speaker.id, STANDS).exists()
    takes_part = Speaker.withdrawn_at.is_(None)
    counts = [
        select(func.count(Speaker.id)).where(takes_part, *such).scalar_subquery()
        for such in ((), (Speaker.confirmed_at.is_not(None),), (kept,))
    ]
    return Standing(*db.session.execute(select(*counts)).one())


def _ids(speakers: Sequence[Speaker]) -> list[int]:
    return [speaker.id for speaker in speakers]
