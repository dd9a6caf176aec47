"""The state of each speaker's invitation as SQL, for lists of all speakers.

``invitations`` returns the details of some of them. An invitation belongs to an address: a speaker
whose contact address has changed since is not invited yet.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, case, func, literal, or_, select

from app.accounts.models import Person
from app.database import db
from app.mail.models import FAILED, Email
from app.programme.collation import sort_key
from app.programme.models import Speaker
from app.speakers import queries
from app.speakers.checklist_conditions import HAS_BEGUN, HAS_OPEN_ITEM
from app.speakers.list_filters import ADDRESS
from app.speakers.models import SpeakerAccess, SpeakerMailing
from app.speakers.recipients import INVITATION

NO_ADDRESS, NOT_INVITED, UNDELIVERED = "no-address", "not-invited", "failed"
NOT_OPENED, OPENED, UNDER_WAY, COMPLETE = "not-opened", "opened", "under-way", "complete"
STATES: Final[Mapping[str, Any]] = {  # in the order in which organisers handle them
    NOT_INVITED: _l("Not invited yet"),
    UNDELIVERED: _l("Email failed"),
    NOT_OPENED: _l("Invited, not opened yet"),
    OPENED: _l("Opened, nothing done yet"),
    UNDER_WAY: _l("Some tasks done"),
    COMPLETE: _l("All tasks done"),
    NO_ADDRESS: _l("No contact email address"),
}
LIST_STATES: Final = {  # of the list of speakers, which ignores their tasks
    **{state: STATES[state] for state in (NOT_INVITED, UNDELIVERED, NOT_OPENED)},
    OPENED: _l("Opened"),
    NO_ADDRESS: STATES[NO_ADDRESS],
}

_SENT = (
    select(SpeakerMailing.sent_at)
    .where(SpeakerMailing.speaker_id == Speaker.id, SpeakerMailing.template == INVITATION)
    .correlate(Speaker)
)
_FIRST_SENT_AT = _SENT.with_only_columns(func.min(SpeakerMailing.sent_at)).scalar_subquery()
_ACCESS = (
    select(SpeakerAccess.id)
    .join(Person, Person.id == SpeakerAccess.person_id)
    .where(SpeakerAccess.speaker_id == Speaker.id, queries.IS_ACTIVE)
    .correlate(Speaker)
)
_IS_OWN = Person.email == func.lower(ADDRESS)
_HAS_NEW_ADDRESS = _SENT.exists() & ~_ACCESS.where(~SpeakerAccess.is_assistant, _IS_OWN).exists()
_WAS_OPENED = (
    _ACCESS.where(SpeakerAccess.is_assistant | _IS_OWN, Person.last_signed_in_at.is_not(None))
    .where(or_(~_SENT.exists(), Person.last_signed_in_at >= _FIRST_SENT_AT))
    .exists()
)
LAST_INVITATIONS = (
    select(func.max(Email.id))
    .where(Email.template == INVITATION, Email.booking_reference == "")
    .group_by(func.lower(Email.recipient))
)
_FAILED_ADDRESSES = select(func.lower(Email.recipient)).where(
    Email.state == FAILED, Email.id.in_(LAST_INVITATIONS)
)


def _choose_state(opened: ColumnElement[str]) -> ColumnElement[str]:
    return case(
        (ADDRESS == "", NO_ADDRESS),
        (~_HAS_NEW_ADDRESS & _WAS_OPENED, opened),
        (~_SENT.exists() | _HAS_NEW_ADDRESS, NOT_INVITED),
        (func.lower(ADDRESS).in_(_FAILED_ADDRESSES), UNDELIVERED),
        else_=NOT_OPENED,
    )


LIST_STATE: Final = _choose_state(literal(OPENED))
STATE: Final = _choose_state(case((~HAS_OPEN_ITEM, COMPLETE), (HAS_BEGUN, UNDER_WAY), else_=OPENED))
_STATES_BY_NAME: Final = (
    select(Speaker.id, STATE)
    .where(Speaker.withdrawn_at.is_(None))
    .order_by(Speaker.name_sort_key, Speaker.id)
)


def select_ids(state: str) -> Select[tuple[int]]:
    """Select the speakers who take part and whose invitation has this state in the list."""
    return select(Speaker.id).where(Speaker.withdrawn_at.is_(None), LIST_STATE.in_([state]))


def group_ids() -> Mapping[str, Sequence[int]]:
    """Return the ids of the speakers who take part, by name, by state in the order of states."""
    found: dict[str, list[int]] = {state: [] for state in STATES}
    for number, state in db.session.connection().execute(_STATES_BY_NAME):
        found[state].append(number)
    return found


def find_ids(search: str) -> Collection[int]:
    """Return the speakers who take part and whose name or address contains each word."""
    places = (Speaker.name_sort_key, func.lower(ADDRESS))
    words = [
        or_(*(place.contains(word, autoescape=True) for place in places))
        for word in sort_key(search).split()
    ]
    return set(db.session.scalars(select(Speaker.id).where(Speaker.withdrawn_at.is_(None), *words)))
