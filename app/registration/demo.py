"""Invented delegates for demonstrations; never together with real ones."""

from collections.abc import Iterable
from hashlib import sha256

from sqlalchemy import delete, func, select

from app import clock
from app.database import db
from app.delegates import delegate_record
from app.delegates.models import CONFERENCE, Delegate
from app.errors import RuleViolation
from app.history import services as history
from app.interchange.demo.generator import DemoDelegate
from app.registration import seats
from app.registration.create_booking import (
    REFERENCE_ALPHABET,
    REFERENCE_LENGTH,
    generate_access_key,
)
from app.registration.session_bookings import release as session_seats
from app.registration.waiting_list import category_waits

IS_DEMO = Delegate.is_demo.is_(True)


def create(people: Iterable[DemoDelegate]) -> None:
    """Create a booking for each; no emails are sent."""
    for number, person in enumerate(people):
        seats.reserve((CONFERENCE,), _build_delegate(person, number))


def delete_all() -> None:
    """Delete all invented delegates, and release their places."""
    is_attending = (IS_DEMO, Delegate.cancelled_at.is_(None))
    counted = select(Delegate.category_id, func.count()).where(*is_attending)
    for category_id, places in db.session.execute(counted.group_by(Delegate.category_id)).all():
        seats.release_seats(seats.list_limits(category_id), places)
    numbers = db.session.scalars(select(Delegate.id).where(IS_DEMO)).all()
    category_waits.end_with_bookings(numbers)
    session_seats.release_all(numbers)
    for changed in db.session.scalars(select(Delegate).where(IS_DEMO, Delegate.version > 0)):
        history.erase_personal_details(
            changed.history_subject
        )  # may include a real name that someone tried out
    db.session.execute(delete(Delegate).where(IS_DEMO))


def count_all() -> int:
    """Count the invented delegates, including cancelled ones."""
    return db.session.scalar(select(func.count()).select_from(Delegate).where(IS_DEMO)) or 0


def require_no_real_delegates() -> None:
    """Raise RuleViolation if real people have registered."""
    if db.session.scalar(select(func.count()).select_from(Delegate).where(~IS_DEMO)):
        raise RuleViolation("You cannot load an invented conference because people have registered")


def _build_delegate(person: DemoDelegate, number: int) -> Delegate:
    now = clock.now()
    delegate = Delegate(
        reference=_demo_reference(number),
        access_key=generate_access_key(),
        language=person.language,
        consented_at=now,
        registered_at=now,
        is_demo=True,
    )
    days = " ".join(day.isoformat() for day in person.days)
    delegate_record.store(delegate, {**vars(person), "days": days})
    delegate_record.refresh_search_keys(delegate)
    return delegate


def _demo_reference(number: int) -> str:
    """Return the reference of a number, always the same."""
    digest = sha256(f"invented delegate {number}".encode()).digest()
    letters = REFERENCE_ALPHABET
    return "".join(letters[byte % len(letters)] for byte in digest[:REFERENCE_LENGTH])
