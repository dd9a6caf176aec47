"""Who runs the conference: inviting, changing roles, and ending somebody's part.

There is always an organiser: whoever changes a role first holds the rows of all organisers, so
that two who end each other's part at once do not leave the conference without one.
"""

from collections.abc import Collection

from sqlalchemy import delete, select

from app import clock
from app.accounts import queries, services
from app.accounts.models import (
    DESK,
    EDITOR,
    FORMER,
    ORGANISER,
    VIEWER,
    Passkey,
    Person,
    RecoveryCode,
    SignInLink,
)
from app.database import db
from app.errors import NotFound, Refused
from app.history import services as history
from app.mail import services as mail

NAMED = {  # within a sentence
    ORGANISER: "an organiser",
    EDITOR: "a programme editor",
    DESK: "at the registration desk",
    VIEWER: "a viewer",
}
LAST_ORGANISER = "The conference needs an organiser. Make somebody else one first"


def invite(email: str, role: str, who: Person) -> Person:
    """Give an address a part in running the conference, and write there how to come in."""
    address = services.as_kept(email)
    person = queries.person(address)
    if person is None:
        person = Person(email=address, role=FORMER, added_at=clock.real_now())
        db.session.add(person)
    elif person.has_a_part:
        raise Refused(f"{person.email} has a part already. Change the role there")
    _become(person, role, f"{address} was invited as {NAMED[role]}", who.email)
    db.session.flush()
    mail.post("invited", to=person.email, role=role, inviter=who.email)
    return person


def change_role(number: int, role: str, who: Person) -> Person:
    """Give somebody another role, and write to tell them."""
    person = _held(number)
    if person.role == role:
        return person
    _keep_an_organiser(person, role)
    sentence = f"{person.email} was {NAMED[person.role]} and is now {NAMED[role]}"
    _become(person, role, sentence, who.email)
    mail.post("role_changed", to=person.email, role=role, changer=who.email)
    return person


def remove(number: int, who: Person) -> Person:
    """End somebody's part, and write to tell them; it holds from their next page on."""
    person = _held(number)
    _end_part(person, who.email)
    mail.post("role_ended", to=person.email, changer=who.email)
    return person


def remove_organiser(email: str) -> None:
    """Take the organiser's role away, from outside; it holds from their next page on."""
    person = queries.organiser(services.as_kept(email))
    if person is None:
        raise NotFound(services.NO_SUCH_ORGANISER)
    _end_part(_held(person.id), history.THE_SITE)


def _end_part(person: Person, who: str) -> None:
    """End somebody's part; nothing that opens a door is kept of them."""
    _keep_an_organiser(person, FORMER)
    _become(person, FORMER, f"{person.email} is no longer {NAMED[person.role]}", who)
    person.code_secret = ""
    person.code_step = None
    for kind in (SignInLink, Passkey, RecoveryCode):
        db.session.execute(delete(kind).where(kind.person_id == person.id))
    db.session.expire(person, ["passkeys"])


def _held(number: int) -> Person:
    held = _organisers_held()
    person = held.get(number) or db.session.get(Person, number, with_for_update=True)
    if person is None or not person.has_a_part:
        raise NotFound("There is nobody here who has a part in running the conference")
    return person


def _organisers_held() -> dict[int, Person]:
    """Hold the rows of all organisers, in one order, as they are now."""
    rows = (
        select(Person)
        .where(Person.role == ORGANISER)
        .order_by(Person.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {person.id: person for person in db.session.scalars(rows)}


def _keep_an_organiser(person: Person, role: str) -> None:
    others: Collection[int] = _organisers_held().keys() - {person.id}
    if person.is_organiser and role != ORGANISER and not others:
        raise Refused(LAST_ORGANISER)


def _become(person: Person, role: str, sentence: str, who: str) -> None:
    person.role = role
    history.record(sentence, about=f"person {person.email}", who=who)
