"""How often a session has changed for readers, so that calendars take the newer word.

A release never changes, and an earlier one may be shown again; so this stands beside the
releases. It is counted whenever readers are shown another programme: what is new, different or
gone for them is one change more, whichever way that went.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as Database

from app import clock
from app.database import db
from app.programme.document import Document, Session
from app.programme.models import Revision

TOLD = (
    Revision.key,
    Revision.slug,
    Revision.title,
    Revision.starts_at,
    Revision.ends_at,
    Revision.sequence,
    Revision.changed_at,
    Revision.is_withdrawn,
)


class Told(NamedTuple):
    """What readers were told of a session last, and how often it has changed."""

    key: str
    slug: str
    title: str
    starts_at: datetime | None  # of what has no time any more, the time that it had
    ends_at: datetime | None
    sequence: int
    changed_at: datetime
    is_withdrawn: bool = False


def known(database: Database) -> Mapping[str, Told]:
    """Give what is known of every session that readers have ever been shown."""
    return {told.key: told for told in map(Told._make, database.execute(select(*TOLD)))}


def tell(before: Document | None, after: Document) -> None:
    """Count what changes for readers who are shown one programme after another.

    Another conference begins anew: its readers never heard of the sessions of the first.
    """
    if before is None or before.conference.acronym != after.conference.acronym:
        db.session.execute(delete(Revision))
        before = None
    old = {one.key: one for one in before.sessions} if before else {}
    new = {one.key: one for one in after.sessions}
    rows = _rows()
    rows |= {key: _begin(old[key]) for key in old.keys() - rows.keys()}  # nobody counted then
    for key, session in new.items():
        _follow(rows.get(key), old.get(key), session)
    for key in rows.keys() - new.keys():
        _withdraw(rows[key])


def _follow(row: Revision | None, old: Session | None, new: Session) -> None:
    if row is None:
        _begin(new)
    elif row.is_withdrawn or old != new:
        row.sequence += 1
        _write(row, new)


def _rows() -> dict[str, Revision]:
    found = db.session.scalars(select(Revision), execution_options={"populate_existing": True})
    return {row.key: row for row in found}


def _begin(session: Session) -> Revision:
    row = Revision(key=session.key, sequence=0)
    _write(row, session)
    db.session.add(row)
    return row


def _write(row: Revision, session: Session) -> None:
    row.slug, row.title, row.is_withdrawn = session.slug, session.title, False
    row.changed_at = clock.now()
    if session.starts_at is not None:
        row.starts_at, row.ends_at = session.starts_at, session.ends_at


def _withdraw(row: Revision) -> None:
    if not row.is_withdrawn:
        row.sequence += 1
        row.changed_at = clock.now()
        row.is_withdrawn = True
