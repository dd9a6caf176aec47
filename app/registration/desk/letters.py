"""Sending a letter again: the same words, or where they are gone, what is so now."""

from typing import Literal

from app.database import db
from app.errors import Refused
from app.history import services as history
from app.mail import services as mail
from app.mail.models import Letter

Way = Literal["", "same", "afresh"]


def way_to_send_again(letter: Letter) -> Way:
    """Tell how a letter can be sent again: with the same words, written afresh, or not at all.

    One that was sent and held a link has been emptied. If it was about a booking, the desk
    writes what is so now.
    """
    if letter.message:
        return "same"
    return "afresh" if letter.about else ""


def send_again(letter: Letter, *, who: str) -> Letter:
    """Send a letter again with the same words; give the one that is on its way now."""
    if way_to_send_again(letter) != "same":
        raise Refused("The words of this letter have been erased, so it cannot be sent again")
    sent = mail.send_again(letter)
    db.session.flush()
    history.record("A letter was sent again", about=subject(letter), who=who)
    return sent


def subject(letter: Letter) -> str:
    """Tell what the history calls a letter: by its booking, or by its own number."""
    return f"booking {letter.about}" if letter.about else f"letter {letter.id}"
