"""Read-only queries about people and their login sessions."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import ColumnElement, bindparam, func, select
from sqlalchemy.orm import joinedload, selectinload

from app import clock
from app.accounts.models import (
    IDLE_TIMEOUT,
    ORGANISER,
    ROLES,
    LoginSession,
    Passkey,
    Person,
    RecoveryCode,
    SignInLink,
)
from app.database import db, read_only_connection
from app.errors import Gone, NotFound, require

LINK_GONE = "This sign-in link has already been used or has expired"
LAST_USED_AT = func.coalesce(LoginSession.last_used_at, LoginSession.signed_in_at)
LOGIN_SESSION = (  # looked up on every request of a signed-in person
    select(LoginSession)
    .where(
        LoginSession.secret_hash == bindparam("secret_hash"),
        LoginSession.expires_at > bindparam("now"),
        bindparam("idle_since", type_=LoginSession.expires_at.type) < LAST_USED_AT,
    )
    .options(joinedload(LoginSession.person))
)


def find_person(email: str) -> Person | None:
    """Return the person with this normalised email address, or None."""
    return db.session.scalar(select(Person).where(Person.email == email))


def find_team_member(email: str) -> Person | None:
    """Return the team member with this email address, or None."""
    found = find_person(email)
    return found if found is not None and found.is_team_member else None


def find_allowed_person(email: str) -> Person | None:
    """Return the person with this email address if they may sign in, or None."""
    found = find_person(email)
    return found if found is not None and found.can_sign_in else None


def find_organiser(email: str) -> Person | None:
    """Return the organiser with this email address, or None."""
    found = find_person(email)
    return found if found is not None and found.is_organiser else None


def list_organisers() -> Sequence[Person]:
    """List the organisers by email address."""
    return db.session.scalars(
        select(Person).where(Person.role == ORGANISER).order_by(Person.email)
    ).all()


def list_team() -> Sequence[Person]:
    """List the team members by email address."""
    return db.session.scalars(
        select(Person)
        .where(Person.role.in_(ROLES))
        .order_by(Person.email)
        .options(selectinload(Person.passkeys))
    ).all()


def get_team_member(number: int) -> Person:
    """Return a team member; raise NotFound if there is none with this id."""
    found = db.session.get(Person, number)
    if found is None or not found.is_team_member:
        raise NotFound("That person is not in the conference team")
    return found


def get_last_used() -> dict[int, datetime]:
    """Map the id of each person who is signed in to the time they were last active."""
    last_used_at = func.max(func.coalesce(LoginSession.last_used_at, LoginSession.signed_in_at))
    rows = db.session.execute(
        select(LoginSession.person_id, last_used_at)
        .where(*_active_conditions())
        .group_by(LoginSession.person_id)
    )
    return dict(rows.tuples().all())


def get_sign_in_link(secret: str) -> SignInLink:
    """Return a sign-in link that can still be used; raise Gone if there is none."""
    found = db.session.scalar(
        select(SignInLink).where(
            SignInLink.secret_hash == hash_secret(secret),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > clock.real_now(),
        )
    )
    return require(found, Gone(LINK_GONE))


def find_login_session(secret: str) -> LoginSession | None:
    """Return the unexpired login session with this secret, with its person, or None."""
    now = clock.real_now()
    return db.session.scalar(
        LOGIN_SESSION,
        {"secret_hash": hash_secret(secret), "now": now, "idle_since": now - IDLE_TIMEOUT},
    )


def is_login_session_active(secret: str) -> bool:
    """Return True if this secret opens a login session, queried outside the transaction."""
    if not secret:
        return False
    found = select(LoginSession.id).where(
        LoginSession.secret_hash == hash_secret(secret), *_active_conditions()
    )
    with read_only_connection(db.engine) as connection:
        return connection.scalar(found) is not None


def list_login_sessions(owner: Person) -> Sequence[LoginSession]:
    """List someone's login sessions, newest first."""
    return db.session.scalars(
        select(LoginSession)
        .where(LoginSession.person_id == owner.id, *_active_conditions())
        .order_by(LoginSession.signed_in_at.desc(), LoginSession.id.desc())
    ).all()


def _active_conditions() -> tuple[ColumnElement[bool], ...]:
    now = clock.real_now()
    return LoginSession.expires_at > now, now - IDLE_TIMEOUT < LAST_USED_AT


def hash_secret(secret: str) -> str:
    """Return the SHA-256 of a secret, which is all that is stored of it."""
    return sha256(secret.encode()).hexdigest()


def count_recovery_codes(person: Person) -> int:
    """Count someone's unused recovery codes."""
    unused = (RecoveryCode.person_id == person.id, RecoveryCode.used_at.is_(None))
    return db.session.scalar(select(func.count()).where(*unused)) or 0


def get_passkey(person: Person, number: int) -> Passkey:
    """Return one of someone's own passkeys; raise NotFound if there is none with this id."""
    found = db.session.get(Passkey, number)
    if found is None or found.person_id != person.id:
        raise NotFound("You do not have that passkey")
    return found
