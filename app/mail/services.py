"""Write letters. Each is a row in the same transaction as the news it brings."""

from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

from sqlalchemy import delete, update

from app import clock
from app.database import db
from app.errors import Refused
from app.mail import message, wording
from app.mail.models import FAILED, SENT, WAITING, Letter
from app.mail.queries import IS_WAITING

TEXT_IS_KEPT = timedelta(days=90)


def post(  # noqa: PLR0913 – a letter has a name, a reader and four things besides
    name: str,
    /,
    *,
    to: str,
    language: str = "en",
    about: str = "",
    is_secret: bool = False,
    calendar: bytes | None = None,
    **what: Any,
) -> Letter:
    """Write a letter to one person; the worker delivers it after the commit."""
    words = wording.write(name, language, what)
    finished = message.build(words, to, about, calendar)
    now = clock.real_now()
    letter = Letter(
        name=name,
        message_id=finished.identity,
        recipient=to,
        about=about,
        subject=words.subject,
        message=finished.message,
        is_secret=is_secret,
        written_at=now,
        due_at=now,
    )
    db.session.add(letter)
    return letter


def send_again(letter: Letter) -> Letter:
    """Send a letter once more; one that has arrived goes as a new letter with the same words."""
    if not letter.message:
        raise Refused("The words of this letter have been erased, so it cannot be sent again")
    if letter.state == SENT:
        return _copy(letter)
    letter.state = WAITING
    letter.due_at = clock.real_now()
    letter.attempts = 0
    letter.give_up_at = None
    return letter


def forget_old() -> None:
    """Erase the words of letters that went out long ago, and all of those about no booking."""
    old = (Letter.state.in_([SENT, FAILED]), Letter.written_at < clock.real_now() - TEXT_IS_KEPT)
    db.session.execute(delete(Letter).where(*old, Letter.about == ""))
    db.session.execute(
        update(Letter).where(*old, Letter.message != b"").values(message=b"", last_error="")
    )


def forget_about(reference: str) -> None:
    """Forget the letters about a booking whose delegate is forgotten.

    One that waits still goes out, and keeps no words then. Whoever forgets the delegate asks
    again later for what is left of it.
    """
    about = Letter.about == reference
    db.session.execute(delete(Letter).where(about, ~IS_WAITING))
    db.session.execute(update(Letter).where(about).values(is_secret=True))


def _copy(letter: Letter) -> Letter:
    again = message_from_bytes(letter.message, policy=policy.SMTP)
    message.stamp(again)
    now = clock.real_now()
    copy = Letter(
        name=letter.name,
        message_id=str(again["Message-ID"]),
        recipient=letter.recipient,
        about=letter.about,
        subject=letter.subject,
        message=again.as_bytes(),
        is_secret=letter.is_secret,
        written_at=now,
        due_at=now,
    )
    db.session.add(copy)
    return copy
