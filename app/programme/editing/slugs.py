"""The address of something new: made from its name, and its own from then on."""

from sqlalchemy import or_, select

from app.database import db, hold
from app.programme.models import Room, Session, Speaker, Theme
from app.programme.reading.words import plain_slug


def free(kind: type[Room | Session | Speaker | Theme], name: str) -> str:
    """Give an address that nothing of this kind has, and let nobody else take it meanwhile.

    It is to be its key as well, so it is no other's key either. A name in a script that no
    address holds gives the kind's own name: speaker, speaker-2.
    """
    hold(kind)
    wish = plain_slug(name) or kind.__tablename__
    taken = {kind.slug} if kind is Theme else {kind.slug, kind.key}  # type: ignore[union-attr]
    near = or_(*(column.startswith(wish, autoescape=True) for column in taken))
    known = {one for row in db.session.execute(select(*taken).where(near)) for one in row}
    slug, number = wish, 1
    while slug in known:
        number += 1
        slug = f"{wish}-{number}"
    return slug
