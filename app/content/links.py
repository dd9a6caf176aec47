"""Additional links of a page: their order, and their versions.

A link keeps its position on the page; its label and URL are versions, as for a page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import ColumnElement, String, cast, func, select

from app import clock
from app.cache_version import bump_cache_version
from app.content import history_entries, services
from app.content.models import LINK, ContentVersion, Link
from app.content.versions import ContentDraft, ContentKey, link_key
from app.database import db, lock_table
from app.errors import NotFound, RuleViolation
from app.history import services as history

MAX_LINKS_PER_PAGE = 50
IS_OF_LINK = (ContentVersion.kind == LINK) & (ContentVersion.slug == cast(Link.id, String))
LATEST_VERSION = (
    select(func.max(ContentVersion.version)).where(IS_OF_LINK).correlate(Link).scalar_subquery()
)


@dataclass(frozen=True)
class ManagedLink:
    """A link of a page in its latest version."""

    link: Link
    latest: ContentVersion
    position: int  # from 1; 0 if removed

    @property
    def id(self) -> int:
        """The id of the link."""
        return self.link.id

    @property
    def key(self) -> ContentKey:
        """The content key of its versions."""
        return link_key(self.link.id)

    @property
    def is_pending(self) -> bool:
        """Whether the latest version has not appeared yet."""
        return self.latest.appears_at > clock.now()

    @property
    def label(self) -> str:
        """The text of the link."""
        return self.latest.title

    @property
    def url(self) -> str:
        """The URL to which it leads."""
        return self.latest.body


def list_links(page: str) -> Sequence[ManagedLink]:
    """List the links of a page in order, including those that have not appeared yet."""
    rows = enumerate(_list_latest(page, ContentVersion.is_removed.is_(False)), 1)
    return [ManagedLink(one, newest, place) for place, (one, newest) in rows]


def list_removed(page: str) -> Sequence[ManagedLink]:
    """List the removed links of a page, which can be restored."""
    return [
        ManagedLink(one, newest, 0)
        for one, newest in _list_latest(page, ContentVersion.is_removed.is_(True))
    ]


def get_link(page: str, number: int) -> ManagedLink:
    """Return a link of a page, removed or not; raise NotFound if there is none."""
    for one in (*list_links(page), *list_removed(page)):
        if one.id == number:
            return one
    raise NotFound("There is no such link on this page")


def add(page: str, draft: ContentDraft, *, actor: str) -> None:
    """Add a link at the end; raise RuleViolation if the page has too many."""
    lock_table(Link)
    _check_limit(page)
    last = db.session.scalar(select(func.max(Link.position)).where(Link.page == page))
    added = Link(page=page, position=(last or 0) + 1)
    db.session.add(added)
    db.session.flush()
    services.create_first_version(link_key(added.id), draft, actor=actor)


def update(  # noqa: PLR0913 - every argument is part of one edit
    folder: Path,
    link: ManagedLink,
    draft: ContentDraft,
    position: int | None,
    *,
    expected_version: int,
    actor: str,
) -> bool:
    """Save the next version of a link and move it; return True if anything changed.

    ``position`` is its new position, from 1, or None to leave it where it is.
    """
    lock_table(Link)
    if link.latest.is_removed:
        _check_limit(link.link.page)
    is_new = services.save(folder, link.key, draft, expected_version=expected_version, actor=actor)
    is_moved = position is not None and _move(link.link, position, actor)
    return is_new or is_moved


def restore(
    folder: Path, key: ContentKey, number: int, *, expected_version: int, actor: str
) -> None:
    """Restore an old version of a link; raise RuleViolation if the page has too many."""
    lock_table(Link)
    page = history_entries.get_link_page(key)
    if get_link(page, int(key.slug)).latest.is_removed:
        _check_limit(page)
    services.restore(folder, key, number, expected_version=expected_version, actor=actor)


def remove(folder: Path, link: ManagedLink, *, actor: str) -> None:
    """Remove a link; its versions stay and can be restored."""
    lock_table(Link)
    services.remove(folder, link.key, expected_version=link.latest.version, actor=actor)


def _move(link: Link, position: int, actor: str) -> bool:
    """Move a link to a position among the links of its page; return True if it moved."""
    managed = list_links(link.page)
    current = next(one for one in managed if one.link is link)
    if current.position == position:
        return False
    others = [one.link for one in managed if one.link is not link]
    for number, one in enumerate([*others[: position - 1], link, *others[position - 1 :]], 1):
        one.position = number
    db.session.flush()
    bump_cache_version()
    summary = f"The link “{current.label}” was moved to place {position} on the page /{link.page}"
    history.record(summary, subject=history_entries.history_subject(current.key), actor=actor)
    return True


def _check_limit(page: str) -> None:
    if len(list_links(page)) >= MAX_LINKS_PER_PAGE:
        raise RuleViolation(f"A page can have up to {MAX_LINKS_PER_PAGE} additional links")


def _list_latest(
    page: str, condition: ColumnElement[bool]
) -> Sequence[tuple[Link, ContentVersion]]:
    rows = db.session.execute(
        select(Link, ContentVersion)
        .join(ContentVersion, IS_OF_LINK)
        .where(Link.page == page, ContentVersion.version == LATEST_VERSION, condition)
        .order_by(Link.position, Link.id)
    )
    return [(one, newest) for one, newest in rows]
