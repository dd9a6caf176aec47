"""The desk's read-only queries about delegates."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, bindparam, func, or_, select
from sqlalchemy.orm import load_only

from app.database import db
from app.delegates.answer_json import Answers, full_name
from app.delegates.delegate_record import MAX_SORT_KEY_LENGTH, identity_key, search_key
from app.delegates.fields import EMAIL
from app.delegates.models import Delegate, DelegateTag, LinkedAgenda
from app.delegates.queries import ATTENDING
from app.errors import NotFound, require
from app.mail.addresses import normalise_address
from app.mail.models import Email
from app.mail.queries import IS_FAILED, IS_WAITING
from app.programme.models import Speaker
from app.registration.groups.models import GroupMember, RegistrationGroup
from app.registration.session_bookings.models import SessionBooking
from app.registration.speaker_places.models import SpeakerPlace
from app.registration.speaker_places.queries import IS_SPEAKER

IS_NOT_ERASED = Delegate.erased_at.is_(None)
STATE_CONDITIONS: Final[Mapping[str, ColumnElement[bool]]] = {
    "attending": IS_NOT_ERASED & Delegate.cancelled_at.is_(None),
    "cancelled": IS_NOT_ERASED & Delegate.cancelled_at.is_not(None),
    "erased": Delegate.erased_at.is_not(None),
}
SORT_COLUMNS: Final = {
    "name": (Delegate.name_sort_key,),
    "registered": (Delegate.registered_at,),
    "country": (Delegate.country, Delegate.name_sort_key),
    "organisation": (Delegate.organisation_sort_key, Delegate.name_sort_key),
}


_labels = (
    select(DelegateTag.label)
    .where(DelegateTag.delegate_id == Delegate.id)
    .correlate(Delegate)
    .order_by(DelegateTag.label)
    .subquery()
)
TAG_LIST = select(func.aggregate_strings(_labels.c.label, ", ")).scalar_subquery()
_titles = (
    select(SessionBooking.title)
    .where(SessionBooking.delegate_id == Delegate.id)
    .correlate(Delegate)
    .order_by(SessionBooking.id)
    .subquery()
)
SEAT_LIST = select(func.aggregate_strings(_titles.c.title, ", ")).scalar_subquery()
HAS_AGREED = LinkedAgenda.emails_agreed_at.is_not(None)  # to emails about the sessions
MAX_SIMILAR = 10  # bookings that a warning lists
BY_REFERENCE = select(Delegate).where(Delegate.reference == bindparam("reference"))
LINKS = (
    select(Speaker, RegistrationGroup, LinkedAgenda)
    .select_from(Delegate)
    .outerjoin(SpeakerPlace, SpeakerPlace.delegate_id == Delegate.id)
    .outerjoin(Speaker, Speaker.id == SpeakerPlace.speaker_id)
    .outerjoin(GroupMember, GroupMember.delegate_id == Delegate.id)
    .outerjoin(RegistrationGroup, RegistrationGroup.id == GroupMember.group_id)
    .outerjoin(LinkedAgenda, LinkedAgenda.delegate_id == Delegate.id)
    .where(Delegate.id == bindparam("delegate_id"))
    .options(  # related rows that the page of a delegate shows
        load_only(Speaker.slug, Speaker.name),
        load_only(RegistrationGroup.organisation, RegistrationGroup.name),
        load_only(LinkedAgenda.emails_agreed_at),
    )
)
UNDELIVERED = (
    select(Email.booking_reference, Email.state)
    .where(
        Email.booking_reference.in_(bindparam("references", expanding=True)),
        IS_FAILED | IS_WAITING,
    )
    .distinct()
)


def get_delegate(reference: str) -> Delegate:
    """Return the delegate with a booking reference, normalised; raise NotFound if there is none."""
    found = db.session.scalar(BY_REFERENCE, {"reference": reference.strip().upper()})
    return require(found, NotFound("There is no booking with that reference"))


class DelegateLinks(NamedTuple):
    """What is linked to a booking; each may be missing."""

    speaker: Speaker | None
    group: RegistrationGroup | None
    agenda: LinkedAgenda | None


def find_links(delegate: Delegate) -> DelegateLinks:
    """Return the speaker, group and agenda of a booking, in one statement."""
    return DelegateLinks(*db.session.execute(LINKS, {"delegate_id": delegate.id}).one())


class DelegateRow(NamedTuple):
    """The columns of the list of delegates."""

    reference: str
    given_names: str
    family_name: str
    email: str
    organisation: str
    country: str
    registered_at: datetime
    cancelled_at: datetime | None
    erased_at: datetime | None
    id: int
    language: str
    category_id: int | None
    is_speaker: bool = False
    answers: tuple[str, ...] = ()  # as selected

    @property
    def full_name(self) -> str:
        """The name in the order in which it was given."""
        return f"{self.given_names} {self.family_name}".strip()


ROW_COLUMNS: Final[Sequence[ColumnElement[Any]]] = [
    *(Delegate.__table__.c[name] for name in DelegateRow._fields[:-2]),
    IS_SPEAKER,
]


def list_delegates(  # noqa: PLR0913 - conditions, order, page and columns
    conditions: Sequence[ColumnElement[bool]],
    sort: str,
    *,
    is_reversed: bool,
    offset: int,
    limit: int,
    answers: Sequence[ColumnElement[str]] = (),
) -> Sequence[DelegateRow]:
    """List the matching delegates, sorted, each with the selected answers."""
    order = (*SORT_COLUMNS[sort], Delegate.id)
    ordering = [column.desc() for column in order] if is_reversed else order
    page = select(Delegate.id).where(*conditions).order_by(*ordering)
    wanted = Delegate.id.in_(page.offset(offset).limit(limit).scalar_subquery())
    rows = select(*ROW_COLUMNS, *answers).where(wanted).order_by(*ordering)
    number = len(ROW_COLUMNS)
    found = db.session.execute(rows)
    return [DelegateRow._make([*row[:number], tuple(row[number:])]) for row in found]


def has_address(reference: str, address: str) -> bool:
    """Return True if an address, in lower case, is that of the delegate with a reference."""
    statement = select(Delegate.id).where(
        Delegate.reference == reference, Delegate.email_key == address
    )
    return bool(reference) and db.session.scalar(statement) is not None


def count_delegates(conditions: Sequence[ColumnElement[bool]]) -> int:
    """Count the matching delegates."""
    return db.session.scalar(select(func.count(Delegate.id)).where(*conditions)) or 0


def list_by_reference(references: Sequence[str]) -> Sequence[Delegate]:
    """List the delegates with these booking references, by name."""
    return db.session.scalars(
        select(Delegate)
        .where(Delegate.reference.in_(references))
        .order_by(Delegate.name_sort_key, Delegate.id)
    ).all()


def list_similar(answers: Answers) -> Sequence[Delegate]:
    """List bookings with the same email address or name, ignoring case and accents.

    Return None if one has both, since a person cannot register twice.
    """
    key = identity_key(full_name(answers), answers[EMAIL])
    if db.session.scalar(select(Delegate.id).where(ATTENDING, Delegate.identity_key == key)):
        return ()
    name = search_key(answers["family_name"], answers["given_names"])[:MAX_SORT_KEY_LENGTH]
    same_address = Delegate.identity_key.startswith(
        f"{normalise_address(answers[EMAIL])} ", autoescape=True
    )
    return db.session.scalars(
        select(Delegate)
        .where(IS_NOT_ERASED, or_(same_address, Delegate.name_sort_key == name))
        .order_by(Delegate.cancelled_at.is_not(None), Delegate.id)
        .limit(MAX_SIMILAR)
    ).all()


def get_undelivered(
    delegates: Sequence[DelegateRow], *conditions: ColumnElement[bool]
) -> Mapping[str, str]:
    """Map booking references to "failed" or "waiting" where such an email has not arrived."""
    references = [delegate.reference for delegate in delegates]
    rows = db.session.execute(UNDELIVERED.where(*conditions), {"references": references})
    return dict(sorted(rows.tuples(), key=lambda row: row[1], reverse=True))


def match_text(text: str) -> list[ColumnElement[bool]]:
    """Return the conditions that name, email, organisation or reference contain each word."""
    return [_has_text(word) for word in search_key(text).split()]


def _has_text(word: str) -> ColumnElement[bool]:
    """Return the condition that the search text contains a folded word."""
    find = func.instr if db.engine.dialect.name == "sqlite" else func.strpos
    position: ColumnElement[int] = find(Delegate.search_text, word)  # faster than LIKE
    return position > 0
