"""Who is notified of which changes: one row per person, in a fixed number of queries.

Delegates are notified of changes of sessions they follow and, if a change concerns a whole day, of
changes on the days they attend; an organiser can include everyone who attends on the day of a
changed session. A delegate follows a session if they have booked a seat in it, or have it in an
agenda linked to their booking, which requires the link from an email, so the address is theirs.
Speakers and their assistants are notified as well (``notice_speakers``); a speaker who is also a
delegate is one person, by their address. People are not notified of changes they know: their own
requests and, for delegates, those that were public when they registered, booked the seat or last
changed their agenda.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Any, Final

from sqlalchemy import (
    CompoundSelect,
    Row,
    Select,
    String,
    func,
    literal,
    or_,
    select,
    union_all,
)

from app.agenda.models import Agenda, Star
from app.database import UtcDateTime, db
from app.delegates.models import Delegate, LinkedAgenda
from app.delegates.queries import ATTENDING
from app.mailings import notice_speakers, recipients
from app.mailings.notice_changes import FOR_SPEAKERS, MOVED, RENAMED, ROOM, NoticeChange
from app.mailings.notice_speakers import SpeakerNews
from app.proposals.known_changes import KnownChange
from app.registration.session_bookings.models import SessionBooking
from app.registration.session_seats import SESSION_PREFIX, session_limit
from app.registration.waiting_list.models import WaitingListEntry
from app.web import languages

COLUMNS: Final = (
    Delegate.id,
    Delegate.reference,
    Delegate.given_names,
    Delegate.family_name,
    Delegate.email,
    Delegate.language,
    Delegate.days,
    Delegate.registered_at,
)
REMEMBERED: Final = frozenset({MOVED, ROOM, RENAMED})  # changes of values that an agenda stores


@dataclass(frozen=True)
class NoticeRecipient:
    """A delegate, or a speaker or assistant without a booking, and their changes."""

    delegate_id: int | None
    reference: str
    name: str
    email: str
    language: str
    changes: tuple[NoticeChange, ...]
    followed: frozenset[str]  # the keys of these sessions that they follow
    optional: frozenset[str]  # the ids of changes that concern only sessions they follow
    by_day: frozenset[str] = frozenset()  # changes that concern them only by their days
    person_id: int | None = None  # of a speaker or assistant without a booking
    own: frozenset[str] = frozenset()  # changes that concern them as a speaker
    sessions_left: frozenset[str] = frozenset()  # the keys of those in which they no longer speak

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The ids of the changes."""
        return tuple(change.id for change in self.changes)

    def join(self, other: "NoticeRecipient") -> "NoticeRecipient":
        """Merge with another person's changes."""
        more = tuple(change for change in self.changes if change.id not in other.ids)
        return replace(
            other,
            changes=(*other.changes, *more),
            followed=other.followed | self.followed,
            own=other.own | self.own,
            sessions_left=other.sessions_left | self.sessions_left,
            optional=(other.optional | self.optional)
            - (frozenset(other.ids) - other.optional)
            - (frozenset(self.ids) - self.optional),
        )

    def without(self, excluded: Collection[str]) -> "NoticeRecipient":
        """Leave out changes by their ids."""
        if not set(excluded).intersection(self.ids):
            return self
        remaining = tuple(change for change in self.changes if change.id not in excluded)
        keys = {change.key for change in remaining}
        return replace(
            self,
            changes=remaining,
            followed=self.followed & keys,
            own=self.own - set(excluded),
            sessions_left=self.sessions_left & keys,
        )


@dataclass(frozen=True)
class _KnownDetails:
    """A followed session as it was when the person last looked, and when the agenda changed.

    Without a title only the time is known, such as that of a booking. A seat is part of the
    booking, so unsubscribing does not stop notices about it.
    """

    changed_at: datetime
    title: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    room: str
    is_seat: bool

    def covers(self, change: NoticeChange, public_since: datetime) -> bool:
        """Return True if the person has seen this change since it became public."""
        if change.new is None or self.changed_at <= public_since:
            return False
        if self.title is None:
            return True
        if change.kind == RENAMED:
            return self.title == change.new.title
        room = change.new.room.name if change.new.room else ""
        return (self.starts_at, self.ends_at, self.room) == (
            change.new.starts_at,
            change.new.ends_at,
            room,
        )


