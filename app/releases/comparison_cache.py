"""Previews of publishing and comparisons of releases, cached until something is edited.

Pages that only display them use this module: one short query tells whether they are still valid.
Code that publishes or restores a release builds them again under its lock (``queries``,
``services``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, func, select

from app.cache_version import cached_globally
from app.database import db
from app.programme import snapshot
from app.programme.clashes import EDIT_STATE
from app.programme.models import Appearance, Conference, Photo, Release, Theme
from app.releases import queries
from app.releases.comparison import Comparison, compare
from app.releases.queries import ReleasePreview

T = TypeVar("T")


def _select_change_markers(kind: Any, *figures: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    """Return aggregates of a table that change whenever one of its rows is edited."""
    return [select(one).select_from(kind).scalar_subquery() for one in (func.count(), *figures)]


PUBLIC_STATE = select(Conference.current_release, Conference.version, Conference.public_settings)
PREVIEW_STATE = EDIT_STATE.add_columns(
    select(Conference.current_release).scalar_subquery(),
    select(Conference.public_settings).scalar_subquery(),
    *_select_change_markers(
        Theme, func.max(Theme.id), func.sum(Theme.version), func.max(Theme.changed_at)
    ),
    *_select_change_markers(Appearance, func.max(Appearance.id)),
    *_select_change_markers(Photo, func.max(Photo.created_at)),
)


@dataclass(frozen=True)
class CacheEntry(Generic[T]):
    """A value, and the state of the database it was computed from."""

    state: Any
    value: T


def preview_release() -> ReleasePreview:
    """Return what publishing would do now; raise NotFound without a conference."""
    return _cached("release preview", PREVIEW_STATE, queries.preview_release)


def compare_releases(old: int, new: int) -> Comparison:
    """Compare two releases."""
    return _cached(
        "release comparison",
        _select_releases(old, new),
        lambda: compare(*(snapshot.load(queries.get_release(one).snapshot) for one in (old, new))),
        (old, new),
    )


def compare_for_rollback(number: int) -> Comparison:
    """Compare the public programme with the result of restoring a release."""
    return _cached(
        "rollback comparison",
        PUBLIC_STATE.add_columns(_select_releases(number).scalar_subquery()),
        lambda: compare(queries.get_public_snapshot(), queries.load_for_rollback(number)),
        number,
    )


def _select_releases(*numbers: int) -> Select[Any]:
    """Select what distinguishes releases from earlier ones with the same numbers."""
    condition = Release.number.in_(numbers)
    return select(Release.published_at).where(condition).order_by(Release.number)


def _cached(name: str, state: Select[Any], make: Callable[[], T], asked: Any = None) -> T:
    """Return the cached value, recomputed if the state or the subject has changed."""
    found = asked, db.session.execute(state).all()
    entry = cached_globally(
        name, lambda: CacheEntry(found, make()), lambda known: known.state == found
    )
    return entry.value
