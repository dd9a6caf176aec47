"""Several people who act at the same moment, and what controls do without the lock of a limit."""

from collections.abc import Callable, Sequence
from threading import Barrier, Thread

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import make_transient_to_detached

from app.database import db, read_only_connection, transaction
from app.errors import ConferenceError
from app.registration.models import SeatLimit
from app.releases.current_release import get_programme


def at_once(site: Flask, deeds: Sequence[Callable[[], object]]) -> list[str]:
    """Do all of this at the same moment, each in a transaction; return how each ended, sorted."""
    ended: list[str] = []
    start = Barrier(len(deeds))
    get_programme()  # the process knows what is public: one thread at a time reads a new release
    db.session.rollback()  # on SQLite, whoever looks on holds the lock

    def run(deed: Callable[[], object]) -> None:
        with site.app_context():
            start.wait(20)
            try:
                with transaction():
                    deed()
            except ConferenceError as refusal:
                ended.append(str(refusal))
            else:
                ended.append("seat")
            finally:
                db.session.remove()

    threads = [Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(ended)


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
