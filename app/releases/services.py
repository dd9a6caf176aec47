"""Publish the working programme, and roll back to an earlier release.

Publishing does only what the user was shown: the form sends the fingerprint of the preview, and if
anything has changed since, the new preview is shown first. Clashes prevent a release unless the
user gives a reason to accept them, which is stored with the release. When a release becomes
current, the same transaction records its activation and the redirects from former slugs.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from app import clock
from app.cache_version import bump_cache_version
from app.database import db, lock_table
from app.errors import RuleViolation, StaleEdit
from app.history import services as history
from app.programme import public_settings
from app.programme import queries as programme
from app.programme import snapshot as programme_snapshot
from app.programme.clashes import Clash
from app.programme.models import CANCELLED, Conference, Release, SlugRedirect
from app.programme.snapshot import Room, Session, Snapshot, Speaker, Theme
from app.releases import change_summary, queries, revisions, search_index
from app.releases.models import (
    FAILED,
    ROOM,
    SESSION,
    SPEAKER,
    THEME,
    ReleaseActivation,
    ScheduledRelease,
)
from app.releases.queries import ReleasePreview
from app.releases.snapshot_builder import build_snapshot


def create_release(
    note: str = "",
    *,
    actor: str = history.ACTOR_SITE,
    clash_override: str = "",
    content: Snapshot | None = None,
) -> Release:
    """Freeze the working programme into a release and make it current.

    If nothing differs from the current release, return that one. ``clash_override`` is the reason
    to accept clashes, followed by the clashes, a line each. ``content`` is the snapshot, if it has
    been built already.
    """
    lock_table(Conference)
    conference = programme.get_conference()
    db.session.flush()
    db.session.refresh(conference)
    content = content or build_snapshot()
    number = conference.current_release
    public_release = db.session.get_one(Release, number) if number else None
    before = _load_public_snapshot(public_release, conference) if public_release else None
    if public_release is not None and content == before:
        return public_release
    release = Release(
        number=programme.get_latest_release_number() + 1,
        published_at=clock.now(),
        note=note,
        published_by=actor,
        clash_override=clash_override,
        snapshot=programme_snapshot.dump(content),
    )
    db.session.add(release)
    db.session.flush()
    activate(release, content, before, release.published_at)
    history.record(
        f"Release {release.number} was published{_describe_override(clash_override)}",
        subject=f"release {release.number}",
        actor=actor,
    )
    return release


def _load_public_snapshot(release: Release, conference: Conference) -> Snapshot:
    return public_settings.apply(
        programme_snapshot.load(release.snapshot), conference.public_settings
    )


def _describe_override(clash_override: str) -> str:
    reason, *clashes = clash_override.split("\n")
    if not clashes:
        return ""
    count = "1 clash" if len(clashes) == 1 else f"{len(clashes)} clashes"
    return f" with {count}: {reason}"


class UnresolvedClashes(RuleViolation):
    """There are clashes, and no reason was given to accept them."""

    def __init__(self) -> None:
        super().__init__("Enter a reason for publishing with clashes, or resolve them first")


class StalePreview(StaleEdit):
    """The preview that the user saw is out of date."""

    message = (
        "Something has changed since you opened the page, so nothing has been published. Check "
        "the changes again"
    )


@dataclass(frozen=True)
class PublishResult:
    """The current release, and whether it was created by this call."""

    release: Release
    is_new: bool


def publish(
    note: str, *, override_reason: str, expected_fingerprint: str, actor: str
) -> PublishResult:
    """Publish what the user saw; return the current release if it is public already."""
    lock_table(Conference)
    preview = queries.preview_release()
    if preview.current_number and not preview.comparison:
        return PublishResult(queries.get_release(preview.current_number), is_new=False)
    if preview.fingerprint != expected_fingerprint:
        raise StalePreview
    if preview.clashes and not override_reason:
        raise UnresolvedClashes
    return PublishResult(
        publish_preview(preview, note, override_reason=override_reason, actor=actor), is_new=True
    )


def publish_preview(
    preview: ReleasePreview, note: str, *, override_reason: str, actor: str
) -> Release:
    """Create a release from a preview, accepting its clashes."""
    overruled = (
        "\n".join([override_reason, *describe_clashes(preview.clashes)]) if preview.clashes else ""
    )
    made = create_release(note, actor=actor, clash_override=overruled, content=preview.working)
    db.session.execute(
        update(ScheduledRelease).where(ScheduledRelease.state == FAILED).values(state=CANCELLED)
    )
    return made


def roll_back(number: int, note: str, *, expected_release: int, actor: str) -> Release:
    """Make another release current again; raise RuleViolation if ``expected_release`` is not."""
    lock_table(Conference)
    conference = queries.get_current_conference()
    if conference.current_release != expected_release:
        raise RuleViolation(
            f"Release {conference.current_release} is public now, so nothing has been done. "
            "Check the changes again"
        )
    if number == expected_release:
        raise RuleViolation(f"Release {number} is already public")
    release = queries.get_release(number)
    before, after = queries.get_public_snapshot(), queries.load_for_rollback(number)
    activate(release, after, before, clock.now())
    history.record(
        f"Release {number} was restored in place of release {expected_release}"
        + (f": {note}" if note else ""),
        subject=f"release {number}",
        actor=actor,
    )
    return release


def describe_clashes(clashes: Sequence[Clash]) -> list[str]:
    """Describe clashes, a line each."""
    return [queries.describe_clash(clash) for clash in clashes]


Addressed = Room | Session | Speaker | Theme
ACTIVATION_HOOKS: list[Callable[[Snapshot], None]] = []  # callbacks of packages above this one
BATCH_SIZE = 200  # slugs in one statement


def activate(
    release: Release, content: Snapshot, before: Snapshot | None, activated_at: datetime
) -> None:
    """Make a release public, as ``content``; ``before`` is the previous public content."""
    conference = programme.get_conference()
    for follow in ACTIVATION_HOOKS:  # first: they lock rows, and the cache version comes last
        follow(content)
    _record_activation(release, content, before, activated_at)
    conference.current_release = release.number
    conference.public_settings = programme_snapshot.dump_settings(content.conference)
    revisions.update(before, content)
    search_index.reindex(release.number, content)
    bump_cache_version()


def _record_activation(
    release: Release, content: Snapshot, before: Snapshot | None, activated_at: datetime
) -> None:
    """Record that a release is current from now on, what it changes, and slug redirects."""
    known = select(func.count()).where(ReleaseActivation.release_number == release.number)
    db.session.add(
        ReleaseActivation(
            release_number=release.number,
            ordinal=db.session.scalars(known).one() + 1,
            previous_release=programme.get_conference().current_release,
            activated_at=activated_at,
            change_summary=change_summary.dump(change_summary.summarise(before, content)),
        )
    )
    if before:
        _record_redirects(SESSION, before.sessions, content.sessions)
        _record_redirects(SPEAKER, before.speakers, content.speakers)
        _record_redirects(ROOM, _list_remaining(before.rooms, content.rooms), content.rooms)
        _record_redirects(THEME, _list_remaining(before.themes, content.themes), content.themes)
    db.session.flush()


def _list_remaining(
    previous: Iterable[Room | Theme], current: Iterable[Room | Theme]
) -> Sequence[Room | Theme]:
    """List the existing ones: the slugs of deleted ones are free again."""
    keys = {one.key for one in current}
    return [one for one in previous if one.key in keys]


def _record_redirects(
    kind: str, previous: Iterable[Addressed], current: Iterable[Addressed]
) -> None:
    """Record redirects for slugs that were reassigned or are no longer in use."""
    found = {entity.slug: entity.key for entity in current}
    former = {
        entity.slug: entity.key
        for entity in previous
        if entity.key and found.get(entity.slug) != entity.key
    }
    for slugs in _in_batches(list(former)):
        condition = (SlugRedirect.kind == kind, SlugRedirect.slug.in_(slugs))
        db.session.execute(delete(SlugRedirect).where(*condition))
        rows = [{"kind": kind, "slug": slug, "key": former[slug]} for slug in slugs]
        db.session.execute(insert(SlugRedirect), rows)


def _in_batches(slugs: list[str]) -> Iterator[list[str]]:
    return (slugs[place : place + BATCH_SIZE] for place in range(0, len(slugs), BATCH_SIZE))
