"""Who may come in, and how they do: by a link, used once.

Nothing that opens a door is kept in the clear: of the secret in a link and of the secret in a
cookie, only the SHA-256 is in the database. All of it expires by the real clock, whichever day
the site rehearses.
"""

from datetime import timedelta
from secrets import token_urlsafe

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import delete, update

from app import clock
from app.accounts import limits, queries
from app.accounts.models import FORMER, ORGANISER, Device, Person, SignInLink
from app.accounts.queries import LINK_GONE, hashed
from app.database import db
from app.errors import Gone, NotFound, Refused
from app.history import services as history
from app.mail import services as mail

LINK_LASTS = timedelta(minutes=15)
INVITATION_LASTS = timedelta(days=14)  # in the letter that somebody did not ask for
DEVICE_LASTS = timedelta(hours=12)
SECRET_BYTES = 32
NO_SUCH_ORGANISER = "There is no organiser with that address"


def add_organiser(email: str) -> Person:
    """Give an address the organiser's role; doing so again changes nothing."""
    address = as_kept(email)
    person = queries.person(address)
    if person is None:
        person = Person(email=address, added_at=clock.real_now())
        db.session.add(person)
    elif person.is_organiser:
        return person
    person.role = ORGANISER
    history.record(f"{person.email} became an organiser", about=f"person {person.email}")
    db.session.flush()
    return person


def as_kept(email: str) -> str:
    """Give an address in the one form in which it is kept, however it was written."""
    try:
        return validate_email(email.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise Refused(f"{email} is not an email address that letters can be sent to") from None


def make_sign_in_link(email: str) -> str:
    """Make a link that signs someone in once who runs the conference; give its secret."""
    person = queries.with_a_part(as_kept(email))
    if person is None:
        raise NotFound(NO_SUCH_ORGANISER)
    return _secret_for(person)


def let_keep_pages(email: str) -> Person:
    """Let an address in to the pages that speakers keep; doing so again changes nothing."""
    address = as_kept(email)
    person = queries.person(address)
    if person is None:
        person = Person(email=address, role=FORMER, added_at=clock.real_now())
        db.session.add(person)
    if person.keeps_pages_since is None:
        person.keeps_pages_since = clock.real_now()
    db.session.flush()
    return person


def let_keep_no_pages(person: Person) -> None:
    """End that; it holds from their next page on. A link that was not used yet opens nothing."""
    person.keeps_pages_since = None
    if not person.has_a_part:
        db.session.execute(delete(SignInLink).where(SignInLink.person_id == person.id))


def make_invitation_link(person: Person) -> str:
    """Make a link that signs somebody in once, in a letter that may wait a while to be read."""
    return _secret_for(person, INVITATION_LASTS)


def write_with_link(email: str, onward: str = "", language: str = "en") -> None:
    """Write to whoever may sign in with a link; for any other address do the same and undo it.

    So neither the answer nor the time it takes tells a stranger who runs the conference or
    speaks at it.
    """
    undo_point = db.session.begin_nested()
    person = queries.who_may_sign_in(email)
    secret = _secret_for(person or _nobody())
    mail.post(
        "sign_in",
        to=email,
        language=language,
        is_secret=True,
        secret=secret,
        onward=onward,
        minutes=LINK_LASTS // timedelta(minutes=1),
    )
    db.session.flush()
    if person is None:
        undo_point.rollback()


def sign_in(secret: str, replaces: str = "", label: str = "") -> str:
    """Use a link: give the secret by which this device is known until its second step.

    The secret that the device had before, if any, ends.
    """
    now = clock.real_now()
    link = queries.link(secret)
    used = db.session.execute(
        update(SignInLink)
        .where(SignInLink.id == link.id, SignInLink.used_at.is_(None))
        .values(used_at=now)
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]  # what comes back is a CursorResult
        raise Gone(LINK_GONE)
    sign_out(replaces)
    mine = token_urlsafe(SECRET_BYTES)
    db.session.add(
        Device(
            person_id=link.person_id,
            secret_hash=hashed(mine),
            signed_in_at=now,
            seen_at=now,
            expires_at=now + DEVICE_LASTS,
            label=label,
        )
    )
    return mine


def let_in(device: Device) -> str:
    """Let a device in that has taken the second step: give the secret by which it is known now.

    The one from before ends, in case somebody else knew it.
    """
    mine = token_urlsafe(SECRET_BYTES)
    device.secret_hash = hashed(mine)
    device.passed_at = clock.real_now()
    return mine


def sign_out(secret: str) -> None:
    """End what a device's secret opens."""
    db.session.execute(delete(Device).where(Device.secret_hash == hashed(secret)))


def sign_out_device(person: Person, number: int) -> None:
    """End one of someone's own devices; one that has ended already stays so."""
    own = (Device.id == number, Device.person_id == person.id)
    db.session.execute(delete(Device).where(*own))


def sign_out_everywhere(person: Person) -> None:
    """End every device of a person, and every link that was not used yet."""
    for kind in (Device, SignInLink):
        db.session.execute(delete(kind).where(kind.person_id == person.id))


def forget_old() -> None:
    """Forget what has expired: links, devices, attempts."""
    for kind in (Device, SignInLink):
        db.session.execute(delete(kind).where(kind.expires_at < clock.real_now()))
    limits.forget_old()


def _secret_for(person: Person, lasts: timedelta = LINK_LASTS) -> str:
    secret = token_urlsafe(SECRET_BYTES)
    db.session.add(
        SignInLink(
            person_id=person.id,
            secret_hash=hashed(secret),
            expires_at=clock.real_now() + lasts,
        )
    )
    return secret


def _nobody() -> Person:
    """Make someone who is undone again at once."""
    nobody = Person(email=token_urlsafe(SECRET_BYTES), role=FORMER, added_at=clock.real_now())
    db.session.add(nobody)
    db.session.flush()
    return nobody
