"""The owners of sessions, who edit their texts and need not speak in them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import contains_eager

from app import clock
from app.accounts import services as accounts
from app.accounts.models import Person
from app.database import db
from app.history import services as history
from app.mail import services as mail
from app.programme.editing import versioned_edits
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.models import Appearance, Session, Speaker
from app.speakers import checklist, queries
from app.speakers.models import OwnerMailing, SessionOwner, SpeakerAccess


def list_owners_without_speaker_access() -> Sequence[SessionOwner]:
    """List owners of sessions without a speaker whose pages they have access to.

    Other owners find the text in that speaker's checklist.
    """
    has_access_to_participant = (
        select(SpeakerAccess.id)
        .join(Appearance, Appearance.speaker_id == SpeakerAccess.speaker_id)
        .join(Speaker, Speaker.id == SpeakerAccess.speaker_id)
        .where(
            Appearance.session_id == SessionOwner.session_id,
            SpeakerAccess.person_id == SessionOwner.person_id,
            SpeakerAccess.revoked_at.is_(None),
            Speaker.withdrawn_at.is_(None),
        )
    )
    return db.session.scalars(
        select(SessionOwner)
        .join(SessionOwner.session)
        .join(SessionOwner.person)
        .where(
            Session.withdrawn_at.is_(None),
            Session.cancelled_at.is_(None),
            ~has_access_to_participant.exists(),
        )
        .options(contains_eager(SessionOwner.session), contains_eager(SessionOwner.person))
        .order_by(Person.email, Session.title_sort_key, Session.id)
    ).all()


def get_last_sent(owners: Collection[Person]) -> Mapping[int, Mapping[str, datetime]]:
    """Return when each email was last sent to each of these owners, by person id and template."""
    rows = db.session.execute(
        select(OwnerMailing.person_id, OwnerMailing.template, func.max(OwnerMailing.sent_at))
        .where(OwnerMailing.person_id.in_([owner.id for owner in owners]))
        .group_by(OwnerMailing.person_id, OwnerMailing.template)
    )
    found: dict[int, dict[str, datetime]] = {}
    for number, kind, moment in rows:
        found.setdefault(number, {})[kind] = moment
    return found


OWNER_INVITATION = "speaker_owns"  # template of the email to a new owner


def set_owner(session: Session, email: str, *, actor: str) -> None:
    """Let a person edit the text of a session, and email them."""
    versioned_edits.lock(session)
    person = accounts.grant_speaker_access(email)
    current_owner = queries.find_owner(session)
    if current_owner is not None and current_owner.person_id == person.id:
        return
    _delete_owner(session)
    db.session.add(
        SessionOwner(
            session_id=session.id, person_id=person.id, granted_at=clock.now(), granted_by=actor
        )
    )
    summary = f"{person.email} became the owner of {session.title}"
    history.record(summary, subject=SESSION_FIELDS.history_subject(session), actor=actor)
    db.session.add(
        OwnerMailing(
            person_id=person.id, template=OWNER_INVITATION, sent_at=clock.real_now(), actor=actor
        )
    )
    mail.enqueue(
        OWNER_INVITATION,
        to=person.email,
        is_secret=True,
        session=session,
        sessions=[session],
        wanted_by=queries.get_deadlines().get(checklist.TEXTS),
        secret=accounts.create_invitation_link(person),
        days=accounts.INVITATION_LIFETIME.days,
    )


def remove_owner(session: Session, *, actor: str) -> None:
    """Remove the owner of a session; its speakers edit the text again."""
    versioned_edits.lock(session)
    current_owner = queries.find_owner(session)
    if current_owner is None:
        return
    summary = f"{current_owner.person.email} no longer owns {session.title}"
    history.record(summary, subject=SESSION_FIELDS.history_subject(session), actor=actor)
    _delete_owner(session)


def can_edit(person: Person, session: Session) -> bool:
    """Return True if a person may edit the text of a session."""
    return session.id in get_editable_ids(person, [session])


def get_editable_ids(person: Person, sessions: Sequence[Session]) -> set[int]:
    """Return the ids of the sessions whose text a person may edit, in a fixed number of queries.

    That is the owner of a session or, without an owner, everyone who appears in it.
    """
    accessible_ids = {one.speaker_id for one in queries.list_access_for_person(person)}
    owners, represented_ids = queries.get_owners(sessions), queries.get_represented_ids(person)
    return {
        session.id
        for session in sessions
        if (
            owners[session.id].person_id in represented_ids
            if session.id in owners
            else not accessible_ids.isdisjoint(part.speaker_id for part in session.appearances)
        )
    }


def _delete_owner(session: Session) -> None:
    """Delete the ownership; an owner without any other access can no longer sign in."""
    former_owners = db.session.scalars(
        select(Person)
        .join(SessionOwner, SessionOwner.person_id == Person.id)
        .where(SessionOwner.session_id == session.id)
    ).all()
    db.session.execute(delete(SessionOwner).where(SessionOwner.session_id == session.id))
    db.session.expire_all()
    for person in former_owners:
        if not queries.has_access(person):
            accounts.revoke_speaker_access(person)
