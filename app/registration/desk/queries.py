"""Read-only queries of the desk about delegates."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, false, func, literal, or_, select, union_all

from app.agenda.models import Star
from app.database import db
from app.errors import NotFound
from app.mail.models import Email
from app.mail.queries import IS_FAILED, IS_WAITING
from app.programme.models import Session, Speaker
from app.questions.definitions import CHOICE, CONSENT, SEVERAL, YES_NO
from app.registration import custom_questions
from app.registration.delegate_record import (
    MAX_SORT_KEY_LENGTH,
    fold,
    identity_key,
    search_key,
)
from app.registration.fields import EMAIL
from app.registration.groups.models import GroupMember, RegistrationGroup
from app.registration.groups.queries import is_of_group, select_choices
from app.registration.models import Delegate, DelegateAnswer, DelegateTag, LinkedAgenda
from app.registration.queries import ATTENDING, Answers, full_name
from app.registration.session_bookings.models import SessionBooking
from app.registration.speaker_places.models import SpeakerPlace
from app.registration.speaker_places.queries import IS_SPEAKER

Row = TypeVar("Row", bound=tuple[Any, ...])

EMAIL_CONDITIONS: Final = {"failed": IS_FAILED, "waiting": IS_WAITING}
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
ANY: Final = "any"  # session, as a filter
NO_CATEGORY: Final = "none"  # the value of the filter for delegates without a category
MAX_SUGGESTIONS: Final = 100  # organisations that the filter suggests
MAX_SIMILAR = 10  # bookings that a warning lists


@dataclass(frozen=True)
class DelegateFilter:
    """The filters of the list of delegates; an empty value does not filter."""

    text: str = ""  # words, each contained in name, email, organisation or reference
    state: str = ""
    day: str = ""  # ISO
    country: str = ""
    email_state: str = ""  # failed or waiting
    added_by: str = ""
    tag: str = ""
    language: str = ""
    follows: str = ""  # the key of a session, or ANY
    category: str = ""  # its number, or NO_CATEGORY
    answers: Sequence[tuple[str, str]] = ()  # name of a question, and one of its answers
    speaker: str = ""  # whether it is a speaker’s: yes or no
    session: str = ""  # the key of one in which they have a seat
    organisation: str = ""  # a part of its name
    group: str = ""  # the number of the group in which they were registered
    references: Sequence[str] | None = None  # of those that were ticked; None: whichever match


def get_delegate(reference: str) -> Delegate:
    """Return the delegate with a booking reference, however it was typed; raise NotFound."""
    found = db.session.scalar(
        select(Delegate).where(Delegate.reference == reference.strip().upper())
    )
    if found is None:
        raise NotFound("There is no booking with that reference")
    return found


class DelegateLinks(NamedTuple):
    """What belongs to a booking elsewhere; each may be missing."""

    speaker: Speaker | None
    group: RegistrationGroup | None
    agenda: LinkedAgenda | None


def find_links(delegate: Delegate) -> DelegateLinks:
    """Return the speaker, group and agenda of a booking, in one statement."""
    found = (
        select(Speaker, RegistrationGroup, LinkedAgenda)
        .select_from(Delegate)
        .outerjoin(SpeakerPlace, SpeakerPlace.delegate_id == Delegate.id)
        .outerjoin(Speaker, Speaker.id == SpeakerPlace.speaker_id)
        .outerjoin(GroupMember, GroupMember.delegate_id == Delegate.id)
        .outerjoin(RegistrationGroup, RegistrationGroup.id == GroupMember.group_id)
        .outerjoin(LinkedAgenda, LinkedAgenda.delegate_id == Delegate.id)
        .where(Delegate.id == delegate.id)
    )
    return DelegateLinks(*db.session.execute(found).one())


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
    answers: tuple[str, ...] = ()  # as they were selected

    @property
    def full_name(self) -> str:
        """The name in the order in which it was given."""
        return f"{self.given_names} {self.family_name}".strip()


ROW_COLUMNS: Final[Sequence[ColumnElement[Any]]] = [
    *(Delegate.__table__.c[name] for name in DelegateRow._fields[:-2]),
    IS_SPEAKER,
]


def list_delegates(  # noqa: PLR0913 - filters, order, page and columns
    filters: DelegateFilter,
    sort: str,
    *,
    is_reversed: bool,
    offset: int,
    limit: int,
    answers: Sequence[ColumnElement[str]] = (),
) -> Sequence[DelegateRow]:
    """List the matching delegates, sorted, with the answers that are selected for each."""
    order = (*SORT_COLUMNS[sort], Delegate.id)
    ordering = [one.desc() for one in order] if is_reversed else order
    page = apply_filter(select(Delegate.id), filters).order_by(*ordering)
    wanted = Delegate.id.in_(page.offset(offset).limit(limit).scalar_subquery())
    rows = select(*ROW_COLUMNS, *answers).where(wanted).order_by(*ordering)
    number = len(ROW_COLUMNS)
    found = db.session.execute(rows)
    return [DelegateRow._make([*row[:number], tuple(row[number:])]) for row in found]


def has_address(reference: str, address: str) -> bool:
    """Return True if the delegate with a booking reference has an address, in lower case."""
    such = select(Delegate.id).where(Delegate.reference == reference, Delegate.email_key == address)
    return bool(reference) and db.session.scalar(such) is not None


def count_delegates(filters: DelegateFilter) -> int:
    """Count the matching delegates."""
    return db.session.scalar(apply_filter(select(func.count(Delegate.id)), filters)) or 0


def list_by_reference(references: Sequence[str]) -> Sequence[Delegate]:
    """List the delegates with these booking references, by name."""
    return db.session.scalars(
        select(Delegate)
        .where(Delegate.reference.in_(references))
        .order_by(Delegate.name_sort_key, Delegate.id)
    ).all()


def list_similar(answers: Answers) -> Sequence[Delegate]:
    """List bookings with the same email address or the same name, ignoring case and accents.

    None if there is one with both: nobody can be registered twice.
    """
    key = identity_key(full_name(answers), answers[EMAIL])
    if db.session.scalar(select(Delegate.id).where(ATTENDING, Delegate.identity_key == key)):
        return ()
    name = search_key(answers["family_name"], answers["given_names"])[:MAX_SORT_KEY_LENGTH]
    same_address = Delegate.identity_key.startswith(f"{fold(answers[EMAIL])} ", autoescape=True)
    return db.session.scalars(
        select(Delegate)
        .where(IS_NOT_ERASED, or_(same_address, Delegate.name_sort_key == name))
        .order_by(Delegate.cancelled_at.is_not(None), Delegate.id)
        .limit(MAX_SIMILAR)
    ).all()


class FollowedSession(NamedTuple):
    """A session that delegates follow who agreed to emails about it."""

    key: str
    title: str


@dataclass(frozen=True)
class FilterChoices:
    """What filters of the list offer, each in its order."""

    countries: Sequence[str]
    sessions: Sequence[FollowedSession]
    organisations: Sequence[str]  # those of most delegates, by name
    groups: Sequence[tuple[str, str]]  # number and title


def list_choices() -> FilterChoices:
    """List the countries, organisations and groups of delegates, and the sessions they follow.

    They follow the sessions of an agenda that is saved with the booking, and count only if they
    agreed to emails about them.
    """
    countries = select(literal("country"), literal(""), Delegate.country)
    followed = select(literal("session"), Session.key, Session.title)
    followed = followed.join(Star, Star.session_key == Session.key)
    followed = followed.join(LinkedAgenda, LinkedAgenda.agenda_id == Star.agenda_id)
    parts = (
        countries.where(Delegate.country != "").distinct(),
        followed.where(HAS_AGREED).distinct(),
        _select_organisations(),
        select_choices(),
    )
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for kind, key, text in db.session.execute(union_all(*parts)).tuples():
        found[kind].append((key, text))
    return FilterChoices(
        [text for _, text in found["country"]],
        sorted((FollowedSession(*one) for one in found["session"]), key=lambda one: one.title),
        [name for _, name in sorted(found["organisation"])],
        sorted(found["group"], key=lambda one: (one[1].casefold(), int(one[0]))),
    )


def _select_organisations() -> Select[tuple[str, str, str]]:
    """Select the organisations of most delegates, each once however it is spelt."""
    key, name = Delegate.organisation_sort_key, func.min(Delegate.organisation).label("name")
    most = select(key.label("key"), name).where(key != "").group_by(key)
    most_often = most.order_by(func.count().desc(), key).limit(MAX_SUGGESTIONS).subquery()
    return select(literal("organisation"), most_often.c.key, most_often.c.name)


def get_undelivered(delegates: Sequence[DelegateRow]) -> Mapping[str, str]:
    """Map booking references to "failed" or "waiting" where an email has not arrived."""
    is_of_booking = Email.booking_reference.in_([one.reference for one in delegates])
    rows = db.session.execute(
        select(Email.booking_reference, Email.state)
        .where(is_of_booking, IS_FAILED | IS_WAITING)
        .distinct()
    )
    return dict(sorted(rows.tuples(), key=lambda row: row[1], reverse=True))


def apply_filter(statement: Select[Row], filters: DelegateFilter) -> Select[Row]:
    """Add the conditions of the filters to a statement about delegates."""
    return statement.where(*list_conditions(filters))


def list_conditions(filters: DelegateFilter) -> list[ColumnElement[bool]]:
    """Return the conditions of the filters."""
    words = search_key(filters.text).split()
    conditions = [_has_text(word) for word in words]
    if filters.references is not None:
        conditions.append(Delegate.reference.in_(filters.references))
    if filters.added_by:
        conditions.append(Delegate.is_added_by_team.is_(True))
    conditions += [_has_answer(name, answer) for name, answer in filters.answers]
    chosen = ((build, getattr(filters, name)) for name, build in FILTER_CONDITIONS.items())
    return conditions + [build(value) for build, value in chosen if value]


def _has_text(word: str) -> ColumnElement[bool]:
    """Return the condition that the search finds a word, which is folded as its text is."""
    find = func.instr if db.engine.dialect.name == "sqlite" else func.strpos
    position: ColumnElement[int] = find(Delegate.search_text, word)  # faster than LIKE
    return position > 0


def _has_email(state: str) -> ColumnElement[bool]:
    references = select(Email.booking_reference).where(EMAIL_CONDITIONS[state])
    return Delegate.reference.in_(references)


def _follows(key: str) -> ColumnElement[bool]:
    rows = select(LinkedAgenda.delegate_id).where(HAS_AGREED)
    if key != ANY:
        stars = select(Star.agenda_id).where(Star.session_key == key)
        rows = rows.where(LinkedAgenda.agenda_id.in_(stars))
    return Delegate.id.in_(rows)


def _has_tag(label: str) -> ColumnElement[bool]:
    return Delegate.id.in_(select(DelegateTag.delegate_id).where(DelegateTag.label == label))


def _has_category(number: str) -> ColumnElement[bool]:
    return Delegate.category_id == (None if number == NO_CATEGORY else int(number))


def _has_answer(name: str, answer: str) -> ColumnElement[bool]:
    """Return the condition that an answer is this one, or that this is one of several chosen."""
    question = custom_questions.get_by_name().get(name)
    if question is None:
        return false()
    kinds = (CHOICE, SEVERAL, YES_NO, CONSENT)
    versions = [one.id for one in question.versions if one.kind in kinds]
    chosen = literal(" ") + DelegateAnswer.value + literal(" ")
    return Delegate.id.in_(
        select(DelegateAnswer.delegate_id).where(
            DelegateAnswer.question_id == question.id,
            DelegateAnswer.version_id.in_(versions),
            chosen.contains(f" {answer} ", autoescape=True),
        )
    )


def _has_seat(session_key: str) -> ColumnElement[bool]:
    booked = select(SessionBooking.delegate_id).where(SessionBooking.session_key == session_key)
    return Delegate.id.in_(booked)


def _is_of_organisation(part: str) -> ColumnElement[bool]:
    """Return the condition that an organisation's name has this part, ignoring case and accents.

    What follows the first ``MAX_SORT_KEY_LENGTH`` characters is only in what the search reads.
    """
    typed, stored = search_key(part), Delegate.organisation_sort_key
    if not typed:  # nothing but accents, which must not find everybody
        return false()
    is_cut = func.length(stored) == MAX_SORT_KEY_LENGTH
    cut_off = func.replace(Delegate.search_text, stored, "\n")  # which the text itself never has
    escaped = typed.replace("/", "//").replace("%", "/%").replace("_", "/_")
    in_rest = is_cut & cut_off.like(f"%\n%{escaped}%", escape="/")
    return stored.contains(typed, autoescape=True) | in_rest


FILTER_CONDITIONS: Final[Mapping[str, Callable[[str], ColumnElement[bool]]]] = {
    "state": STATE_CONDITIONS.__getitem__,
    "day": lambda day: Delegate.days.contains(day, autoescape=True),
    "country": lambda code: Delegate.country == code,
    "email_state": _has_email,
    "tag": _has_tag,
    "language": lambda code: Delegate.language == code,
    "follows": _follows,
    "category": _has_category,
    "session": _has_seat,
    "organisation": _is_of_organisation,
    "speaker": {"yes": IS_SPEAKER, "no": ~IS_SPEAKER}.__getitem__,
    "group": is_of_group,
}
