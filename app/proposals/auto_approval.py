"""Fields that speakers may change without approval: public within minutes.

The release that publishes them is made from the current one. Only these fields of these speakers
differ in it, so it includes no other unpublished change. Changes within a few minutes are published
together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final, cast

from sqlalchemy import select

from app import cache_version, clock
from app.database import db, lock_table, read_only_connection
from app.history import services as history
from app.history.models import Change, dump_changes
from app.programme import snapshot
from app.programme.editing import versioned_edits
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.models import Conference, Release, Speaker
from app.proposals.models import AUTO_APPROVED, Proposal
from app.releases import queries, services, snapshot_builder

PUBLISH_DELAY: Final = timedelta(minutes=2)  # from the first change to its release
MAX_NAMES = 5


def apply_immediately(speaker: Speaker, applied: Sequence[Change], *, actor: str) -> None:
    """Apply changes to auto-approved fields, and schedule their publication."""
    message = versioned_edits.describe(SPEAKER_FIELDS, speaker, applied)
    versioned_edits.apply(SPEAKER_FIELDS, speaker, applied)
    history.record(
        message, subject=SPEAKER_FIELDS.history_subject(speaker), actor=actor, field_changes=applied
    )
    now = clock.now()
    db.session.add(
        Proposal(
            speaker_id=speaker.id,
            state=AUTO_APPROVED,
            changes=dump_changes(applied),
            sent_by=actor,
            sent_at=now,
            decided_at=now,
            decided_by=history.ACTOR_SITE,
            publish_at=now + PUBLISH_DELAY,
        )
    )


def publish_due() -> None:
    """Publish the speakers' changes that are due; only once, even with several workers."""
    if not cache_version.is_clock_in_sync() or not _has_due():
        return
    lock_table(Conference)
    waiting = db.session.scalars(
        select(Proposal).where(Proposal.publish_at.is_not(None)).order_by(Proposal.id)
    ).all()
    current = db.session.get(Release, queries.get_current_conference().current_release or 0)
    if current is not None:
        _release_changes(waiting, current)
    for proposal in waiting:
        proposal.publish_at = None


def _has_due() -> bool:
    with read_only_connection(db.engine) as connection:
        due = select(Proposal.id).where(Proposal.publish_at <= clock.now()).limit(1)
        return connection.execute(due).first() is not None


def _release_changes(proposals: Sequence[Proposal], public_release: Release) -> None:
    """Create a release that differs from the current one only in these changes."""
    public = queries.get_public_snapshot()
    unchanged = _unchanged_since(proposals)
    speakers = tuple(
        _update_fields(speaker, *unchanged[speaker.slug]) if speaker.slug in unchanged else speaker
        for speaker in public.speakers
    )
    pairs = zip(public.speakers, speakers, strict=True)
    names = [one.name for old, one in pairs if old != one]
    if names:
        release = services.create_release(
            _release_note(names), content=replace(public, speakers=speakers)
        )
        release.snapshot_at = public_release.snapshot_at or public_release.published_at


def _unchanged_since(proposals: Sequence[Proposal]) -> Mapping[str, tuple[Speaker, set[str]]]:
    """Return, by slug, the speaker and the fields that still have the proposed value.

    A field that an organiser has changed since waits for the next release, like any other edit.
    """
    unchanged: dict[str, tuple[Speaker, set[str]]] = {}
    for proposal in proposals:
        for change in proposal.requested:
            speaker = cast(Speaker, proposal.speaker)
            if SPEAKER_FIELDS.get_value(speaker, change.field) == change.after:
                unchanged.setdefault(speaker.slug, (speaker, set()))[1].add(change.field)
    return unchanged


def _update_fields(
    public_speaker: snapshot.Speaker, row: Speaker, field_names: set[str]
) -> snapshot.Speaker:
    """Return the public speaker with some fields updated to their current values."""
    now = snapshot_builder.build_speaker(row)
    besides = {"summary"} if "biography" in field_names else set()
    return replace(public_speaker, **{name: getattr(now, name) for name in field_names | besides})


def _release_note(names: Sequence[str]) -> str:
    named = ", ".join(names[:MAX_NAMES])
    more = len(names) - MAX_NAMES
    others = f" and {more} more" if more > 0 else ""
    return f"Changes by speakers were published automatically: {named}{others}"
