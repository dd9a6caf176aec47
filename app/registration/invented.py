"""Delegates who do not exist, to try things out. They never stand beside real ones."""

from collections.abc import Iterable
from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from app import clock
from app.database import db
from app.errors import Refused
from app.history import services as history
from app.registration import admission, recognition, seats
from app.registration.models import Delegate
from app.registration.recognition import LENGTH_OF_REFERENCES, LETTERS_OF_REFERENCES

if TYPE_CHECKING:
    from app.programme.invented import InventedDelegate  # loaded only where it is asked for

INVENTED = Delegate.is_invented.is_(True)


def come(people: Iterable["InventedDelegate"]) -> None:
    """Give each a place; nobody gets a letter."""
    for number, person in enumerate(people):
        seats.take(seats.CONFERENCE, _delegate(person, number))


def leave() -> None:
    """Take every invented delegate out again, and give their places back."""
    attending = select(func.count()).where(INVENTED, Delegate.cancelled_at.is_(None))
    places = db.session.scalar(attending) or 0
    if places:
        seats.give_back(seats.CONFERENCE, places)
    for changed in db.session.scalars(select(Delegate).where(INVENTED, Delegate.changes > 0)):
        history.forget_particulars(changed.subject)  # a real name may have been tried out
    db.session.execute(delete(Delegate).where(INVENTED))


def refuse_beside_real_ones() -> None:
    """Refuse to invent anything where real people have registered."""
    if db.session.scalar(select(func.count()).select_from(Delegate).where(~INVENTED)):
        raise Refused("Real people have registered here, so nothing invented can take their place")


def _delegate(person: "InventedDelegate", number: int) -> Delegate:
    now = clock.now()
    delegate = Delegate(
        reference=_reference(number),
        link_key=admission.new_key(),
        given_names=person.given_names,
        family_name=person.family_name,
        badge_name=person.badge_name,
        email=person.email,
        organisation=person.organisation,
        role=person.role,
        country=person.country,
        days=" ".join(day.isoformat() for day in person.days),
        language=person.language,
        consented_at=now,
        registered_at=now,
        is_invented=True,
    )
    recognition.recognise(delegate)
    return delegate


def _reference(number: int) -> str:
    """Give the same reference to the same number each time."""
    digest = sha256(f"invented delegate {number}".encode()).digest()
    letters = LETTERS_OF_REFERENCES
    return "".join(letters[byte % len(letters)] for byte in digest[:LENGTH_OF_REFERENCES])
