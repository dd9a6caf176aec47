"""Questions about cards. Nothing here changes anything."""

from sqlalchemy import select

from app.database import db, reading
from app.errors import NotFound
from app.programme.cards import shown
from app.programme.cards.models import Card
from app.programme.document import Session
from app.programme.published import Programme


def picture(key: str) -> bytes:
    """Find the picture of a card."""
    found = db.session.scalar(select(Card.picture).where(Card.key == key))
    if found is None:
        raise NotFound("There is no picture at that address")
    return found


def key_of(session: Session, programme: Programme) -> str:
    """Give the key of a session's card; nothing as long as it is not drawn."""
    key = shown.key(shown.of(session, programme.conference))
    return key if key in programme.cards else ""


def keys() -> frozenset[str]:
    """List the keys of all cards that there are."""
    with reading(db.engine) as connection:
        return frozenset(connection.scalars(select(Card.key)))
