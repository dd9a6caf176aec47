"""Signing in with single-use links, and who may do so.

Only the SHA-256 of each secret in a link or a cookie is stored. Everything expires in real time,
whatever date the site runs on.
"""

from datetime import timedelta
from secrets import token_urlsafe

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import delete, update

from app import clock
from app.accounts import queries, rate_limits
from app.accounts.models import FORMER, ORGANISER, LoginSession, Person, SignInLink
from app.accounts.queries import LINK_GONE, hash_secret
from app.database import db, insert_if_absent
from app.errors import Gone, NotFound, RuleViolation, require
from app.history import services as history
from app.mail import services as mail
from app.mail.models import URGENT

SIGN_IN_LINK_LIFETIME = timedelta(minutes=15)
INVITATION_LIFETIME = timedelta(days=14)  # in an email that the recipient did not request
LOGIN_SESSION_LIFETIME = timedelta(hours=12)
SECRET_BYTES = 32
PERSON_GONE = "This person has just been removed. Try again"
NO_SUCH_ORGANISER = "There is no organiser with that email address"


def add_organiser(email: str) -> Person:
    """Give the person with an email address the organiser role; repeating it changes nothing."""
    address = normalise_email(email)
    person = get_or_create_person(address)
    if person.is_organiser:
        return person
    person.role = ORGANISER
    history.record(f"{person.email} became an organiser", subject=f"person {person.email}")
    return person


def get_or_create_person(address: str) -> Person:
    """Return the person with a normalised address; a new one has no access yet.

    If another request adds the same person concurrently, return that row.
    """
    person = queries.find_person(address)
    if person is None:
        new = {"email": address, "role": FORMER, "added_at": clock.real_now()}
        insert_if_absent(Person, [new])
        person = require(queries.find_person(address), NotFound(PERSON_GONE))
    return person


def normalise_email(email: str) -> str:
    """Return an email address in the form in which it is stored; raise RuleViolation if invalid."""
    try:
        return validate_email(email.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise RuleViolation(f"{email} is not an email address that we can send emails to") from None


def create_sign_in_link(email: str) -> str:
    """Create a single-use sign-in link for a team member and return its secret."""
    person = require(queries.find_team_member(normalise_email(email)), NotFound(NO_SUCH_ORGANISER))
    return _create_link(person)


def grant_speaker_access(email: str) -> Person:
    """Give an email address access to speakers' own pages; repeating it changes nothing."""
    person = get_or_create_person(normalise_email(email))
    if person.speaker_access_since is None:
        person.speaker_access_since = clock.real_now()
    db.session.flush()
    return person


def revoke_speaker_access(person: Person) -> None:
    """Revoke that access from the next request on, and invalidate unused links."""
    person.speaker_access_since = None
    if not person.is_team_member:
        db.session.execute(delete(SignInLink).where(SignInLink.person_id == person.id))


def create_invitation_link(person: Person) -> str:
    """Create a sign-in link with a longer lifetime, for an email that was not requested."""
    return _create_link(person, INVITATION_LIFETIME)


def send_sign_in_link(email: str, next_url: str = "", language: str = "en") -> None:
    """Email a sign-in link to an address; if it has no access, do the same work and undo it.

    Neither the response nor the time it takes reveals who runs the conference or speaks at it.
    """
    savepoint = db.session.begin_nested()
    person = queries.find_allowed_person(email)
    secret = _create_link(person or _create_decoy_person())
    mail.enqueue(
        "sign_in",
        to=email,
        language=language,
        priority=URGENT,
        is_secret=True,
        secret=secret,
        onward=next_url,
        minutes=SIGN_IN_LINK_LIFETIME // timedelta(minutes=1),
    )
    db.session.flush()
    if person is None:
        savepoint.rollback()


def sign_in(secret: str, previous_session: str = "", label: str = "") -> str:
    """Use up a link and return the secret of a new login session.

    The browser's previous session, if any, ends.
    """
    now = clock.real_now()
    link = queries.get_sign_in_link(secret)
    used = db.session.execute(
        update(SignInLink)
        .where(SignInLink.id == link.id, SignInLink.used_at.is_(None))
        .values(used_at=now)
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]  # the result is a CursorResult
        raise Gone(LINK_GONE)
    sign_out(previous_session)
    link.person.last_signed_in_at = now
    new_secret = token_urlsafe(SECRET_BYTES)
    db.session.add(
        LoginSession(
            person_id=link.person_id,
            secret_hash=hash_secret(new_secret),
            signed_in_at=now,
            expires_at=now + LOGIN_SESSION_LIFETIME,
            label=label,
        )
    )
    return new_secret


def complete_sign_in(login_session: LoginSession) -> str:
    """Mark the second factor as used and return a new secret for the session.

    The previous secret stops working, in case someone else knew it.
    """
    new_secret = token_urlsafe(SECRET_BYTES)
    login_session.secret_hash = hash_secret(new_secret)
    login_session.verified_at = clock.real_now()
    return new_secret


def sign_out(secret: str) -> None:
    """End the login session with this secret."""
    db.session.execute(delete(LoginSession).where(LoginSession.secret_hash == hash_secret(secret)))


def sign_out_login_session(person: Person, number: int) -> None:
    """End one of someone's own login sessions; one that has already ended is ignored."""
    own = (LoginSession.id == number, LoginSession.person_id == person.id)
    db.session.execute(delete(LoginSession).where(*own))


def sign_out_everywhere(person: Person) -> None:
    """End all login sessions of a person and invalidate all unused links."""
    for model in (LoginSession, SignInLink):
        db.session.execute(delete(model).where(model.person_id == person.id))


def delete_expired() -> None:
    """Delete expired links, login sessions and rate limit hits."""
    for model in (LoginSession, SignInLink):
        db.session.execute(delete(model).where(model.expires_at < clock.real_now()))
    rate_limits.delete_expired()


def _create_link(person: Person, lifetime: timedelta = SIGN_IN_LINK_LIFETIME) -> str:
    secret = token_urlsafe(SECRET_BYTES)
    db.session.add(
        SignInLink(
            person_id=person.id,
            secret_hash=hash_secret(secret),
            expires_at=clock.real_now() + lifetime,
        )
    )
    return secret


def _create_decoy_person() -> Person:
    """Create a person for the work that is rolled back."""
    decoy = Person(email=token_urlsafe(SECRET_BYTES), role=FORMER, added_at=clock.real_now())
    db.session.add(decoy)
    db.session.flush()
    return decoy
