"""The additional links of a page: which there are, in which order, and what each says.

A link keeps its place on the page; its words and its address are versions, as those of a page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import ColumnElement, String, cast, func, select

from app import clock
from app.content import services, telling
from app.content.models import LINK, Link, Writing
from app.content.versions import Key, Wording, link_key
from app.database import db, hold
from app.edition import raise_edition
from app.errors import NotFound, Refused
from app.history import services as history

MOST_LINKS = 50  # of one page
OF_LINK = (Writing.kind == LINK) & (Writing.slug == cast(Link.id, String))
NEWEST = select(func.max(Writing.version)).where(OF_LINK).correlate(Link).scalar_subquery()


@dataclass(frozen=True)
class Placed:
    """A link of a page, as it was written last."""

    link: Link
    newest: Writing
    place: int  # among the others, from 1; 0 where it has been taken away

    @property
    def id(self) -> int:
        """The number of the link."""
        return self.link.id

    @property
    def key(self) -> Key:
        """What its versions are versions of."""
        return link_key(self.link.id)

    @property
    def waits(self) -> bool:
        """Whether what was written last is yet to appear."""
        return self.newest.appears_at > clock.now()

    @property
    def label(self) -> str:
        """Its words."""
        return self.newest.title

    @property
    def address(self) -> str:
        """Where it leads."""
        return self.newest.body


def links(page: str) -> Sequence[Placed]:
    """List the links of a page in their order, those that wait for their moment too."""
    there = enumerate(_newest(page, Writing.is_removed.is_(False)), 1)
    return [Placed(one, newest, place) for place, (one, newest) in there]


def taken_away(page: str) -> Sequence[Placed]:
    """List the links that a page had once; each can be brought back."""
    return [Placed(one, newest, 0) for one, newest in _newest(page, Writing.is_removed.is_(True))]


def link(page: str, number: int) -> Placed:
    """Find one link of a page, taken away or not."""
    for one in (*links(page), *taken_away(page)):
        if one.id == number:
            return one
    raise NotFound("There is no such link on this page")


def add(page: str, wording: Wording, *, who: str) -> None:
    """Add a link at the end."""
    hold(Link)
    _check_room(page)
    last = db.session.scalar(select(func.max(Link.position)).where(Link.page == page))
    added = Link(page=page, position=(last or 0) + 1)
    db.session.add(added)
    db.session.flush()
    services.begin(link_key(added.id), wording, who=who)


def change(  # noqa: PLR0913 - which link, to what, at which place, since when, and by whom
    folder: Path, link: Placed, wording: Wording, place: int | None, *, seen: int, who: str
) -> bool:
    """Write the next version of a link and move it, if to a place; tell whether either is news."""
    hold(Link)
    if link.newest.is_removed:
        _check_room(link.link.page)
    is_new = services.save(folder, link.key, wording, seen=seen, who=who)
    is_elsewhere = place is not None and _move(link.link, place, who)
    return is_new or is_elsewhere


def bring_back(folder: Path, key: Key, number: int, *, seen: int, who: str) -> None:
    """Let readers see an old version of a link again, where there is room for it."""
    hold(Link)
    page = telling.page_of(key)
    if link(page, int(key.slug)).newest.is_removed:
        _check_room(page)
    services.bring_back(folder, key, number, seen=seen, who=who)


def remove(folder: Path, link: Placed, *, who: str) -> None:
    """Take a link away; its versions stay, and each can be brought back."""
    hold(Link)
    services.remove(folder, link.key, seen=link.newest.version, who=who)


def _move(link: Link, place: int, who: str) -> bool:
    """Bring a link to a place among the others of its page."""
    there = links(link.page)
    stands = next(one for one in there if one.link is link)
    if stands.place == place:
        return False
    others = [one.link for one in there if one.link is not link]
    for position, one in enumerate([*others[: place - 1], link, *others[place - 1 :]], 1):
        one.position = position
    db.session.flush()
    raise_edition()
    told = f"The link “{stands.label}” was moved to place {place} on the page /{link.page}"
    history.record(told, about=telling.about(stands.key), who=who)
    return True


def _check_room(page: str) -> None:
    if len(links(page)) >= MOST_LINKS:
        raise Refused(f"A page has {MOST_LINKS} additional links at most")


def _newest(page: str, such: ColumnElement[bool]) -> Sequence[tuple[Link, Writing]]:
    rows = db.session.execute(
        select(Link, Writing)
        .join(Writing, OF_LINK)
        .where(Link.page == page, Writing.version == NEWEST, such)
        .order_by(Link.position, Link.id)
    )
    return [(one, newest) for one, newest in rows]