Followed = Mapping[int, Mapping[str, _KnownDetails]]  # by delegate and session


def _select_stars(keys: Collection[str]) -> Select[Any]:
    stars = select(
        LinkedAgenda.delegate_id,
        Star.session_key,
        Agenda.changed_at,
        *(Star.title, Star.starts_at, Star.ends_at, Star.room),
        literal(value=False),
    )
    stars = stars.join(Agenda, Agenda.id == LinkedAgenda.agenda_id)
    return stars.join(Star, Star.agenda_id == Agenda.id).where(Star.session_key.in_(keys))


def select_interest(delegate_id: Any, session_key: Any, since: Any) -> Select[Any]:
    """Select who has a seat in a session, for which no known details are stored."""
    unknown = (literal(None, type_) for type_ in (String, UtcDateTime, UtcDateTime, String))
    return select(delegate_id, session_key, since, *unknown, literal(value=True))


def _select_seats(keys: Collection[str]) -> Select[Any]:
    seats = select_interest(
        SessionBooking.delegate_id, SessionBooking.session_key, SessionBooking.booked_at
    )
    return seats.where(SessionBooking.session_key.in_(keys))


def _select_waits(keys: Collection[str]) -> Select[Any]:
    waits = WaitingListEntry
    key = func.substr(waits.scope, len(SESSION_PREFIX) + 1)
    wanted = waits.scope.in_([session_limit(one) for one in keys])
    interest = select_interest(waits.delegate_id, key, waits.joined_at)
    return interest.where(waits.ended_at.is_(None), waits.delegate_id.is_not(None), wanted)


# Sources of followers, regardless of their days: each returns the rows about sessions with some
# keys.
INTERESTS: list[Callable[[Collection[str]], Select[Any]]] = [
    _select_stars,
    _select_seats,
    _select_waits,
]


def list_recipients(
    changes: Sequence[NoticeChange],
    public_since: datetime,
    known: Collection[KnownChange],
    *,
    includes_days: bool = False,
) -> Sequence[NoticeRecipient]:
    """List the people to notify of these changes, by name.

    ``public_since`` is when the newest of them became public, ``known`` is what speakers know
    because they requested it. People who have unsubscribed get only the changes on days they
    attend, and of sessions they speak in. With ``includes_days`` people whom changes concern only
    by the day of a session are included.
    """
    if not includes_days:
        changes = [replace(change, session_days=frozenset()) for change in changes]
    if not changes:
        return []
    own = dict(notice_speakers.map_news(changes, known))
    general = [change for change in changes if change.kind not in FOR_SPEAKERS]
    followed = _load_followed({change.key for change in general if change.is_of_session})
    senders = {known_change.email for known_change in known}
    found = []
    for row in _load_delegates(general, followed, includes_speakers=bool(own)):
        follows = followed.get(row.id, {})
        news = tuple(_iter_news(general, row, follows, public_since))
        if row.email.lower() in senders:
            news = tuple(one for one in news if not notice_speakers.is_known(one, row.email, known))
        own_news = own.pop(recipients.to_key(row.email), None)
        if news or own_news:
            found.append(_join_news(changes, _build(row, news, follows), own_news))
    concerned = [one for one in _exclude_unsubscribed(found) if one.changes]
    concerned += map(_build_speaker, own.values())
    return sorted(
        concerned,
        key=lambda one: (one.name.casefold(), one.delegate_id or 0, one.person_id or 0),
    )


def _exclude_unsubscribed(found: Sequence[NoticeRecipient]) -> Iterator[NoticeRecipient]:
    keys = {recipients.to_key(recipient.email) for recipient in found if recipient.optional}
    blocked = recipients.exclusion_reasons(keys, is_essential=False) if keys else {}
    anyway = recipients.exclusion_reasons(set(blocked), is_essential=True) if blocked else {}
    for one in found:
        key = recipients.to_key(one.email) if blocked else ""
        yield one.without(one.optional) if key in blocked and key not in anyway else one


