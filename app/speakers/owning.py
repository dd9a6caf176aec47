"""Who edits the text of a session: its owner, who need not speak; else those named first in it.

Assistants have the powers of those whom they help: whoever keeps the pages of a speaker who owns
a session may edit its text.
"""

from collections.abc import Sequence

from sqlalchemy import delete, select

from app import clock
from app.accounts import services as accounts
from app.accounts.models import Person
from app.database import db
from app.history import services as history
from app.mail import services as mail
from app.programme.editing import edits
from app.programme.editing.of_sessions import KIND
from app.programme.models import Session
from app.speakers import queries
from app.speakers.models import OwnerMailing, SessionOwner

OWNS = "speaker_owns"  # the letter to whoever becomes an owner


def name_owner(session: Session, email: str, *, who: str) -> None:
    """Let somebody edit the text of a session, and write to tell them."""
    edits.hold(session)
    person = accounts.let_keep_pages(email)
    known = queries.owner(session)
    if known is not None and known.person_id == person.id:
        return
    _forget(session)
    db.session.add(
        SessionOwner(session_id=session.id, person_id=person.id, named_at=clock.now(), named_by=who)
    )
    says = f"{person.email} became the owner of {session.title}"
    history.record(says, about=KIND.about(session), who=who)
    db.session.add(
        OwnerMailing(person_id=person.id, letter=OWNS, sent_at=clock.real_now(), who=who)
    )
    mail.post(
        OWNS,
        to=person.email,
        is_secret=True,
        session=session,
        secret=accounts.make_invitation_link(person),
        days=accounts.INVITATION_LASTS.days,
    )


def end(session: Session, *, who: str) -> None:
    """Let a session have no owner; those named first in it edit its text again."""
    edits.hold(session)
    known = queries.owner(session)
    if known is None:
        return
    says = f"{known.person.email} no longer owns {session.title}"
    history.record(says, about=KIND.about(session), who=who)
    _forget(session)


def may_edit(person: Person, session: Session) -> bool:
    """Whether somebody may edit the text of a session."""
    return session.id in editable(person, [session])


def editable(person: Person, sessions: Sequence[Session]) -> set[int]:
    """Tell of which of these sessions somebody may edit the text, by id, in a few questions."""
    kept = {one.speaker_id for one in queries.kept_by(person)}
    owners, helped = queries.owners(sessions), queries.helped_by(person)
    return {
        one.id
        for one in sessions
        if (owners[one.id].person_id in helped if one.id in owners else _first_of(one) in kept)
    }


def _first_of(session: Session) -> int | None:
    return next((one.speaker_id for one in session.appearances), None)


def _forget(session: Session) -> None:
    """Take the owner away; whoever keeps nothing else has no pages any more."""
    before = db.session.scalars(
        select(Person)
        .join(SessionOwner, SessionOwner.person_id == Person.id)
        .where(SessionOwner.session_id == session.id)
    ).all()
    db.session.execute(delete(SessionOwner).where(SessionOwner.session_id == session.id))
    db.session.expire_all()
    for person in before:
        if not queries.has_pages(person):
            accounts.let_keep_no_pages(person)
