"""The additional links of a page: which there are, and in which order."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import select

from app.content.models import Link
from app.database import db, hold
from app.edition import raise_edition
from app.errors import NotFound, Refused
from app.history import services as history
from app.history.changes import Change

MOST_LINKS = 50  # of one page


class Replaced(Refused):
    """Somebody else has changed the link since the page was opened."""

    def __init__(self, seen: str, differing: Sequence[Change]) -> None:
        super().__init__("Somebody else changed this link after you opened the page")
        self.seen = seen
        self.differing = tuple(differing)


@dataclass(frozen=True)
class Wanted:
    """What a link is to say, where it leads, and its place in the list, counted from 1."""

    label: str
    address: str
    place: int


def links(page: str) -> Sequence[Link]:
    """List the links of a page in their order."""
    return db.session.scalars(
        select(Link).where(Link.page == page).order_by(Link.position, Link.id)
    ).all()


def link(page: str, identity: int) -> Link:
    """Find one link of a page."""
    for one in links(page):
        if one.id == identity:
            return one
    raise NotFound("There is no such link on this page")


def seen(link: Link) -> str:
    """Give what a form says of the link that its reader saw."""
    told = f"{link.label}\n{link.address}\n{link.position}"
    return sha256(told.encode()).hexdigest()[:16]


def add(page: str, label: str, address: str, *, who: str) -> None:
    """Add a link at the end."""
    hold(Link)
    present = links(page)
    if len(present) >= MOST_LINKS:
        raise Refused(f"A page has {MOST_LINKS} additional links at most")
    db.session.add(Link(page=page, label=label, address=address, position=len(present) + 1))
    _tell(page, f"The link “{label}” was added to the page /{page}: {address}", who)


def change(link: Link, wanted: Wanted, *, saw: str, who: str) -> None:
    """Bring a link to other words, another address or another place."""
    hold(Link)
    label, address, place = wanted.label, wanted.address, wanted.place
    db.session.refresh(link)
    if saw != seen(link):
        pairs = (
            ("Words", link.label, label),
            ("Address", link.address, address),
            ("Place", str(link.position), str(place)),
        )
        made = [Change(told, old, new, told, old, new) for told, old, new in pairs if old != new]
        raise Replaced(seen(link), made)
    link.label, link.address = label, address
    others = [one for one in links(link.page) if one is not link]
    _number([*others[: place - 1], link, *others[place - 1 :]])
    _tell(link.page, f"The link “{label}” on the page /{link.page} was changed: {address}", who)


def remove(link: Link, *, who: str) -> None:
    """Take a link away."""
    hold(Link)
    page = link.page
    told = f"The link “{link.label}” was taken off the page /{page}: {link.address}"
    db.session.delete(link)
    _number(links(page))
    _tell(page, told, who)


def _number(ordered: Sequence[Link]) -> None:
    for place, link in enumerate(ordered, 1):
        link.position = place


def _tell(page: str, sentence: str, who: str) -> None:
    db.session.flush()
    raise_edition()
    history.record(sentence, about=f"page {page}", who=who)
