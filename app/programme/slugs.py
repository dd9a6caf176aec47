"""Slugs of new rooms, sessions, speakers and themes: made from the name, and permanent."""

import re
import unicodedata

from sqlalchemy import or_, select

from app.database import db, lock_table
from app.programme.models import Room, Session, Speaker, Theme


def slugify(value: str) -> str:
    """Return a name as a slug, or "" if no character can be written in ASCII."""
    letters = (
        unicodedata.normalize("NFKD", value[:MAX_LINE_LENGTH])
        .encode("ascii", "ignore")
        .decode()
        .lower()
    )
    return NON_SLUG_CHARACTERS.sub("-", letters).strip("-")[:MAX_SLUG_LENGTH].strip("-")


NON_SLUG_CHARACTERS = re.compile(r"[^a-z0-9]+")
MAX_SLUG_LENGTH = 80

MAX_LINE_LENGTH = 300


def allocate(model: type[Room | Session | Speaker | Theme], name: str) -> str:
    """Return an unused slug, and lock the table so that nobody else can take it.

    The slug is also used as the key, so it must differ from other keys too. A name that gives no
    slug uses the table's name: speaker, speaker-2.
    """
    lock_table(model)
    wish = slugify(name) or model.__tablename__
    taken = {model.slug} if model is Theme else {model.slug, model.key}  # type: ignore[union-attr]
    near = or_(*(column.startswith(wish, autoescape=True) for column in taken))
    known = {one for row in db.session.execute(select(*taken).where(near)) for one in row}
    slug, number = wish, 1
    while slug in known:
        number += 1
        slug = f"{wish}-{number}"
    return slug
