"""What there has been for readers to see. Nothing here changes anything, or asks twice.

All that is told once for each edition; what a page of one release needs besides is held for a
few releases, so that it does not grow with their number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import Select, select

from app import edition
from app.database import db, reading
from app.errors import NotFound
from app.programme import document
from app.programme.following import differences
from app.programme.following.differences import Differences
from app.programme.following.few import Few
from app.programme.following.models import Showing
from app.programme.models import Release
from app.programme.published import Programme
from app.programme.releases import NOTHING

MOST_TOLD = 32  # showings of which is held what they changed
MOST_EARLIER = 2  # programmes
SHOWINGS = (
    select(
        Showing.id,
        Showing.release_number,
        Showing.turn,
        Showing.instead_of,
        Showing.began_at,
        Release.published_at,
        Release.note,
    )
    .join(Release, Release.number == Showing.release_number)
    .order_by(Showing.id.desc())
)


@dataclass(frozen=True)
class Shown:
    """That readers saw a release from a moment on."""

    id: int
    number: int
    turn: int
    instead_of: int | None
    began_at: datetime
    published_at: datetime
    note: str

    @property
    def is_again(self) -> bool:
        """Whether they had seen it before."""
        return self.turn > 1


@dataclass(frozen=True)
class Past:
    """Every showing there has been, the newest first."""

    showings: Sequence[Shown]

    @cached_property
    def numbers(self) -> Sequence[int]:
        """The releases there have been, in their order."""
        return sorted({one.number for one in self.showings})

    def of(self, number: int) -> Sequence[Shown]:
        """Tell when readers were shown a release: when it was published, and when again."""
        found = [one for one in reversed(self.showings) if one.number == number]
        if not found:
            raise NotFound("There is no release with that number")
        return found

    def around(self, number: int) -> tuple[int | None, int | None]:
        """Tell which releases were published before and after this one."""
        place = self.numbers.index(number)
        before, after = self.numbers[:place][-1:], self.numbers[place + 1 :][:1]
        return next(iter(before), None), next(iter(after), None)


def past() -> Past:
    """Give every showing there has been."""
    return edition.kept_for_all("showings", _read_past)


def changed(showing: Shown) -> Differences:
    """Tell what readers saw change when a showing began."""
    held: Few[Differences] = edition.kept_for_all("differences", lambda: Few(MOST_TOLD))
    return held.find(showing.id, _read_differences)


def earlier(number: int) -> Programme:
    """Give the programme of a release as it was published."""
    past().of(number)
    held: Few[Programme] = edition.kept_for_all("earlier releases", lambda: Few(MOST_EARLIER))
    return held.find(number, _read_release)


def _read_past() -> Past:
    with reading(db.engine) as connection:
        return Past([Shown(*row) for row in connection.execute(SHOWINGS)])


def _read_differences(showing: int) -> Differences:
    """Read what was kept of a showing; of those from before it was, compare the two releases."""
    with reading(db.engine) as connection:
        row = connection.execute(select(Showing).where(Showing.id == showing)).one()
        if row.differences is not None:
            return differences.read(row.differences)
        texts = [
            connection.scalars(_document(one)).one_or_none()
            for one in (row.instead_of, row.release_number)
        ]
    old, new = (document.read(text) if text else NOTHING for text in texts)
    return differences.told(old if row.instead_of else None, new)


def _read_release(number: int) -> Programme:
    with reading(db.engine) as connection:
        text, published_at = connection.execute(
            select(Release.document, Release.published_at).where(Release.number == number)
        ).one()
    return Programme(document.read(text), number, published_at)


def _document(number: int | None) -> Select[tuple[str]]:
    return select(Release.document).where(Release.number == number)
