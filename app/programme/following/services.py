"""Deeds that leave a trail for readers: a release begins to be shown, and addresses are left."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import delete, func, insert, select

from app.database import db
from app.programme.document import Document, Session, Speaker
from app.programme.following import differences
from app.programme.following.models import SESSION, SPEAKER, FormerAddress, Showing

AT_ONCE = 200  # addresses in one statement


def begin(number: int, shown: Document, before: tuple[int, Document] | None, at: datetime) -> None:
    """Write down that readers see a release from now on, and what it changes for them."""
    known = select(func.count()).where(Showing.release_number == number)
    told = differences.told(before[1] if before else None, shown)
    db.session.add(
        Showing(
            release_number=number,
            turn=db.session.scalars(known).one() + 1,
            instead_of=before[0] if before else None,
            began_at=at,
            differences=differences.written(told),
        )
    )
    if before:
        _leave(SESSION, before[1].sessions, shown.sessions)
        _leave(SPEAKER, before[1].speakers, shown.speakers)
    db.session.flush()


def _leave(
    kind: str, before: Iterable[Session | Speaker], now: Iterable[Session | Speaker]
) -> None:
    """Remember who was at the addresses at which readers find somebody else now, or nobody."""
    found = {one.slug: one.key for one in now}
    left = {one.slug: one.key for one in before if one.key and found.get(one.slug) != one.key}
    for slugs in _in_lots(list(left)):
        there = (FormerAddress.kind == kind, FormerAddress.slug.in_(slugs))
        db.session.execute(delete(FormerAddress).where(*there))
        rows = [{"kind": kind, "slug": one, "key": left[one]} for one in slugs]
        db.session.execute(insert(FormerAddress), rows)


def _in_lots(slugs: list[str]) -> Iterator[list[str]]:
    return (slugs[place : place + AT_ONCE] for place in range(0, len(slugs), AT_ONCE))
