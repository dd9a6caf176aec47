"""What a new release changed for speakers: emails about it, and cancellations in their calendars.

Calendar applications keep entries that are merely missing from a feed. So when the worker finds a
new release, it stores from which sessions a speaker was removed, and deletes that if they return.

Whoever asked for a change was told that it was approved, and is not told of it again.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from flask_babel import gettext
from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload

from app.accounts.models import Person
from app.database import db, lock_table
from app.mail import rendering
from app.mail.rendering import RenderedEmail
from app.programme import snapshot
from app.programme.models import Conference, Release, Speaker
from app.programme.snapshot import Appearance, Session, Snapshot
from app.proposals.known_changes import KnownChange, list_known_changes
from app.releases import diff_text
from app.releases.comparison import SCHEDULE_FIELDS, Comparison, Modified, compare
from app.releases.diff_text import DiffRow
from app.releases.queries import ReleasePreview
from app.speakers import emails, queries
from app.speakers.models import LastNotifiedRelease, RemovedAppearance, SpeakerAccess

AppearanceKeys = set[tuple[int, str]]  # speaker id, session key


def record_removed(old: Snapshot, new: Snapshot) -> None:
    """Store the appearances that are in `old` but not in `new`, within one conference."""
    if old.conference.acronym != new.conference.acronym:
        db.session.execute(delete(RemovedAppearance))
        return
    ids = dict(db.session.execute(select(Speaker.key, Speaker.id)).tuples().all())
    now = _appearance_keys(new, ids)
    gone = _appearance_keys(old, ids) - now
    for row in db.session.scalars(select(RemovedAppearance)):
        gone.discard((row.speaker_id, row.session_key))
        if (row.speaker_id, row.session_key) in now:
            db.session.delete(row)
    db.session.add_all(
        RemovedAppearance(speaker_id=speaker, session_key=session) for speaker, session in gone
    )


def list_removed_from(speaker: Speaker) -> set[str]:
    """Return the keys of the sessions from which a speaker was removed."""
    such = RemovedAppearance.speaker_id == speaker.id
    return set(db.session.scalars(select(RemovedAppearance.session_key).where(such)))


def _appearance_keys(document: Snapshot, ids: dict[str, int]) -> AppearanceKeys:
    keys = {one.slug: one.key or one.slug for one in document.speakers}
    return {
        (ids[keys[part.slug]], session.key)
        for session in document.sessions
        for part in session.parts
        if keys.get(part.slug) in ids
    }


@dataclass(frozen=True)
class NotifiedChange:
    """A session or a profile that a release changed."""

    heading: str
    rows: Sequence[DiffRow]


@dataclass(frozen=True)
class AlteredItem:
    """The same, before anybody needs it in words: a release may change a thousand sessions."""

    heading: str
    altered: Modified[Any]
    has_new_state: bool = False  # it is cancelled, or takes place after all

    def describe(self) -> NotifiedChange:
        """Return it in words."""
        state = [_state_row(self.altered)] if self.has_new_state else []
        return NotifiedChange(self.heading, [*state, *diff_text.build_rows(self.altered)])

    def without(self, known: Collection[KnownChange], email: str) -> "AlteredItem":
        """Leave out the fields that somebody knows."""
        old, new = self.altered.old, self.altered.new
        about = (email, "session" if isinstance(new, Session) else "speaker", new.key)
        left = (one for one in self.altered.fields if KnownChange(*about, one.name) not in known)
        return replace(self, altered=Modified(old, new, tuple(left)))


@dataclass
class SpeakerChanges:
    """What a release changed for one speaker."""

    moved: list[AlteredItem] = field(default_factory=list)
    changed: list[AlteredItem] = field(default_factory=list)
    is_removed: bool = False


@dataclass(frozen=True)
class PendingEmail:
    """An email about a release, to somebody with access to a speaker's pages."""

    template: str  # name of the template
    access: SpeakerAccess
    changes: Sequence[NotifiedChange]


class Addressee(NamedTuple):
    """Somebody with access to a speaker's pages who gets an email."""

    access_id: int
    slug: str  # of the speaker
    name: str  # of the speaker
    email: str
    is_assistant: bool
    has_withdrawn: bool  # so they know already that they are no longer in the programme


@dataclass(frozen=True)
class PendingKind:
    """The emails of one type about a release: all who get one, and the first of them."""

    people: Sequence[Addressee]
    first: PendingEmail


def notify_of_release() -> None:
    """Email speakers about the current release, unless that has been done."""
    number = db.session.scalar(select(Conference.current_release))
    if number is None or number == _last_notified_number():
        return
    lock_table(LastNotifiedRelease)
    last_number = _last_notified_number()
    if number == last_number:
        return
    if last_number is None:
        db.session.add(LastNotifiedRelease(id=1, number=number))
        return
    db.session.get_one(LastNotifiedRelease, 1).number = number
    old, new = _load_snapshot(last_number), _load_snapshot(number)
    record_removed(old, new)
    if old.conference.acronym != new.conference.acronym:
        return
    known = list_known_changes(last_number, number)
    found = list(_iter_addressees(_changes_by_speaker(compare(old, new)), known))
    accesses = _load_accesses({one.access_id for one, _, _ in found})
    for addressee, template, items in found:
        one = _build_email(template, accesses[addressee.access_id], items)
        emails.send_release_notification(one.template, one.access, one.changes)


