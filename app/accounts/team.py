"""The team that runs the conference: inviting, changing roles, removing.

There is always at least one organiser. To change a role, the rows of all organisers are locked
first, so that two who remove each other at the same time cannot leave the conference without one.
"""

from collections.abc import Collection

from sqlalchemy import delete, select

from app.accounts import queries, saved_views, services
from app.accounts.models import (
    DESK,
    EDITOR,
    FORMER,
    ORGANISER,
    VIEWER,
    FormDraft,
    Passkey,
    Person,
    RecoveryCode,
    SignInLink,
)
from app.database import db
from app.errors import NotFound, RuleViolation
from app.history import services as history
from app.mail import services as mail
from app.row_locks import lock_row

ROLE_PHRASES = {  # within a sentence
    ORGANISER: "an organiser",
    EDITOR: "a programme editor",
    DESK: "at the registration desk",
    VIEWER: "a viewer",
}
LAST_ORGANISER = "The conference needs an organiser. Make someone else an organiser first"


def invite(email: str, role: str, actor: Person) -> Person:
    """Give an email address a role in the team and email an invitation."""
    address = services.normalise_email(email)
    person = services.get_or_create_person(address)
    lock_row(person, services.PERSON_GONE)
    if person.is_team_member:
        raise RuleViolation(f"{person.email} is already in the team. Change their role there")
    _set_role(person, role, f"{address} was invited as {ROLE_PHRASES[role]}", actor.email)
    db.session.flush()
    mail.enqueue(
        "invited",
        to=person.email,
        is_secret=True,
        role=role,
        inviter=actor.email,
        secret=services.create_invitation_link(person),
        days=services.INVITATION_LIFETIME.days,
    )
    return person


def change_role(number: int, role: str, actor: Person) -> Person:
    """Change a team member's role and email them."""
    person = _get_locked(number)
    if person.role == role:
        return person
    _check_other_organiser(person, role)
    summary = f"{person.email} was {ROLE_PHRASES[person.role]} and is now {ROLE_PHRASES[role]}"
    _set_role(person, role, summary, actor.email)
    mail.enqueue("role_changed", to=person.email, role=role, changer=actor.email)
    return person


def remove(number: int, actor: Person) -> Person:
    """Remove a person from the team from their next request on, and email them."""
    person = _get_locked(number)
    _end_membership(person, actor.email)
    mail.enqueue("role_ended", to=person.email, changer=actor.email)
    return person


def remove_organiser(email: str) -> None:
    """Remove the organiser role from the command line, from their next request on."""
    person = queries.find_organiser(services.normalise_email(email))
    if person is None:
        raise NotFound(services.NO_SUCH_ORGANISER)
    _end_membership(_get_locked(person.id), history.ACTOR_SITE)


def _end_membership(person: Person, actor: str) -> None:
    """End a membership, with all of the person's sessions, links and second factors."""
    _check_other_organiser(person, FORMER)
    _set_role(person, FORMER, f"{person.email} is no longer {ROLE_PHRASES[person.role]}", actor)
    person.totp_secret = ""
    for model in (SignInLink, Passkey, RecoveryCode, FormDraft):
        db.session.execute(delete(model).where(model.person_id == person.id))
    saved_views.delete_private(person)
    db.session.expire(person, ["passkeys"])


def _get_locked(number: int) -> Person:
    locked = _lock_organisers()
    person = locked.get(number) or db.session.get(Person, number, with_for_update=True)
    if person is None or not person.is_team_member:
        raise NotFound("That person is not in the conference team")
    return person


def _lock_organisers() -> dict[int, Person]:
    """Lock the rows of all organisers in a fixed order, and reload them."""
    rows = (
        select(Person)
        .where(Person.role == ORGANISER)
        .order_by(Person.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {person.id: person for person in db.session.scalars(rows)}


def _check_other_organiser(person: Person, role: str) -> None:
    others: Collection[int] = _lock_organisers().keys() - {person.id}
    if person.is_organiser and role != ORGANISER and not others:
        raise RuleViolation(LAST_ORGANISER)


def _set_role(person: Person, role: str, summary: str, actor: str) -> None:
    person.role = role
    history.record(summary, subject=f"person {person.email}", actor=actor)
