"""Create a booking: a free reference, a key for its links, and a seat."""

import secrets
from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app import clock
from app.database import Base, db, violated_constraint
from app.delegates import delegate_record
from app.delegates.answer_json import Answers
from app.delegates.categories import queries as categories
from app.delegates.categories.models import RegistrationCategory
from app.delegates.delegate_record import IDENTITY_CONSTRAINT
from app.delegates.models import Delegate
from app.errors import RuleViolation
from app.registration import seats

REFERENCE_ALPHABET = "23456789CDFGHJKMNPQRTVWXYZ"  # no vowels or look-alikes
REFERENCE_LENGTH = 8
ACCESS_KEY_BYTES = 16  # of randomness
MAX_REFERENCE_ATTEMPTS = 5  # attempts to find an unused reference
REFERENCE_CONSTRAINT = "uq_delegate_reference"
CATEGORY_CONSTRAINT = "fk_delegate_category_id_registration_category"
CATEGORY_GONE = "This category has just been deleted. Choose another"


class CategoryGone(RuleViolation):
    """The category has been deleted since it was chosen."""


def lock_category(category_id: int | None) -> None:
    """Prevent deletion of a category until the transaction ends; raise CategoryGone if deleted.

    Call it before a row refers to a category that is not locked by its limit. If the limits are
    needed too, lock them first.
    """
    if category_id is not None:
        row = select(RegistrationCategory.id).where(RegistrationCategory.id == category_id)
        if db.session.scalar(row.with_for_update(read=True, key_share=True)) is None:
            raise CategoryGone(CATEGORY_GONE)


def announce_nothing(_: Delegate) -> None:
    """Send no email."""


def create_booking(
    answers: Answers,
    language: str,
    *,
    announce: Callable[[Delegate], object] = announce_nothing,
    is_added_by_team: bool = False,
    take_seat: Callable[[Sequence[str], Base], None] = seats.reserve,
) -> Delegate | None:
    """Create a booking and take a seat; return None if the same person already has one.

    ``announce`` queues an email about it, which is rolled back if there is no booking. It is
    rendered before the seats are locked, since all registrations wait for that lock; if there is no
    seat, that is detected earlier.
    """
    if take_seat is seats.reserve:
        seats.check_availability(seats.list_limits(categories.read_id(answers)))
    for _ in range(MAX_REFERENCE_ATTEMPTS):
        delegate = _build_delegate(answers, language, is_added_by_team=is_added_by_team)
        try:
            with db.session.begin_nested():
                announce(delegate)
                take_seat(seats.list_limits(delegate.category_id), delegate)
        except IntegrityError as clash:
            if _is_same_person(clash):
                return None
        else:
            return delegate
    raise RuntimeError("no reference is free")


def _is_same_person(clash: IntegrityError) -> bool:
    """Return False if another reference may succeed; raise any other error."""
    constraint = violated_constraint(clash)
    if constraint == CATEGORY_CONSTRAINT:
        raise CategoryGone(CATEGORY_GONE) from None
    if constraint not in {IDENTITY_CONSTRAINT, REFERENCE_CONSTRAINT}:
        raise clash
    return constraint == IDENTITY_CONSTRAINT


def _build_delegate(answers: Answers, language: str, *, is_added_by_team: bool) -> Delegate:
    now, number = clock.now(), categories.read_id(answers)
    category = categories.find(number)
    if number is not None and category is None:
        raise CategoryGone(CATEGORY_GONE)
    delegate = Delegate(
        reference=generate_reference(),
        access_key=generate_access_key(),
        language=language,
        version=0,
        consented_at=now,
        registered_at=now,
        is_added_by_team=is_added_by_team,
        category_id=number,
        category=category,
    )
    delegate_record.store(delegate, answers)
    delegate_record.refresh_search_keys(delegate)
    return delegate


def build(answers: Answers, language: str, *, is_added_by_team: bool = False) -> Delegate:
    """Return a booking that is neither stored nor counted yet."""
    return _build_delegate(answers, language, is_added_by_team=is_added_by_team)


def generate_reference() -> str:
    """Return a random booking reference."""
    return "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH))


def generate_access_key() -> str:
    """Return a random key for links; links signed with the previous key stop working."""
    return secrets.token_urlsafe(ACCESS_KEY_BYTES)
