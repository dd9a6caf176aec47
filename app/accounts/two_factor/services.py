"""Using, setting up and removing second factors.

Every operation locks the person's row, so that a code works once and the last second factor
cannot be removed. The person is emailed about each change, in case it was not them.
"""

import re
from collections.abc import Sequence
from secrets import choice

from sqlalchemy import delete, select, update

from app import clock
from app.accounts import queries as accounts
from app.accounts import services
from app.accounts.models import LoginSession, Passkey, Person, RecoveryCode
from app.accounts.two_factor import passkeys, totp
from app.database import db
from app.errors import NotFound, PermissionDenied, RuleViolation, require
from app.history import services as history
from app.mail import services as mail
from app.request_transaction import execute_after_request
from app.row_locks import lock_row

RECOVERY_CODE_COUNT = 10
RECOVERY_CODE_ALPHABET = "23456789BCDFGHJKMNPQRTVWXYZ"  # no characters that look alike
CODE_GROUPS, CODE_GROUP_LENGTH = 4, 4  # of a recovery code: 76 bits
MAX_PASSKEYS = 20
WRONG_CODE = "The code is not correct. Check your app, because the code changes every 30 seconds"
WRONG_RECOVERY_CODE = "The recovery code is not correct, or it has already been used"
USED_CODE = "This code has already been used. Enter the next one that your app shows"
LAST_SECOND_FACTOR = "This is your only second step. Set up another one before you remove it"


# Setting up


def start_totp_setup(login_session: LoginSession) -> None:
    """Generate a secret for this session to show to an authenticator app."""
    login_session.pending_totp_secret = totp.encrypt(totp.generate_secret())


def confirm_totp(login_session: LoginSession, code: str) -> Sequence[str]:
    """Store the pending secret if the code is right; return recovery codes if none existed."""
    person = _lock_person_for_setup(login_session)
    secret = totp.decrypt(login_session.pending_totp_secret)
    step = require(totp.verify_code(secret, code), RuleViolation(WRONG_CODE))
    person.totp_secret = totp.encrypt(secret)
    person.last_totp_step = step
    login_session.pending_totp_secret = ""
    _notify(person, "app_added", "set up an authenticator app as second step")
    return _initial_recovery_codes(person)


def start_passkey_registration(login_session: LoginSession, title: str) -> str:
    """Store a registration challenge in the session and return the options as JSON."""
    person = _lock_person_for_setup(login_session)
    challenge = passkeys.create_registration_challenge(person, title)
    login_session.challenge = challenge.challenge
    return challenge.options


def add_passkey(login_session: LoginSession, response: str, name: str) -> Sequence[str]:
    """Store a new passkey; return recovery codes if there were none before."""
    person = _lock_person_for_setup(login_session)
    if len(person.passkeys) >= MAX_PASSKEYS:
        raise RuleViolation("You have too many passkeys. Remove one that you no longer use")
    key = passkeys.verify_registration(response, _consume_challenge(login_session))
    if db.session.scalar(select(Passkey).where(Passkey.credential == key.credential)):
        raise RuleViolation("You have already added this passkey")
    person.passkeys.append(
        Passkey(
            credential=key.credential,
            public_key=key.public_key,
            sign_count=key.sign_count,
            name=name,
            added_at=clock.real_now(),
        )
    )
    _notify(person, "passkey_added", "set up a passkey as second step")
    return _initial_recovery_codes(person)


def create_recovery_codes(login_session: LoginSession) -> Sequence[str]:
    """Create new recovery codes; the previous ones stop working."""
    person = _lock_person(login_session)
    _notify(person, "codes_made", "made new recovery codes")
    return _replace_recovery_codes(person)


def remove_passkey(login_session: LoginSession, number: int) -> None:
    """Remove a passkey, unless it is the last second factor."""
    person = _lock_person(login_session)
    passkey = accounts.get_passkey(person, number)
    if len(person.passkeys) == 1 and not person.totp_secret:
        raise RuleViolation(LAST_SECOND_FACTOR)
    person.passkeys.remove(passkey)
    _notify(person, "passkey_removed", "removed a passkey")


def remove_totp(login_session: LoginSession) -> None:
    """Remove the authenticator app, unless it is the last second factor."""
    person = _lock_person(login_session)
    if not person.totp_secret:
        raise NotFound("You have not set up an authenticator app")
    if not person.passkeys:
        raise RuleViolation(LAST_SECOND_FACTOR)
    person.totp_secret = ""
    _notify(person, "app_removed", "removed the authenticator app")