def list_pending_emails(release: ReleasePreview) -> Sequence[PendingKind]:
    """Return the emails that publishing would cause, grouped by type; none if it is another's.

    Only the first of each type is loaded and put into words.
    """
    if release.public.conference.acronym != release.working.conference.acronym:
        return []
    changes_by_slug = _changes_by_speaker(release.comparison)
    known = list_known_changes(release.current_number)
    people: dict[str, list[Addressee]] = {}
    items: dict[str, Sequence[AlteredItem]] = {}
    for one, template, altered in _iter_addressees(changes_by_slug, known):
        people.setdefault(template, []).append(one)
        items.setdefault(template, altered)
    accesses = _load_accesses([found[0].access_id for found in people.values()])
    return [
        PendingKind(found, _build_email(template, accesses[found[0].access_id], items[template]))
        for template, found in people.items()
    ]


def preview(pending: PendingEmail) -> RenderedEmail:
    """Render an email as its recipient would get it."""
    return rendering.render_email(
        pending.template, "en", emails.release_context(pending.access, pending.changes)
    )


def _last_notified_number() -> int | None:
    return db.session.scalar(select(LastNotifiedRelease.number))


def _load_snapshot(number: int) -> Snapshot:
    return snapshot.load(db.session.get_one(Release, number).snapshot)


def _changes_by_speaker(comparison: Comparison) -> Mapping[str, SpeakerChanges]:
    """Return the changes by the speaker's slug."""
    changes_by_slug: dict[str, SpeakerChanges] = {}
    for slug, moved, changed in (*_session_changes(comparison), *_profile_changes(comparison)):
        changes = changes_by_slug.setdefault(slug, SpeakerChanges())
        changes.moved += moved
        changes.changed += changed
    for speaker in comparison.speakers.withdrawn:
        changes_by_slug.setdefault(speaker.slug, SpeakerChanges()).is_removed = True
    return changes_by_slug


SlugAndChanges = tuple[str, list[AlteredItem], list[AlteredItem]]


def _session_changes(comparison: Comparison) -> Iterator[SlugAndChanges]:
    for altered in comparison.sessions.modified:
        title = altered.new.title
        has_new_state = altered.old.is_cancelled != altered.new.is_cancelled
        moved = _pick(altered, of_place_and_time=True)
        changed = _pick(altered, of_place_and_time=False)
        for part in _slugs(altered.new.parts, altered.old.parts):
            yield (
                part,
                [AlteredItem(title, moved)] if moved.fields else [],
                [AlteredItem(title, changed, has_new_state)]
                if changed.fields or has_new_state
                else [],
            )


def _profile_changes(comparison: Comparison) -> Iterator[SlugAndChanges]:
    for altered in comparison.speakers.modified:
        yield altered.new.slug, [], [AlteredItem(gettext("Your profile"), altered)]


def _pick(altered: Modified[Any], *, of_place_and_time: bool) -> Modified[Any]:
    """Return either the changes of time and place, or the others."""
    fields = tuple(
        one for one in altered.fields if (one.name in SCHEDULE_FIELDS) is of_place_and_time
    )
    return Modified(altered.old, altered.new, fields)


def _state_row(altered: Modified[Any]) -> DiffRow:
    states = (gettext("takes place"), gettext("cancelled"))
    return DiffRow(
        gettext("State"), states[altered.old.is_cancelled], states[altered.new.is_cancelled]
    )


def _slugs(*appearance_lists: Sequence[Appearance]) -> dict[str, None]:
    return dict.fromkeys(part.slug for parts in appearance_lists for part in parts)


def _iter_addressees(
    changes_by_slug: Mapping[str, SpeakerChanges], known: Collection[KnownChange]
) -> Iterator[tuple[Addressee, str, Sequence[AlteredItem]]]:
    """Yield who gets an email, of which type, and about what."""
    rows = db.session.execute(
        select(
            SpeakerAccess.id,
            Speaker.slug,
            Speaker.name,
            Person.email,
            SpeakerAccess.is_assistant,
            queries.HAS_WITHDRAWN,
        )
        .join(Speaker, Speaker.id == SpeakerAccess.speaker_id)
        .join(Person, Person.id == SpeakerAccess.person_id)
        .where(SpeakerAccess.revoked_at.is_(None), Speaker.slug.in_(changes_by_slug))
        .order_by(SpeakerAccess.id)
    )
    for one in map(Addressee._make, rows):
        changes = changes_by_slug[one.slug]
        if changes.is_removed and not one.has_withdrawn:
            yield one, emails.SPEAKER_REMOVED, ()
        if changes.is_removed:
            continue
        if changes.moved:
            yield one, emails.SESSION_MOVED, changes.moved
        if news := _list_news(changes.changed, known, one.email.lower()):
            yield one, emails.DETAILS_CHANGED, news


def _list_news(
    items: Sequence[AlteredItem], known: Collection[KnownChange], email: str
) -> Sequence[AlteredItem]:
    """Return what somebody does not know yet."""
    left = (one.without(known, email) for one in items)
    return [one for one in left if one.altered.fields or one.has_new_state]


def _load_accesses(numbers: Collection[int]) -> Mapping[int, SpeakerAccess]:
    rows = db.session.scalars(
        select(SpeakerAccess)
        .where(SpeakerAccess.id.in_(numbers))
        .options(
            joinedload(SpeakerAccess.person).load_only(Person.email),
            joinedload(SpeakerAccess.speaker).load_only(Speaker.slug, Speaker.name),
        )
    )
    return {one.id: one for one in rows}


def _build_email(
    template: str, access: SpeakerAccess, items: Sequence[AlteredItem]
) -> PendingEmail:
    return PendingEmail(template, access, [one.describe() for one in items])
