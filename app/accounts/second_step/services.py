"""Taking the second step, and keeping what it is taken with.

Every deed holds the person's row, so that a code works once and the last way in stays. Of each
the person is told by a letter, for it may not have been them.
"""

import re
from collections.abc import Sequence
from secrets import choice

from sqlalchemy import delete, select, update

from app import clock
from app.accounts import queries as accounts
from app.accounts import services as doors
from app.accounts.models import Device, Passkey, Person, RecoveryCode
from app.accounts.second_step import authenticator, queries
from app.database import db, write_afterwards
from app.errors import NotAllowed, NotFound, Refused
from app.history import services as history
from app.mail import services as mail

RECOVERY_CODES = 10
ALPHABET = "23456789BCDFGHJKMNPQRTVWXYZ"  # nothing that reads as something else
GROUPS, GROUP = 4, 4  # of a recovery code: 76 bits
MOST_PASSKEYS = 20
WRONG_CODE = "That code is not right. Look at your app again: the code changes every 30 seconds"
WRONG_RECOVERY_CODE = "That is not one of your recovery codes, or it has been used"
USED_CODE = "That code has been used. Wait until your app shows the next one"
LAST_ONE = "This is your only second step. Set up another one first"


# Setting up


def begin_authenticator(device: Device) -> None:
    """Make a secret that this browser shows, for an app to learn it."""
    device.code_secret = authenticator.sealed(authenticator.new_secret())


def add_authenticator(device: Device, code: str) -> Sequence[str]:
    """Keep the secret that an app has proved to know; give recovery codes where there are none."""
    person = _who_may_set_up(device)
    if not device.code_secret:
        raise Refused("Start again: this key is no longer in use")
    secret = authenticator.opened(device.code_secret)
    step = authenticator.step_of(secret, code)
    if step is None:
        raise Refused(WRONG_CODE)
    person.code_secret = authenticator.sealed(secret)
    person.code_step = step
    device.code_secret = ""
    _tell(person, "app_added", "set up an authenticator app as second step")
    return _first_codes(person)


def question_to_add_passkey(device: Device, title: str) -> str:
    """Ask this browser for a new passkey."""
    from app.accounts.second_step import passkeys  # noqa: PLC0415 – 13 MB, where it is needed

    person = _who_may_set_up(device)
    question = passkeys.question_to_add(person, title)
    device.challenge = question.challenge
    return question.options


def add_passkey(device: Device, answer: str, name: str) -> Sequence[str]:
    """Keep a new passkey; give recovery codes where there are none."""
    from app.accounts.second_step import passkeys  # noqa: PLC0415 – as above

    person = _who_may_set_up(device)
    if len(person.passkeys) >= MOST_PASSKEYS:
        raise Refused("You have too many passkeys. Remove one that you do not use")
    key = passkeys.added(answer, _challenge(device))
    if db.session.scalar(select(Passkey).where(Passkey.credential == key.credential)):
        raise Refused("You have that passkey already")
    person.passkeys.append(
        Passkey(
            credential=key.credential,
            public_key=key.public_key,
            sign_count=key.sign_count,
            name=name,
            added_at=clock.real_now(),
        )
    )
    _tell(person, "passkey_added", "set up a passkey as second step")
    return _first_codes(person)


def make_recovery_codes(device: Device) -> Sequence[str]:
    """Make new recovery codes; those from before stop working."""
    person = _held(device)
    _tell(person, "codes_made", "made new recovery codes")
    return _new_codes(person)


def remove_passkey(device: Device, number: int) -> None:
    """Take a passkey away that is not the last way in."""
    person = _held(device)
    passkey = queries.passkey(person, number)
    if len(person.passkeys) == 1 and not person.code_secret:
        raise Refused(LAST_ONE)
    person.passkeys.remove(passkey)
    _tell(person, "passkey_removed", "removed a passkey")


def remove_authenticator(device: Device) -> None:
    """Take the authenticator app away, if it is not the last way in."""
    person = _held(device)
    if not person.code_secret:
        raise NotFound("You have no authenticator app here")
    if not person.passkeys:
        raise Refused(LAST_ONE)
    person.code_secret = ""
    person.code_step = None
    _tell(person, "app_removed", "removed the authenticator app")