def _load_followed(keys: Collection[str]) -> Followed:
    """Load who follows which of these sessions, with the details they know."""
    found: dict[int, dict[str, _KnownDetails]] = {}
    for number, key, *details in db.session.execute(_select_interests(keys)) if keys else ():
        known = _KnownDetails(*details)
        before = found.setdefault(number, {}).get(key)
        newest = known if before is None or before.changed_at < known.changed_at else before
        is_seat = known.is_seat or (before is not None and before.is_seat)
        found[number][key] = replace(newest, is_seat=is_seat)
    return found


def _select_interests(keys: Collection[str]) -> CompoundSelect[Any] | Select[Any]:
    selects = [select_rows(keys) for select_rows in INTERESTS]
    return union_all(*selects) if len(selects) > 1 else selects[0]


def _load_delegates(
    changes: Sequence[NoticeChange], followed: Followed, *, includes_speakers: bool
) -> Iterable[Row[Any]]:
    """Load the delegates any of the changes may concern, and those who speak or assist."""
    days = frozenset[date]().union(*(change.days | change.session_days for change in changes))
    keys = {change.key for change in changes if change.is_of_session}
    concerned = [Delegate.days.contains(day.isoformat()) for day in sorted(days)]
    if followed:
        interests = _select_interests(keys).subquery()
        concerned.append(Delegate.id.in_(select(interests.c[0])))
    if includes_speakers:
        concerned.append(Delegate.email_key.in_(notice_speakers.EMAILS))
    if not concerned:
        return ()
    rows = select(*COLUMNS).where(ATTENDING, or_(*concerned))
    return db.session.execute(rows.order_by(Delegate.id))


def _iter_news(
    changes: Iterable[NoticeChange],
    row: Row[Any],
    follows: Mapping[str, _KnownDetails],
    public_since: datetime,
) -> Iterator[NoticeChange]:
    """Yield the changes that concern a person and are new to them."""
    days = _parse_days(row.days)
    is_new = row.registered_at > public_since
    for change in changes:
        known = follows.get(change.key) if change.is_of_session else None
        concerns = known is not None or not days.isdisjoint(change.days | change.session_days)
        is_known = (
            known.covers(change, public_since) if known and change.kind in REMEMBERED else is_new
        )
        if concerns and not is_known:
            yield change


@lru_cache(maxsize=1000)
def _parse_days(days: str) -> frozenset[date]:
    return frozenset(map(date.fromisoformat, days.split()))


def _build(
    row: Row[Any], news: tuple[NoticeChange, ...], follows: Mapping[str, _KnownDetails]
) -> NoticeRecipient:
    days = _parse_days(row.days)
    seats = {key for key, known in follows.items() if known.is_seat}
    other_days = [change for change in news if not days & change.days]
    return NoticeRecipient(
        delegate_id=row.id,
        reference=row.reference,
        name=f"{row.given_names} {row.family_name}".strip(),
        email=row.email,
        language=row.language,
        changes=news,
        followed=frozenset(change.key for change in news if change.key in follows),
        optional=frozenset(change.id for change in other_days if change.key not in seats),
        by_day=frozenset(change.id for change in other_days if change.key not in follows),
    )


def _join_news(
    changes: Sequence[NoticeChange], one: NoticeRecipient, own: SpeakerNews | None
) -> NoticeRecipient:
    """Add the changes a delegate gets as a speaker."""
    if own is None:
        return one
    ids = own.ids | set(one.ids)
    return replace(
        one,
        changes=tuple(change for change in changes if change.id in ids),
        followed=one.followed | own.sessions,
        optional=one.optional - own.ids,
        by_day=one.by_day - own.ids,
        own=own.ids,
        sessions_left=own.sessions_left - one.followed,
    )


def _build_speaker(news: SpeakerNews) -> NoticeRecipient:
    return NoticeRecipient(
        delegate_id=None,
        person_id=news.contact.person_id,
        reference="",
        name=news.contact.name,
        email=news.contact.email,
        language=languages.SOURCE_LANGUAGE,
        changes=news.changes,
        followed=news.sessions,
        optional=frozenset(),
        own=news.ids,
        sessions_left=news.sessions_left,
    )


def count_by_change(recipients: Iterable[NoticeRecipient]) -> Mapping[str, int]:
    """Count the people for each change, by its id."""
    counts: dict[str, int] = {}
    for recipient in recipients:
        for number in recipient.ids:
            counts[number] = counts.get(number, 0) + 1
    return counts
