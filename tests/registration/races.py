"""What controls do without the lock of a limit."""

from collections.abc import Callable
from threading import Barrier

from sqlalchemy import select
from sqlalchemy.orm import make_transient_to_detached

from app.database import db, read_only_connection
from app.delegates.models import SeatLimit


def find_without_lock(people: int) -> Callable[[str], SeatLimit]:
    """Return what finds a limit without locking it, once so many have looked at it."""
    together = Barrier(people)

    def only_look(name: str) -> SeatLimit:
        with read_only_connection(db.engine) as connection:
            known = select(SeatLimit).where(SeatLimit.name == name)
            row = connection.execute(known).mappings().one()
        together.wait(20)  # everyone has looked before anyone writes
        found = SeatLimit(**row)
        make_transient_to_detached(found)
        db.session.add(found)
        return found

    return only_look


def find_without_lock_at_once(people: int) -> Callable[[str], SeatLimit | None]:
    """Return what finds a limit without locking it; the first time, so many look at it together."""
    looked = Barrier(people)

    def only_look(name: str) -> SeatLimit | None:
        found = db.session.get(SeatLimit, name)
        if not db.session.info.get("looked"):
            db.session.info["looked"] = True
            looked.wait(20)
        return found

    return only_look