def reset(email: str, who: str = history.THE_SITE) -> None:
    """Take all that someone takes the second step with; they set it up anew when they sign in.

    Every browser of theirs is signed out: whoever has what was lost may be signed in.
    """
    person = accounts.person(doors.as_kept(email))
    if person is None:
        raise NotFound("There is nobody with that address")
    db.session.refresh(person, with_for_update=True)
    person.code_secret = ""
    person.code_step = None
    person.passkeys.clear()
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    doors.sign_out_everywhere(person)
    _tell(person, "reset", who=who)


# Taking it


def pass_by_code(device: Device, code: str) -> str:
    """Take the second step with a code of the app; give the secret of this device from now on."""
    person = _held(device)
    if not person.code_secret:
        raise Refused(WRONG_CODE)
    secret = authenticator.opened(person.code_secret)
    step = authenticator.step_of(secret, code)
    if step is None:
        raise Refused(WRONG_CODE)
    if person.code_step is not None and step <= person.code_step:
        raise Refused(USED_CODE)
    person.code_step = step
    person.code_secret = authenticator.sealed(secret)  # under the newest key
    return doors.let_in(device)


def pass_by_recovery_code(device: Device, typed: str) -> str:
    """Take the second step with a recovery code, which is used up by it."""
    person = _held(device)
    used = db.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.person_id == person.id,
            RecoveryCode.code_hash == accounts.hashed(_plain(typed)),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.real_now())
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]  # what comes back is a CursorResult
        raise Refused(WRONG_RECOVERY_CODE)
    _tell(person, "code_used", "signed in with a recovery code")
    return doors.let_in(device)


def question_to_pass(device: Device) -> str:
    """Ask this browser for one of the person's passkeys."""
    from app.accounts.second_step import passkeys  # noqa: PLC0415 – as above

    question = passkeys.question_to_pass(device.person)
    device.challenge = question.challenge
    return question.options


def pass_by_passkey(device: Device, answer: str) -> str:
    """Take the second step with a passkey."""
    from app.accounts.second_step import passkeys  # noqa: PLC0415 – as above

    person = _held(device)
    challenge = _challenge(device)
    credential = passkeys.credential_of(answer)
    known = {key.credential: key for key in person.passkeys}
    if credential not in known:
        raise Refused(passkeys.REFUSED)
    passkey = known[credential]
    passkey.sign_count = passkeys.count_of(answer, challenge, passkey)
    passkey.used_at = clock.real_now()
    return doors.let_in(device)


def _challenge(device: Device) -> str:
    """Take the question that a browser was asked, which is then answered, well or badly."""
    challenge = device.challenge
    device.challenge = ""
    write_afterwards(update(Device).where(Device.id == device.id).values(challenge=""))
    return challenge


def _held(device: Device) -> Person:
    """Hold the row of a device's person, with what stands in it now."""
    person = device.person
    db.session.refresh(person, with_for_update=True)
    if not person.has_a_part:
        raise NotAllowed("A second step is only for those who run the conference")
    db.session.refresh(person, ["passkeys"])
    return person


def _who_may_set_up(device: Device) -> Person:
    person = _held(device)
    if person.has_second_factor and not device.has_passed:
        raise NotAllowed("Take your second step first")
    return person


def _first_codes(person: Person) -> Sequence[str]:
    return () if queries.codes_left(person) else _new_codes(person)


def _new_codes(person: Person) -> Sequence[str]:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    for code in codes:
        kept = accounts.hashed(_plain(code))
        db.session.add(RecoveryCode(person_id=person.id, code_hash=kept))
    return codes


def _new_code() -> str:
    return "-".join("".join(choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))


def _plain(code: str) -> str:
    """Give a recovery code as it is kept, however it was typed."""
    return re.sub(r"[\W_]", "", code).upper()


def _tell(person: Person, news: str, deed: str = "", who: str = "") -> None:
    """Write down what was done, and write to the person, for it may not have been them."""
    about = f"person {person.email}"
    if deed:
        history.record(f"{person.email} {deed}", about=about, who=person.email)
    else:
        history.record(f"The second step of {person.email} was reset", about=about, who=who)
    mail.post("second_step_changed", to=person.email, news=news)
