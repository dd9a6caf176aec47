"""Questions about people and their devices. Nothing here changes anything."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload, selectinload

from app import clock
from app.accounts.models import IDLE, ORGANISER, ROLES, Device, Person, SignInLink
from app.database import db
from app.errors import Gone, NotFound

LINK_GONE = "This sign-in link has been used, or it is too old"


def person(email: str) -> Person | None:
    """Find the person with this address."""
    return db.session.scalar(select(Person).where(Person.email == email.strip().lower()))


def with_a_part(email: str) -> Person | None:
    """Find the person with this address, if they have a part in running the conference."""
    found = person(email)
    return found if found is not None and found.has_a_part else None


def who_may_sign_in(email: str) -> Person | None:
    """Find the person with this address, if there is anything here for them."""
    found = person(email)
    return found if found is not None and found.may_sign_in else None


def organiser(email: str) -> Person | None:
    """Find the organiser with this address."""
    found = person(email)
    return found if found is not None and found.is_organiser else None


def organisers() -> Sequence[Person]:
    """List the organisers, by address."""
    return db.session.scalars(
        select(Person).where(Person.role == ORGANISER).order_by(Person.email)
    ).all()


def team() -> Sequence[Person]:
    """List everyone with a part in running the conference, by address."""
    return db.session.scalars(
        select(Person)
        .where(Person.role.in_(ROLES))
        .order_by(Person.email)
        .options(selectinload(Person.passkeys))
    ).all()


def member(number: int) -> Person:
    """Find someone with a part in running the conference."""
    found = db.session.get(Person, number)
    if found is None or not found.has_a_part:
        raise NotFound("There is nobody here who has a part in running the conference")
    return found


def last_used() -> dict[int, datetime]:
    """Tell of each person who is signed in when they last opened a page."""
    seen = func.max(func.coalesce(Device.seen_at, Device.signed_in_at))
    rows = db.session.execute(
        select(Device.person_id, seen).where(*_still_signed_in()).group_by(Device.person_id)
    )
    return dict(rows.tuples().all())


def link(secret: str) -> SignInLink:
    """Find a sign-in link that can still be used."""
    found = db.session.scalar(
        select(SignInLink).where(
            SignInLink.secret_hash == hashed(secret),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > clock.real_now(),
        )
    )
    if found is None:
        raise Gone(LINK_GONE)
    return found


def device(secret: str) -> Device | None:
    """Find the device that holds this secret, with its person, while it is signed in."""
    return db.session.scalar(
        select(Device)
        .where(Device.secret_hash == hashed(secret), *_still_signed_in())
        .options(joinedload(Device.person))
    )


def devices(owner: Person) -> Sequence[Device]:
    """List the devices in which someone is signed in, the newest first."""
    return db.session.scalars(
        select(Device)
        .where(Device.person_id == owner.id, *_still_signed_in())
        .order_by(Device.signed_in_at.desc(), Device.id.desc())
    ).all()


def _still_signed_in() -> tuple[ColumnElement[bool], ...]:
    now = clock.real_now()
    last_used = func.coalesce(Device.seen_at, Device.signed_in_at)
    return Device.expires_at > now, last_used > now - IDLE


def hashed(secret: str) -> str:
    """Give what is kept of a secret: enough to know it again, too little to use it."""
    return sha256(secret.encode()).hexdigest()
