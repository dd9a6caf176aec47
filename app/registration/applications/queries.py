"""Read-only queries about applications, and subqueries for their erasure."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Integer, String, bindparam, cast, literal, or_, select
from sqlalchemy.orm import joinedload

from app.database import db
from app.delegates.answer_json import Answers
from app.delegates.categories import queries as categories
from app.delegates.categories.queries import INVITATION, INVITED_CATEGORY, TRANSFER
from app.delegates.models import Delegate
from app.registration import registration_requests as requests
from app.registration.applications.models import WAITING, RegistrationApplication
from app.registration.registration_requests import RequestFilter
from app.registration.speaker_places import queries as speaker_places
from app.registration.waiting_list.models import WaitingListEntry

SUBJECT_PREFIX = "application "  # in the history
SORTS: Final = ("applied", "name")
_delegate_id = bindparam("delegate_id", type_=Integer)
LED_TO = or_(  # applications that led to a booking, at once or after a wait
    RegistrationApplication.delegate_id == _delegate_id,
    RegistrationApplication.entry_id.in_(
        select(WaitingListEntry.id).where(WaitingListEntry.delegate_id == _delegate_id)
    ),
)
HISTORY_SUBJECTS = select(  # the audit log subjects of a delegate's applications
    literal(SUBJECT_PREFIX) + cast(RegistrationApplication.id, String)
).where(LED_TO)


def needs_approval(answers: Answers) -> bool:
    """Return True if people with these answers need the organisers' approval.

    It was given already to people who take over a colleague's place, and to speakers and people
    with an invitation in the category that this opens. On a speaker's pages that holds only for the
    speaker: other people may be registered there too.
    """
    if TRANSFER in answers:
        return False
    settled = categories.settle(answers)
    chosen = categories.find_chosen(settled)
    if chosen is None or not chosen.approvals_needed:
        return False
    is_invited = INVITATION in settled or speaker_places.is_own_registration(settled)
    return not (is_invited and settled.get(INVITED_CATEGORY) == str(chosen.id))


def get_by_key(key: str) -> RegistrationApplication:
    """Return the application that a link opens; raise Gone if it does not exist any more."""
    refusal = "This link to an application is no longer valid"
    return requests.get_by_key(RegistrationApplication, key, refusal)


def get_by_number(number: int) -> RegistrationApplication:
    """Return the application with this number; raise NotFound if there is none."""
    return requests.get_by_number(RegistrationApplication, number, "There is no such application")


def find_open(identity_key: str) -> RegistrationApplication | None:
    """Return a person's undecided application, or None."""
    return db.session.scalar(requests.select_open(RegistrationApplication, identity_key))


def list_waiting(entry: WaitingListEntry) -> Sequence[RegistrationApplication]:
    """List the applications that led to a waiting list entry; a person may have several."""
    rows = select(RegistrationApplication).filter_by(entry_id=entry.id, state=WAITING)
    return db.session.scalars(rows.order_by(RegistrationApplication.id)).all()


def list_page(
    filters: RequestFilter, *, offset: int, limit: int
) -> tuple[Sequence[RegistrationApplication], int]:
    """List a page of applications, open and oldest ones first, and count all."""
    return requests.list_page(
        RegistrationApplication,
        filters,
        offset=offset,
        limit=limit,
        options=[joinedload(RegistrationApplication.category)],
    )


def list_by_numbers(numbers: Sequence[int]) -> Sequence[RegistrationApplication]:
    """List the applications with these numbers, oldest first."""
    return requests.list_by_numbers(RegistrationApplication, numbers)


def list_of_delegate(delegate: Delegate) -> Sequence[RegistrationApplication]:
    """List the applications that led to a delegate's booking."""
    rows = select(RegistrationApplication).where(LED_TO).order_by(RegistrationApplication.id)
    return db.session.scalars(rows, {"delegate_id": delegate.id}).all()
