"""Deeds on the way to a place: tell us something, confirm, forget it all."""

import secrets
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import bindparam, delete, insert, update

from app import clock
from app.accounts import limits
from app.database import db
from app.errors import Gone, Refused
from app.history import services as history
from app.registration import admission, letters, queries, recognition, seats, told
from app.registration.models import Answers, Delegate, Receipt
from app.registration.queries import Kept
from app.registration.told import Application, Told

MOST_REGISTRATIONS = 20  # with one address in a day
HOLD = queries.ANSWERS.with_for_update()
TELL = (
    update(Answers)
    .where(Answers.id == bindparam("its_id"))
    .values(document=bindparam("document"), changed_at=bindparam("changed_at"))
)
SETTLE = TELL.values(receipt_id=bindparam("its_receipt"))


class Lost(Gone):
    """What someone had told us is not there any more."""


class Shut(Refused):
    """Registration is not open."""


class Unfinished(Refused):
    """Some questions have not been answered yet."""


def hold(secret: str) -> Kept | None:
    """Find somebody's answers and let nobody else change them until the transaction ends."""
    return queries.kept(db.session.connection(), HOLD, secret)


def begin(everything: Told) -> str:
    """Keep somebody's first answer; give the key by which its owner finds it again."""
    secret = secrets.token_urlsafe(32)
    now = clock.real_now()
    db.session.connection().execute(
        insert(Answers),
        {
            "secret_hash": sha256(secret.encode()).hexdigest(),
            "document": told.written(everything),
            "begun_at": now,
            "changed_at": now,
        },
    )
    return secret


def tell(answers: Kept, everything: Told) -> None:
    """Keep what someone has told us."""
    db.session.connection().execute(TELL, _written(answers, everything))


def forget(answers: Kept) -> None:
    """Forget what someone has told us on the way to a place that they do not want."""
    db.session.execute(delete(Answers).where(Answers.id == answers.id))


def register(secret: str, language: str) -> Receipt:
    """Give a place to whoever answered, and write to tell them so; asked again, say the same."""
    answers = hold(secret)
    if answers is None:
        raise Lost("Your answers are no longer here")
    receipt = queries.receipt_of(answers)
    if receipt is None:
        receipt = _confirm(_application(answers.told), language)
        db.session.add(receipt)
        db.session.flush()
        settled = {"its_receipt": receipt.id, **_written(answers, Told())}
        db.session.connection().execute(SETTLE, settled)  # the booking holds all of it now
    return receipt


def _written(answers: Kept, everything: Told) -> dict[str, object]:
    return {
        "its_id": answers.id,
        "document": told.written(everything),
        "changed_at": clock.real_now(),
    }


def _application(everything: Told) -> Application:
    """Give what someone has told us, when it is all there and registration is open."""
    door = queries.door()
    if door.state == "full":
        raise seats.Full("Every place has been taken")
    if not door.is_open:
        raise Shut("Registration is not open")
    application = told.complete(everything)
    if application is None or everything.missing(queries.days()):
        raise Unfinished("Some questions have not been answered yet")
    return application


def _confirm(application: Application, language: str) -> Receipt:
    limits.allow(
        "registration",
        recognition.folded(application.email),
        times=MOST_REGISTRATIONS,
        within=timedelta(days=1),
    )
    delegate = admission.give(application, language)
    if delegate is not None:
        history.record("Registered", about=_about(delegate), who=history.THE_DELEGATE)
        letters.registration_confirmed(delegate)
        return _receipt(application, delegate, is_first=True)
    standing = queries.attending(recognition.same_person(application.name.full, application.email))
    history.record("Registered again: the place stands", about=_about(standing))
    letters.already_registered(standing)
    return _receipt(application, standing, is_first=False)


def _receipt(application: Application, delegate: Delegate, *, is_first: bool) -> Receipt:
    return Receipt(
        key=secrets.token_urlsafe(16),
        delegate=delegate,
        email=application.email,
        is_first=is_first,
    )


def _about(delegate: Delegate) -> str:
    return f"booking {delegate.reference}"
