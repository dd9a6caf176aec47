"""Questions about the second step. Nothing here changes anything."""

from sqlalchemy import func, select

from app.accounts.models import Passkey, Person, RecoveryCode
from app.database import db
from app.errors import NotFound


def codes_left(person: Person) -> int:
    """How many recovery codes someone has not used yet."""
    unused = (RecoveryCode.person_id == person.id, RecoveryCode.used_at.is_(None))
    return db.session.scalar(select(func.count()).select_from(RecoveryCode).where(*unused)) or 0


def passkey(person: Person, number: int) -> Passkey:
    """Find one of someone's own passkeys."""
    found = db.session.get(Passkey, number)
    if found is None or found.person_id != person.id:
        raise NotFound("You have no such passkey")
    return found
