"""The timeline of public releases: which was current when, what each changed, and its programme.

The timeline is cached once per cache version; change summaries and earlier programmes are in
small LRU caches, so that memory does not grow with the number of releases.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache

from sqlalchemy import Select, select

from app import cache_version
from app.database import db, read_only_connection
from app.errors import NotFound
from app.programme import snapshot
from app.programme.models import Release
from app.releases import change_summary
from app.releases.change_summary import ChangeSummary
from app.releases.current_release import EMPTY_SNAPSHOT
from app.releases.models import ReleaseActivation
from app.releases.published_programme import PublishedProgramme

MAX_CACHED_SUMMARIES = 32  # activations
MAX_CACHED_RELEASES = 2
TIMELINE_QUERY = (
    select(
        ReleaseActivation.id,
        ReleaseActivation.release_number,
        ReleaseActivation.ordinal,
        ReleaseActivation.previous_release,
        ReleaseActivation.activated_at,
        Release.published_at,
        Release.note,
    )
    .join(Release, Release.number == ReleaseActivation.release_number)
    .order_by(ReleaseActivation.id.desc())
)


@dataclass(frozen=True)
class TimelineEntry:
    """A release that became current at some moment."""

    id: int
    number: int
    ordinal: int
    previous_release: int | None
    activated_at: datetime
    published_at: datetime
    note: str

    @property
    def is_reactivation(self) -> bool:
        """Whether the release had been current before."""
        return self.ordinal > 1


@dataclass(frozen=True)
class ReleaseTimeline:
    """All activations of releases, newest first."""

    entries: Sequence[TimelineEntry]

    @cached_property
    def release_numbers(self) -> Sequence[int]:
        """The numbers of all releases, in order."""
        return sorted({entry.number for entry in self.entries})

    def get_entries(self, number: int) -> Sequence[TimelineEntry]:
        """Return a release's activations, oldest first; raise NotFound if it has none."""
        found = [entry for entry in reversed(self.entries) if entry.number == number]
        if not found:
            raise NotFound("There is no release with that number")
        return found

    def get_neighbours(self, number: int) -> tuple[int | None, int | None]:
        """Return the numbers of the previous and the next release."""
        place = self.release_numbers.index(number)
        before, after = self.release_numbers[:place][-1:], self.release_numbers[place + 1 :][:1]
        return next(iter(before), None), next(iter(after), None)


def get_timeline() -> ReleaseTimeline:
    """Return the timeline of public releases."""
    return cache_version.cached_globally("showings", _load_timeline)


def get_change_summary(entry: TimelineEntry) -> ChangeSummary:
    """Return the public changes of an activation."""
    load = cache_version.cached_globally(
        "differences", lambda: lru_cache(MAX_CACHED_SUMMARIES)(_load_change_summary)
    )
    return load(entry.id)


def get_earlier_programme(number: int) -> PublishedProgramme:
    """Return the programme of a release as it was published; raise NotFound."""
    get_timeline().get_entries(number)
    load = cache_version.cached_globally(
        "earlier releases", lambda: lru_cache(MAX_CACHED_RELEASES)(_load_release)
    )
    return load(number)


def _load_timeline() -> ReleaseTimeline:
    with read_only_connection(db.engine) as connection:
        return ReleaseTimeline([TimelineEntry(*row) for row in connection.execute(TIMELINE_QUERY)])


def _load_change_summary(entry_id: int) -> ChangeSummary:
    """Load the stored summary, or compare the releases if the activation has none."""
    with read_only_connection(db.engine) as connection:
        row = connection.execute(
            select(ReleaseActivation).where(ReleaseActivation.id == entry_id)
        ).one()
        if row.change_summary is not None:
            return change_summary.load(row.change_summary)
        texts = [
            connection.scalars(_snapshot_query(one)).one_or_none()
            for one in (row.previous_release, row.release_number)
        ]
    old, new = (snapshot.load(text) if text else EMPTY_SNAPSHOT for text in texts)
    return change_summary.summarise(old if row.previous_release else None, new)


def _load_release(number: int) -> PublishedProgramme:
    with read_only_connection(db.engine) as connection:
        text, published_at = connection.execute(
            select(Release.snapshot, Release.published_at).where(Release.number == number)
        ).one()
    return PublishedProgramme(snapshot.load(text), number, published_at)


def _snapshot_query(number: int | None) -> Select[tuple[str]]:
    return select(Release.snapshot).where(Release.number == number)
