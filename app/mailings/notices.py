"""Notices of change: prepared when the public programme changes, sent only when approved.

A notice compares what people know with what is public now. Until it is approved or dropped, each
further release extends it, so that a session that moved and moved back is not mentioned. This
module sends nothing: ``create_mailing`` creates a draft, which an organiser sends like any other
mailing.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import select

from app import clock
from app.database import db, lock_table
from app.errors import RuleViolation, StaleEdit
from app.history import services as history
from app.mailings import (
    notice_changes,
    notice_mailing,
    notice_people,
    notice_queries,
    notice_speakers,
)
from app.mailings.models import Mailing, MailingRecipient
from app.mailings.notice_models import DROPPED, EMPTY, OPEN, ChangeNotice
from app.mailings.notice_queries import NoticeOverview, NoticeSpan, PublicState
from app.releases.models import ReleaseActivation


class StaleNotice(StaleEdit):
    """A release or another user has changed the notice since the page was opened."""

    message = (
        "The notice has changed since you opened the page, so nothing has been done. Check the "
        "changes and the people again"
    )


def prepare() -> None:
    """Update the open notice to the public state, or create one.

    It is called when something is published, and by the worker for scheduled releases, for mailings
    that were cancelled before they were sent, and for speakers who cancel their booking.
    """
    public = notice_queries.find_public_state()
    if public is None or _is_current(public, *notice_queries.load_notices()):
        return
    lock_table(ChangeNotice)
    newest, reopened = notice_queries.load_notices()
    if not _is_current(public, newest, reopened):
        _extend(newest, reopened, public)


def create_mailing(
    notice: ChangeNotice,
    chosen: Collection[str],
    *,
    includes_days: bool = False,
    expected_version: int,
    actor: str,
) -> Mailing:
    """Create a draft of the emails about the selected changes, or update the existing one.

    With ``includes_days`` they also go to everyone who attends on the day of a changed session.
    """
    _lock(notice, expected_version)
    overview = notice_queries.get_overview(notice)
    excluded = sorted(change.id for change in overview.changes if change.id not in chosen)
    overview = replace(overview, excluded=frozenset(excluded), includes_days=includes_days)
    if not overview.recipients:
        raise RuleViolation(
            "Select at least one change"
            if len(excluded) == len(overview.changes)
            else "Nobody follows the sessions you have selected. Select other changes, or notify "
            "everyone who attends on that day"
        )
    notice.excluded_changes, notice.includes_days = json.dumps(excluded), includes_days
    _store(notice, overview)
    notice.version += 1
    return notice_mailing.create_or_update(notice, overview.recipients, actor=actor)


def drop(notice: ChangeNotice, *, expected_version: int, actor: str) -> None:
    """Notify no one of these changes, now or later."""
    _lock(notice, expected_version)
    notice.state, notice.decided_by = DROPPED, actor
    notice.version += 1
    notice_mailing.delete(notice)
    notice_people.delete_all()
    history.record(
        f"Nobody is notified of the changes from release {notice.from_release} to "
        f"release {notice.to_release}",
        subject=f"release {notice.to_release}",
        actor=actor,
    )


def refresh_mailing(mailing: Mailing, recipients: Sequence[MailingRecipient]) -> None:
    """Prepare emails again for speakers who have cancelled their booking since it was scheduled.

    They get only the changes of what they speak in, as without a booking. The caller must have
    locked the mailing.
    """
    rows = notice_mailing.list_cancelled_speakers(mailing, recipients)
    notice = db.session.scalar(select(ChangeNotice).filter_by(mailing_id=mailing.id))
    if rows and notice is not None:
        overview = notice_queries.get_overview(notice)
        notice_mailing.rewrite(notice, rows, overview.recipients)


def _lock(notice: ChangeNotice, expected_version: int) -> None:
    lock_table(ChangeNotice)
    db.session.refresh(notice)
    notice_mailing.lock(notice)
    if notice.version != expected_version or not notice.is_open:
        raise StaleNotice(notice.version)


def _is_current(
    public: PublicState, newest: ChangeNotice | None, reopened: Sequence[ChangeNotice]
) -> bool:
    is_covered = newest is not None and (newest.to_release, newest.new_place) == public
    return is_covered and not reopened and not _is_stale(newest)


def _is_stale(notice: ChangeNotice | None) -> bool:
    """Return True if an open notice has a past change, or was not stored completely.

    Also if a person has cancelled their booking since, and is now notified only as a speaker.
    """
    if notice is None or not notice.is_open:
        return False
    is_over = notice.stale_at is not None and notice.stale_at <= clock.now()
    return is_over or not notice.content or notice_people.has_cancelled_speaker(notice)


def _extend(
    newest: ChangeNotice | None, reopened: Sequence[ChangeNotice], public: PublicState
) -> None:
    """Extend the open notice to the public state, or create another."""
    for one in (newest, *reopened):
        if one is not None:
            notice_mailing.lock(one)
    known = _get_known_state(newest, reopened, public)
    notice = _begin(known, public) if newest is None or newest.is_decided else newest
    for older in reopened:
        older.state = EMPTY
        notice_mailing.delete(older)
    _refresh(notice, NoticeSpan(known.number, public.number, known.place, public.place))


def _get_known_state(
    newest: ChangeNotice | None, reopened: Sequence[ChangeNotice], public: PublicState
) -> PublicState:
    """Return what people know: as last notified, or before the last release."""
    if newest is None:
        return PublicState(_previous_release() or public.number, public.place)
    oldest_open = next((one for one in (*reopened, newest) if one.is_open), None)
    if oldest_open is not None:
        return PublicState(oldest_open.from_release, oldest_open.old_place)
    return PublicState(newest.to_release, newest.new_place)


def _refresh(notice: ChangeNotice, span: NoticeSpan) -> None:
    """Store the people an extended notice concerns, and update the draft of its emails."""
    now = clock.now()
    is_extended = (notice.to_release, notice.new_place) != (span.to_release, span.new_place)
    if is_extended or not notice.version:
        notice.changed_at = now
    overview = notice_queries.build_overview(notice, span, notice.changed_at)
    notice.from_release, notice.to_release, notice.old_place, notice.new_place = span
    notice.version += 1
    notice.state = OPEN if overview.everybody else EMPTY
    _store(notice, overview)
    if overview.recipients:
        notice_mailing.update(notice, overview.recipients)
    else:
        notice_mailing.delete(notice)


def _store(notice: ChangeNotice, overview: NoticeOverview) -> None:
    """Store the changes and the people, so that pages need not compare releases.

    This includes the changes of speakers who get no email, so that an organiser can tell them.
    """
    notified_ids = {number for one in overview.everybody for number in one.ids}
    unreachable = {one.slug for one in notice_speakers.list_without_access(overview.changes)}
    changes = [
        change
        for change in overview.changes
        if change.id in notified_ids or not unreachable.isdisjoint(change.speaker_slugs)
    ]
    ends = [change.ends_at(overview.zone) for change in changes]
    notice.content = notice_changes.dump(changes)
    notice.stale_at = min((end for end in ends if end is not None), default=None)
    notice.people, notice.changes = overview.size
    notice_people.store(notice, overview.everybody, overview.excluded)


def _begin(known: PublicState, public: PublicState) -> ChangeNotice:
    notice = ChangeNotice(
        state=OPEN,
        from_release=known.number,
        to_release=public.number,
        old_place=known.place,
        new_place=public.place,
        excluded_changes="[]",
        version=0,
        changed_at=clock.now(),
    )
    db.session.add(notice)
    return notice


def _previous_release() -> int | None:
    newest = select(ReleaseActivation.previous_release).order_by(ReleaseActivation.id.desc())
    return db.session.scalar(newest.limit(1))
