"""The speakers and their assistants to notify: everyone with access to their pages.

They are notified of all changes of their sessions and profiles, except those they made themselves,
which are news only to others with access to the same pages.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, SQLColumnExpression, select

from app.accounts.models import Person
from app.database import db
from app.mailings import recipients
from app.mailings.notice_changes import DETAILS, PROFILE, REMOVED, RENAMED, NoticeChange
from app.programme.models import Session, Speaker
from app.proposals.known_changes import KnownChange
from app.speakers.models import SpeakerAccess
from app.speakers.queries import HAS_WITHDRAWN, IS_ACTIVE

EMAILS = (
    select(Person.email).join(SpeakerAccess, SpeakerAccess.person_id == Person.id).where(IS_ACTIVE)
)


@dataclass(frozen=True)
class SpeakerContact:
    """A person with access to the pages of one or more speakers."""

    person_id: int
    email: str
    name: str  # their own if they speak, otherwise that of the first speaker they assist
    slugs: frozenset[str]
    withdrawn: frozenset[str]  # who withdrew, and so know that they were removed


@dataclass(frozen=True)
class SpeakerNews:
    """The changes a person gets as a speaker or assistant."""

    contact: SpeakerContact
    changes: tuple[NoticeChange, ...]

    @property
    def ids(self) -> frozenset[str]:
        """The ids of the changes."""
        return frozenset(change.id for change in self.changes)

    @property
    def sessions(self) -> frozenset[str]:
        """The keys of sessions in which they speak, where calendar entries have changed."""
        return self._keys - self.sessions_left

    @property
    def sessions_left(self) -> frozenset[str]:
        """The keys of sessions in which they no longer speak."""
        return frozenset(
            change.key
            for change in self.changes
            if change.key in self._keys
            and change.new
            and self.contact.slugs.isdisjoint(part.slug for part in change.new.parts)
        )

    @property
    def _keys(self) -> frozenset[str]:
        in_calendars = (
            change for change in self.changes if change.is_of_session and change.kind != DETAILS
        )
        return frozenset(change.key for change in in_calendars)


def map_news(
    changes: Sequence[NoticeChange], known: Collection[KnownChange]
) -> Mapping[str, SpeakerNews]:
    """Map normalised addresses to the changes that speakers and assistants get."""
    by_speaker: dict[str, list[tuple[int, NoticeChange]]] = {}
    for place, change in enumerate(changes):
        for slug in change.speaker_slugs:
            by_speaker.setdefault(slug, []).append((place, change))
    if not by_speaker:
        return {}
    found = {
        key: SpeakerNews(one, tuple(_iter_news(one, by_speaker, known)))
        for key, one in _load_contacts().items()
    }
    return {key: news for key, news in found.items() if news.changes}


def is_known(change: NoticeChange, email: str, known: Collection[KnownChange]) -> bool:
    """Return True if the person requested a change, and so knows it."""
    if not known:
        return False
    field = "title" if change.kind == RENAMED else change.field
    model = Speaker if change.kind == PROFILE else Session
    return KnownChange(email.lower(), model.__tablename__, change.key, field) in known


def _iter_news(
    contact: SpeakerContact,
    by_speaker: Mapping[str, Sequence[tuple[int, NoticeChange]]],
    known: Collection[KnownChange],
) -> Iterator[NoticeChange]:
    """Yield a person's changes in order; for a removed speaker only the removal."""
    found: dict[int, NoticeChange] = {}
    for slug in contact.slugs:
        speaker_changes = by_speaker.get(slug, ())
        removals = [(place, one) for place, one in speaker_changes if one.kind == REMOVED]
        if not removals:
            found.update(speaker_changes)
        elif slug not in contact.withdrawn:
            found.update(removals)
    for place in sorted(found):
        if not is_known(found[place], contact.email, known):
            yield found[place]


def _load_contacts() -> Mapping[str, SpeakerContact]:
    rows = db.session.execute(
        select(Person.id, Person.email, Speaker.slug, Speaker.name, HAS_WITHDRAWN)
        .join(SpeakerAccess, SpeakerAccess.person_id == Person.id)
        .join(Speaker, Speaker.id == SpeakerAccess.speaker_id)
        .where(IS_ACTIVE)
        .order_by(SpeakerAccess.is_assistant, Speaker.name_sort_key, SpeakerAccess.id)
    )
    found: dict[str, SpeakerContact] = {}
    for number, email, slug, name, has_withdrawn in rows:
        key = recipients.to_key(email)
        before = found.get(key, SpeakerContact(number, email, name, frozenset(), frozenset()))
        found[key] = SpeakerContact(
            before.person_id,
            before.email,
            before.name,
            before.slugs | {slug},
            before.withdrawn | ({slug} if has_withdrawn else set()),
        )
    return found


def list_emails(addresses: Collection[str]) -> Collection[str]:
    """List those of these addresses that have access to a speaker's pages, in lower case."""
    condition = Person.email.in_([address.lower() for address in addresses])
    return set(db.session.scalars(EMAILS.where(condition))) if addresses else ()


def list_without_access(changes: Sequence[NoticeChange]) -> Sequence[Speaker]:
    """List the speakers that changes concern and whose pages no one has access to."""
    slugs = {slug for change in changes for slug in change.speaker_slugs}
    access = select(SpeakerAccess.id).where(SpeakerAccess.speaker_id == Speaker.id, IS_ACTIVE)
    rows = select(Speaker).where(Speaker.slug.in_(slugs), ~access.exists())
    return db.session.scalars(rows.order_by(Speaker.name_sort_key, Speaker.id)).all()


def has_access(person_id: SQLColumnExpression[int | None]) -> ColumnElement[bool]:
    """Return the condition that a person still has access to a speaker's pages."""
    return person_id.in_(select(SpeakerAccess.person_id).where(IS_ACTIVE))


def matches(person_id: SQLColumnExpression[int | None], word: str) -> ColumnElement[bool]:
    """Return the condition that a word is in a person's email address or in a speaker's name."""
    access = select(SpeakerAccess.person_id).join(Speaker, Speaker.id == SpeakerAccess.speaker_id)
    named = access.where(IS_ACTIVE, Speaker.search_text.contains(word, autoescape=True))
    mailed = select(Person.id).where(Person.email.contains(word, autoescape=True))
    return person_id.in_(named) | person_id.in_(mailed)
