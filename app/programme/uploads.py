"""Programme files that were handed in: tried at once, kept for a day, loaded when asked for.

Trying a file does all that loading does and undoes it again. What it showed is kept with the
file, and with it what the working programme was then: nothing else is loaded than what was seen.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import delete, func, literal, select, union_all
from sqlalchemy.orm import load_only

from app import clock
from app.database import db, hold
from app.errors import NotFound
from app.programme import queries, recognising, report, services
from app.programme.difference import Difference
from app.programme.models import Conference, Room, Session, Speaker, Theme, Upload
from app.programme.reading import understood
from app.programme.reading.written import Reading, WrittenProgramme
from app.programme.report import Part
from app.programme.services import Loaded

LARGEST: Final = 20 * 1024 * 1024  # bytes
KEPT: Final = timedelta(days=1)
KINDS = (Theme, Room, Speaker, Session)


@dataclass(frozen=True)
class Tried:
    """What trying a file showed."""

    title: str  # of the conference in the file
    is_another: bool  # than the one that is being worked on
    goes: Mapping[str, int]  # what of that one would go, by kind
    parts: tuple[Part, ...]
    summary: str


_json = TypeAdapter(Tried)


def upload(number: int) -> Upload:
    """Find a file that was handed in."""
    found = db.session.get(Upload, number)
    if found is None or found.uploaded_at <= clock.real_now() - KEPT:
        raise NotFound("This file is no longer here. Hand it in again")
    return found


def waiting() -> Sequence[Upload]:
    """List the files that were handed in and not loaded, without what they hold."""
    return db.session.scalars(
        select(Upload)
        .where(Upload.uploaded_at > clock.real_now() - KEPT)
        .options(load_only(Upload.id, Upload.name, Upload.who, Upload.is_merged))
        .order_by(Upload.id.desc())
    ).all()


def hand_in(name: str, body: bytes, *, is_merged: bool, who: str) -> Upload:
    """Take a file in place of the one that the same person handed in before, and try it."""
    db.session.execute(delete(Upload).where(Upload.who == who))
    taken = Upload(name=name, body=body, who=who, uploaded_at=clock.real_now(), is_merged=is_merged)
    try_out(taken)
    db.session.add(taken)
    db.session.flush()
    return taken


def try_out(upload: Upload) -> None:
    """See what loading a file would do, and keep what it showed; raise Unreadable."""
    hold(Conference)
    reading = understood(upload.body, recognising.home())
    upload.seen = fingerprint()
    about = reading.programme.conference
    is_another = _is_another(about.acronym)
    goes = _what_there_is() if is_another and not upload.is_merged else {}
    trial = db.session.begin_nested()
    try:
        loaded = _loaded(reading, upload, upload.who)
    finally:
        trial.rollback()
    parts = tuple(part for part in report.parts(loaded) if part.lines)
    tried = Tried(about.title, is_another, goes, parts, report.summary(loaded))
    upload.told = _json.dump_json(tried).decode()


def told(upload: Upload) -> Tried:
    """Give what trying a file showed."""
    return _json.validate_json(upload.told)


def seal(upload: Upload) -> str:
    """Give what stands for a file and what trying it showed."""
    seen = repr((upload.name, upload.is_merged, upload.seen, upload.told))
    return sha256(seen.encode()).hexdigest()[:32]


def is_as_seen(upload: Upload, shown: str) -> bool:
    """Whether all is still as a page showed it, by its seal: the file, the working programme."""
    if seal(upload) != shown:
        return False
    for kind in KINDS:
        db.session.execute(select(kind.id).with_for_update()).all()
    return upload.seen == fingerprint()


def load(upload: Upload, *, who: str) -> Loaded:
    """Load a file as it was tried, and let go of it."""
    loaded = _loaded(understood(upload.body, recognising.home()), upload, who)
    db.session.delete(upload)
    return loaded


def forget(upload: Upload) -> None:
    """Let go of a file."""
    db.session.delete(upload)


def forget_old() -> None:
    """Let go of the files that were handed in more than a day ago."""
    db.session.execute(delete(Upload).where(Upload.uploaded_at <= clock.real_now() - KEPT))


def fingerprint() -> str:
    """Give what stands for the working programme as it is now."""
    rows = db.session.execute(
        union_all(*(select(literal(kind.__tablename__), kind.id, kind.version) for kind in KINDS))
    )
    facts = db.session.execute(select(Conference.acronym, Conference.version)).one_or_none()
    seen = repr((facts and tuple(facts), sorted(tuple(row) for row in rows)))
    return sha256(seen.encode()).hexdigest()


def _loaded(reading: Reading, upload: Upload, who: str) -> Loaded:
    bring: Callable[..., Difference] = services.merge if upload.is_merged else services.replace
    programme: WrittenProgramme = reading.programme
    return Loaded(programme, bring(programme, who=who), reading.notes)


def _is_another(acronym: str) -> bool:
    return queries.has_conference() and queries.conference().acronym != acronym


def _what_there_is() -> dict[str, int]:
    """Count what is in the working programme."""
    return {
        kind.__tablename__: db.session.scalar(select(func.count()).select_from(kind)) or 0
        for kind in KINDS
    }
