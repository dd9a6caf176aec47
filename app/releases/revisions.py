"""Revision numbers of sessions, which calendars need as SEQUENCE (RFC 5545, section 3.8.7.4).

Releases never change and an earlier one may become current again, so revisions are stored
separately. Whenever another programme becomes public, every session that is new, changed or
withdrawn gets the next number, in whichever direction it changed.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as Database

from app import clock
from app.database import db
from app.programme.snapshot import Session, Snapshot
from app.releases.models import Revision

REVISION_COLUMNS = (
    Revision.key,
    Revision.slug,
    Revision.title,
    Revision.starts_at,
    Revision.ends_at,
    Revision.sequence,
    Revision.changed_at,
    Revision.is_withdrawn,
)


class SessionRevision(NamedTuple):
    """A session as it was last public, and its revision number."""

    key: str
    slug: str
    title: str
    starts_at: datetime | None  # the last known time, if it has none now
    ends_at: datetime | None
    sequence: int
    changed_at: datetime
    is_withdrawn: bool = False


def load_all(database: Database) -> Mapping[str, SessionRevision]:
    """Return the revisions of all sessions that were ever public, by session key."""
    return {
        told.key: told
        for told in map(SessionRevision._make, database.execute(select(*REVISION_COLUMNS)))
    }


def update(before: Snapshot | None, after: Snapshot) -> None:
    """Increment the revisions of sessions that change when one snapshot replaces another.

    Another conference starts from zero: its visitors have never seen the sessions of the first.
    """
    if before is None or before.conference.acronym != after.conference.acronym:
        db.session.execute(delete(Revision))
        before = None
    old = {one.key: one for one in before.sessions} if before else {}
    new = {one.key: one for one in after.sessions}
    rows = _load_rows()
    rows |= {
        key: _create(old[key]) for key in old.keys() - rows.keys()
    }  # from before revisions were recorded
    for key, session in new.items():
        _bump(rows.get(key), old.get(key), session)
    for key in rows.keys() - new.keys():
        _withdraw(rows[key])


def _bump(row: Revision | None, old: Session | None, new: Session) -> None:
    if row is None:
        _create(new)
    elif row.is_withdrawn or old != new:
        row.sequence += 1
        _copy_session(row, new)


def _load_rows() -> dict[str, Revision]:
    found = db.session.scalars(select(Revision), execution_options={"populate_existing": True})
    return {row.key: row for row in found}


def _create(session: Session) -> Revision:
    row = Revision(key=session.key, sequence=0)
    _copy_session(row, session)
    db.session.add(row)
    return row


def _copy_session(row: Revision, session: Session) -> None:
    row.slug, row.title, row.is_withdrawn = session.slug, session.title, False
    row.changed_at = clock.now()
    if session.starts_at is not None:
        row.starts_at, row.ends_at = session.starts_at, session.ends_at


def _withdraw(row: Revision) -> None:
    if not row.is_withdrawn:
        row.sequence += 1
        row.changed_at = clock.now()
        row.is_withdrawn = True
