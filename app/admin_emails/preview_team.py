"""Previews with people who are known only by an email address.

They are team members, owners of sessions, and senders of changes to approve.
"""

from collections.abc import Collection, Sequence
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from app.accounts import roles
from app.accounts.models import ORGANISER, ROLES, Person
from app.admin_emails.kinds.registry import EMAIL_KINDS
from app.admin_emails.kinds.samples import Context
from app.admin_emails.preview_source import (
    MAX_PEOPLE,
    PreviewPerson,
    PreviewSource,
    find_row,
)
from app.database import db
from app.history import queries as history
from app.programme.models import Session, Speaker
from app.proposals.models import Proposal
from app.speakers import batch_emails, checklist, recipients, reminders
from app.speakers import queries as speakers
from app.speakers.models import SessionOwner
from app.text import parse_number

EMAIL_ADDRESS: Final = _l("Email address")


def _find_in_team(kind: str, role_names: Collection[str], search: str) -> Sequence[PreviewPerson]:
    conditions = [Person.email.icontains(word, autoescape=True) for word in search.split()]
    statement = (
        select(Person).where(Person.role.in_(role_names), *conditions).order_by(Person.email)
    )
    return [
        PreviewPerson(f"{kind}-{person.id}", person.email, roles.ROLE_NAMES[person.role])
        for person in db.session.scalars(statement.limit(MAX_PEOPLE))
    ]


def _find_members(search: str) -> Sequence[PreviewPerson]:
    return _find_in_team("member", ROLES, search)


def _build_member(_template: str, number: str) -> Context | None:
    """Return the role of a member, who gave it to them, and how they sign in."""
    row: Person | None = find_row(Person, number, Person.role.in_(ROLES))
    if row is None:
        return None
    context: Context = {"role": row.role}
    by_others = (
        one.actor
        for one in history.list_newest(f"person {row.email}")
        if "@" in one.actor and one.actor != row.email
    )
    giver = next(by_others, "")
    if giver:
        context |= {"inviter": giver, "changer": giver}
    if row.has_second_factor:
        context["news"] = "passkey_added" if row.passkeys else "app_added"
    return context


def _find_organisers(search: str) -> Sequence[PreviewPerson]:
    return _find_in_team("organiser", (ORGANISER,), search)


def _build_digest(_template: str, number: str) -> Context | None:
    """Return what waits for approval now; the sample applies if nothing does."""
    row = find_row(Person, number, Person.role == ORGANISER)
    return None if row is None else reminders.build_digest(reminders.list_waiting())


def _find_owners(search: str) -> Sequence[PreviewPerson]:
    columns = (Person.email, Session.title)
    conditions = [
        or_(*(column.icontains(word, autoescape=True) for column in columns))
        for word in search.split()
    ]
    owners = _select_owners().where(*conditions).order_by(Person.email, Session.title_sort_key)
    return [
        PreviewPerson(f"owner-{owner.session_id}", owner.person.email, owner.session.title)
        for owner in db.session.scalars(owners.limit(MAX_PEOPLE))
    ]


def _build_owner(template: str, number: str) -> Context | None:
    """Return the session of an owner; for a reminder, all whose text is unfinished."""
    session_id = parse_number(number)
    of_session = _select_owners().where(SessionOwner.session_id == session_id)
    owner = None if session_id is None else db.session.scalar(of_session)
    if owner is None:
        return None
    sessions: Sequence[Session] = ()
    if template == batch_emails.OWNER_REMINDER:
        owners = (one for one in recipients.load_owners() if one.owner.id == owner.person_id)
        sessions = next((one.open_sessions for one in owners), ())
    return {
        "session": owner.session,
        "sessions": sessions or [owner.session],
        "wanted_by": speakers.get_deadlines().get(checklist.TEXTS),
    }


def _select_owners() -> Select[tuple[SessionOwner]]:
    return (
        select(SessionOwner)
        .join(SessionOwner.session)
        .join(SessionOwner.person)
        .where(Session.withdrawn_at.is_(None))
        .options(contains_eager(SessionOwner.session), contains_eager(SessionOwner.person))
    )


def _find_senders(search: str) -> Sequence[PreviewPerson]:
    columns = (Proposal.sent_by, Speaker.name, Session.title)
    conditions = [
        or_(*(column.icontains(word, autoescape=True) for column in columns))
        for word in search.split()
    ]
    newest = (
        select(Proposal)
        .outerjoin(Proposal.speaker)
        .outerjoin(Proposal.session)
        .where(Proposal.sent_by != "", *conditions)
        .options(joinedload(Proposal.speaker), joinedload(Proposal.session))
        .order_by(Proposal.id.desc())
    )
    return [
        PreviewPerson(f"proposal-{proposal.id}", proposal.sent_by, proposal.entity_name)
        for proposal in db.session.scalars(newest.limit(MAX_PEOPLE))
    ]


def _build_sender(template: str, number: str) -> Context | None:
    """Return what a person sent; a missing note or edits are invented."""
    row: Proposal | None = find_row(Proposal, number)
    if row is None:
        return None
    invented = EMAIL_KINDS[template].sample()["proposal"]
    proposal = Proposal(
        changes=row.changes,
        outcome=row.outcome or invented.outcome,
        note=row.note or invented.note,
    )
    return {"proposal": proposal, "called": row.entity_name}


SOURCES: Final = {
    "member": PreviewSource(
        _l("Preview with a member of the team"),
        EMAIL_ADDRESS,
        _find_members,
        _build_member,
        area=roles.TEAM,
    ),
    "organiser": PreviewSource(
        _l("Preview with an organiser"),
        EMAIL_ADDRESS,
        _find_organisers,
        _build_digest,
        area=roles.TEAM,
    ),
    "owner": PreviewSource(
        _l("Preview with the owner of a session"),
        _l("Email address or title"),
        _find_owners,
        _build_owner,
    ),
    "proposal": PreviewSource(
        _l("Preview with the sender of changes"),
        _l("Email address, speaker or session"),
        _find_senders,
        _build_sender,
    ),
}
