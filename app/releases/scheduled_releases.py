"""Scheduled releases, published by the worker when their time comes by the site clock.

The scheduled release and the resulting release are written in one transaction, only once, however
many workers there are. Publishing fails if there are new clashes that have not been accepted.
"""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app import cache_version, clock
from app.database import db, lock_table
from app.errors import RuleViolation
from app.history import services as history
from app.programme.clashes import Clash
from app.programme.models import CANCELLED, Conference
from app.releases import queries, services
from app.releases.models import DONE, FAILED, WAITING, ScheduledRelease
from app.releases.queries import ReleasePreview
from app.web.formatting import format_time

HISTORY_SUBJECT = "planned release"
MAX_CLASHES_NAMED = 5


def schedule(publish_at: datetime, note: str, *, override_reason: str, actor: str) -> None:
    """Schedule a release of the working programme as it will be at that moment."""
    scheduled = ScheduledRelease(created_at=clock.now())
    preview = _validate_and_set(scheduled, publish_at, note, override_reason, actor)
    db.session.add(scheduled)
    _record(
        f"A release was scheduled for {_format_in_zone_of(publish_at, preview)}", scheduled, actor
    )


def reschedule(
    number: int, publish_at: datetime, note: str, *, override_reason: str, actor: str
) -> None:
    """Change the time or the note of a scheduled or failed release."""
    scheduled = _lock_unpublished(number)
    before = scheduled.publish_at
    preview = _validate_and_set(scheduled, publish_at, note, override_reason, actor)
    old, new = _format_in_zone_of(before, preview), _format_in_zone_of(publish_at, preview)
    _record(
        f"The release scheduled for {old} was moved to {new}",
        scheduled,
        actor,
    )


def cancel(number: int, *, actor: str) -> None:
    """Cancel a scheduled release."""
    scheduled = _lock_unpublished(number)
    scheduled.state = CANCELLED
    zone = ZoneInfo(queries.get_current_conference().time_zone)
    moment = _format_moment(scheduled.publish_at, zone)
    history.record(
        f"The release scheduled for {moment} was cancelled", subject=HISTORY_SUBJECT, actor=actor
    )


def publish_due() -> None:
    """Publish the scheduled releases that are due, each once even with several workers."""
    if not cache_version.is_clock_in_sync() or not queries.has_due_releases():
        return
    lock_table(Conference)
    due = select(ScheduledRelease).where(queries.is_due()).order_by(ScheduledRelease.publish_at)
    for scheduled in db.session.scalars(due.with_for_update()).all():
        _publish_or_fail(scheduled)


def _publish_or_fail(scheduled: ScheduledRelease) -> None:
    """Publish, or record why publishing is not possible."""
    preview = queries.preview_release()
    accepted = set(scheduled.accepted_clashes.splitlines())
    new = [clash for clash in preview.clashes if queries.describe_clash(clash) not in accepted]
    if new:
        scheduled.state, scheduled.outcome = FAILED, _failure_reason(new)
        planned_for = _format_in_zone_of(scheduled.publish_at, preview)
        history.record(
            f"The release scheduled for {planned_for} was not published because of new clashes",
            subject=HISTORY_SUBJECT,
        )
        return
    release = services.publish_preview(
        preview,
        scheduled.note,
        override_reason=scheduled.override_reason,
        actor=scheduled.scheduled_by,
    )
    scheduled.state, scheduled.release_number = DONE, release.number


def _validate_and_set(
    scheduled: ScheduledRelease, publish_at: datetime, note: str, override_reason: str, actor: str
) -> ReleasePreview:
    """Set the values; raise RuleViolation if the time is past or clashes are not accepted."""
    if publish_at <= clock.now():
        raise RuleViolation("Enter a date and time in the future")
    preview = queries.preview_release()
    if preview.clashes and not override_reason:
        raise services.UnresolvedClashes
    scheduled.publish_at, scheduled.note, scheduled.scheduled_by = publish_at, note, actor
    scheduled.state, scheduled.outcome = WAITING, ""
    scheduled.override_reason = override_reason if preview.clashes else ""
    scheduled.accepted_clashes = "\n".join(services.describe_clashes(preview.clashes))
    return preview


def _lock_unpublished(number: int) -> ScheduledRelease:
    """Return a scheduled release locked for changes; raise RuleViolation if it is final."""
    scheduled = queries.get_scheduled_release(number)
    db.session.refresh(scheduled, with_for_update=True)
    if scheduled.state not in {WAITING, FAILED}:
        raise RuleViolation("This release has already been published or cancelled")
    return scheduled


def _record(sentence: str, scheduled: ScheduledRelease, actor: str) -> None:
    accepted = len(scheduled.accepted_clashes.splitlines())
    clashes = "1 clash" if accepted == 1 else f"{accepted} clashes"
    override = f", with {clashes}: {scheduled.override_reason}" if accepted else ""
    history.record(sentence + override, subject=HISTORY_SUBJECT, actor=actor)


def _failure_reason(new: Sequence[Clash]) -> str:
    """Describe the new clashes."""
    named = "\n".join(services.describe_clashes(new[:MAX_CLASHES_NAMED]))
    more = len(new) - MAX_CLASHES_NAMED
    return f"{named}\n… and {more} more" if more > 0 else named


def _format_in_zone_of(moment: datetime, preview: ReleasePreview) -> str:
    return _format_moment(moment, ZoneInfo(preview.working.conference.time_zone))


def _format_moment(moment: datetime, zone: ZoneInfo) -> str:
    """Format a moment in the conference's time zone, in English as all of the history."""
    local = moment.astimezone(zone)
    return f"{format_time(local)} on {local:%A} {local.day} {local:%B %Y}"
