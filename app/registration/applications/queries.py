"""Read-only queries about applications, and what is deleted of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, String, cast, delete, func, literal, select
from sqlalchemy.orm import joinedload

from app import clock
from app.database import db
from app.errors import Gone, NotFound
from app.registration.applications.models import RegistrationApplication
from app.registration.categories import queries as categories
from app.registration.categories.queries import INVITATION, INVITED, SPEAKER, TRANSFER
from app.registration.delegate_record import search_key
from app.registration.models import Delegate
from app.registration.queries import Answers

RETENTION = timedelta(days=30)  # after it was decided or withdrawn
SUBJECT_PREFIX = "application "  # in the history
SORTS: Final = ("applied", "name")
MAX_LIST = 5_000  # applications in a file
OPEN: Final = "open"  # as a filter: asked or on hold
IS_OPEN = RegistrationApplication.ended_at.is_(None)


def needs_approval(answers: Answers) -> bool:
    """Return True if the organisers decide whether somebody with these answers may come.

    They have decided already about whoever has a colleague's place; and about speakers and people
    with an invitation, in the category that this opens.
    """
    if TRANSFER in answers:
        return False
    settled = categories.settle(answers)
    chosen = categories.find_chosen(settled)
    if chosen is None or not chosen.approvals_needed:
        return False
    is_invited = INVITATION in settled or SPEAKER in settled
    return not (is_invited and settled.get(INVITED) == str(chosen.id))


def get_by_key(key: str) -> RegistrationApplication:
    """Return the application that a link opens; raise Gone if there is none any more."""
    found = db.session.scalar(
        select(RegistrationApplication).where(RegistrationApplication.access_key == key)
    )
    if found is None:
        raise Gone("This link to an application is no longer valid")
    return found


def get_by_number(number: int) -> RegistrationApplication:
    """Return the application with this number; raise NotFound."""
    found = db.session.get(RegistrationApplication, number)
    if found is None:
        raise NotFound("There is no such application")
    return found


def find_open(identity_key: str) -> RegistrationApplication | None:
    """Return the application of somebody that is still to be decided, or None."""
    return db.session.scalar(
        select(RegistrationApplication).where(
            IS_OPEN, RegistrationApplication.identity_key == identity_key
        )
    )


def list_open_keys(identity_keys: Collection[str]) -> Sequence[str]:
    """Return those of these identities that have an application to be decided."""
    key = RegistrationApplication.identity_key
    return db.session.scalars(select(key).where(IS_OPEN, key.in_(identity_keys))).all()


@dataclass(frozen=True)
class ApplicationFilter:
    """Which applications a list shows."""

    search: str = ""
    state: str = ""  # OPEN or a state
    category: str = ""  # its number


def list_page(
    filters: ApplicationFilter, *, sort: str, is_reversed: bool, offset: int, limit: int
) -> tuple[Sequence[RegistrationApplication], int]:
    """Return a page of applications, those that are open and oldest first, and their number."""
    such = _list_conditions(filters)
    counted = select(func.count(RegistrationApplication.id)).where(*such)
    first = RegistrationApplication.name if sort == "name" else ~IS_OPEN
    order = (first, RegistrationApplication.id)
    rows = (
        select(RegistrationApplication)
        .where(*such)
        .options(joinedload(RegistrationApplication.category))
        .order_by(*(one.desc() if is_reversed else one for one in order))
    )
    total = db.session.scalar(counted) or 0
    return db.session.scalars(rows.offset(offset).limit(limit)).all(), total


def list_by_numbers(numbers: Sequence[int]) -> Sequence[RegistrationApplication]:
    """List the applications with these numbers, the oldest first."""
    found = select(RegistrationApplication).where(RegistrationApplication.id.in_(numbers))
    return db.session.scalars(found.order_by(RegistrationApplication.id)).all()


def select_history_subjects(delegate: Delegate) -> Select[tuple[str]]:
    """Select the subjects, in the audit log, of the applications that became a booking."""
    subject = literal(SUBJECT_PREFIX) + cast(RegistrationApplication.id, String)
    return select(subject).where(RegistrationApplication.delegate_id == delegate.id)


def list_of_delegate(delegate: Delegate) -> Sequence[RegistrationApplication]:
    """List the applications by which somebody came to their booking."""
    rows = select(RegistrationApplication).where(RegistrationApplication.delegate_id == delegate.id)
    return db.session.scalars(rows.order_by(RegistrationApplication.id)).all()


def delete_of_delegate(delegate: Delegate) -> None:
    """Delete the applications by which somebody came to their booking: their links open it."""
    own = RegistrationApplication.delegate_id == delegate.id
    db.session.execute(delete(RegistrationApplication).where(own))


def erase_delegate(delegate: Delegate) -> None:
    """Delete the applications of somebody that are decided."""
    delete_of_delegate(delegate)
    has_address = func.lower(RegistrationApplication.email) == delegate.email.lower()
    db.session.execute(delete(RegistrationApplication).where(has_address, ~IS_OPEN))


def delete_ended() -> None:
    """Delete the applications that were decided or withdrawn a month ago."""
    old = RegistrationApplication.ended_at < clock.now() - RETENTION
    db.session.execute(delete(RegistrationApplication).where(old))


def list_open(limit: int) -> Sequence[RegistrationApplication]:
    """List the first of those that are still to be decided."""
    rows = select(RegistrationApplication).where(IS_OPEN).order_by(RegistrationApplication.id)
    return db.session.scalars(rows.limit(limit)).all()


def _list_conditions(filters: ApplicationFilter) -> list[ColumnElement[bool]]:
    words = search_key(filters.search).split()
    found = [RegistrationApplication.search_text.contains(one, autoescape=True) for one in words]
    if filters.category:
        found.append(RegistrationApplication.category_id == int(filters.category))
    if filters.state == OPEN:
        found.append(IS_OPEN)
    elif filters.state:
        found.append(RegistrationApplication.state == filters.state)
    return found