def reset(email: str, actor: str = history.ACTOR_SITE) -> None:
    """Remove all second factors of a person, who sets up a new one at the next sign-in.

    All their login sessions end: a person who found the lost device may be signed in.
    """
    person = accounts.find_person(services.normalise_email(email))
    if person is None:
        raise NotFound("There is nobody with that email address")
    lock_row(person, services.PERSON_GONE)
    person.totp_secret = ""
    person.passkeys.clear()
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    services.sign_out_everywhere(person)
    _notify(person, "reset", actor=actor)


# Using it


def verify_totp(login_session: LoginSession, code: str) -> str:
    """Sign in with a code of the app; return the new secret of the session."""
    person = _lock_person(login_session)
    secret = totp.decrypt(person.totp_secret)
    step = require(totp.verify_code(secret, code), RuleViolation(WRONG_CODE))
    if person.last_totp_step is not None and step <= person.last_totp_step:
        raise RuleViolation(USED_CODE)
    person.last_totp_step = step
    person.totp_secret = totp.encrypt(secret)  # re-encrypt with the newest key
    return services.complete_sign_in(login_session)


def verify_recovery_code(login_session: LoginSession, code: str) -> str:
    """Sign in with a recovery code, which is used up; return the new secret of the session."""
    person = _lock_person(login_session)
    used = db.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.person_id == person.id,
            RecoveryCode.code_hash == accounts.hash_secret(_normalise_code(code)),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.real_now())
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]  # the result is a CursorResult
        raise RuleViolation(WRONG_RECOVERY_CODE)
    _notify(person, "code_used", "signed in with a recovery code")
    return services.complete_sign_in(login_session)


def start_passkey_authentication(login_session: LoginSession) -> str:
    """Store an authentication challenge in the session and return the options as JSON."""
    challenge = passkeys.create_authentication_challenge(login_session.person)
    login_session.challenge = challenge.challenge
    return challenge.options


def verify_passkey(login_session: LoginSession, response: str) -> str:
    """Sign in with a passkey; return the new secret of the session."""
    person = _lock_person(login_session)
    challenge = _consume_challenge(login_session)
    credential = passkeys.parse_credential_id(response)
    own_passkeys = {key.credential: key for key in person.passkeys}
    if credential not in own_passkeys:
        raise RuleViolation(passkeys.VERIFICATION_FAILED)
    passkey = own_passkeys[credential]
    passkey.sign_count = passkeys.verify_authentication(response, challenge, passkey)
    passkey.used_at = clock.real_now()
    return services.complete_sign_in(login_session)


def _consume_challenge(login_session: LoginSession) -> str:
    """Return the session's challenge and clear it: a challenge can be answered only once."""
    challenge = login_session.challenge
    login_session.challenge = ""
    execute_after_request(
        update(LoginSession).where(LoginSession.id == login_session.id).values(challenge="")
    )
    return challenge


def _lock_person(login_session: LoginSession) -> Person:
    """Lock the row of a session's person, and reload it and its passkeys."""
    person = login_session.person
    lock_row(person, services.PERSON_GONE)
    if not person.is_team_member:
        raise PermissionDenied("Only the conference team uses a second step")
    return person


def _lock_person_for_setup(login_session: LoginSession) -> Person:
    person = _lock_person(login_session)
    if person.has_second_factor and not login_session.is_verified:
        raise PermissionDenied("Complete your second step first")
    return person


def _initial_recovery_codes(person: Person) -> Sequence[str]:
    return () if accounts.count_recovery_codes(person) else _replace_recovery_codes(person)


def _replace_recovery_codes(person: Person) -> Sequence[str]:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    codes = [_generate_recovery_code() for _ in range(RECOVERY_CODE_COUNT)]
    for code in codes:
        code_hash = accounts.hash_secret(_normalise_code(code))
        db.session.add(RecoveryCode(person_id=person.id, code_hash=code_hash))
    return codes


def _generate_recovery_code() -> str:
    return "-".join(
        "".join(choice(RECOVERY_CODE_ALPHABET) for _ in range(CODE_GROUP_LENGTH))
        for _ in range(CODE_GROUPS)
    )


def _normalise_code(code: str) -> str:
    """Return a recovery code in the form in which it is hashed."""
    return re.sub(r"[\W_]", "", code).upper()


def _notify(person: Person, event: str, action: str = "", actor: str = "") -> None:
    """Record what was done and email the person, in case it was not them."""
    subject = f"person {person.email}"
    if action:
        history.record(f"{person.email} {action}", subject=subject, actor=person.email)
    else:
        history.record(f"The second step of {person.email} was reset", subject=subject, actor=actor)
    mail.enqueue("second_step_changed", to=person.email, news=event)
