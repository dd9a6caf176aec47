"""Deeds on the programme: load it from a file, invent one, publish it."""

from dataclasses import dataclass
from pathlib import Path

from app import clock
from app.database import db, hold
from app.edition import raise_edition
from app.history import services as history
from app.programme import document, invented, loading, queries
from app.programme.difference import Difference
from app.programme.freezing import freeze
from app.programme.models import Conference, Release
from app.programme.reading import read
from app.programme.reading.written import Note, WrittenProgramme


@dataclass(frozen=True)
class Loaded:
    """What came of loading a programme."""

    programme: WrittenProgramme
    difference: Difference
    notes: tuple[Note, ...] = ()


def load(path: Path) -> Loaded:
    """Bring the working programme to what a file holds; raise Unreadable when it cannot be used."""
    reading = read(path)
    return Loaded(reading.programme, replace(reading.programme), reading.notes)


def load_beside(path: Path) -> Loaded:
    """Add what a file holds to the working programme, and withdraw nothing."""
    reading = read(path)
    return Loaded(reading.programme, merge(reading.programme), reading.notes)


def replace(programme: WrittenProgramme) -> Difference:
    """Bring the working programme to this one."""
    difference = loading.replace(programme)
    _record(difference)
    return difference


def merge(programme: WrittenProgramme) -> Difference:
    """Add this programme to the working one, and withdraw nothing."""
    difference = loading.merge(programme)
    _record(difference)
    return difference


def invent(sessions: int, speakers: int) -> WrittenProgramme:
    """Put an invented conference of this size in place of the programme."""
    programme = invented.invent(sessions, speakers)
    replace(programme)
    return programme


def publish(note: str = "", *, who: str = history.THE_SITE) -> Release:
    """Freeze the working programme into a release and show it to the public.

    Publishing what is already public gives the release that stands.
    """
    hold(Conference)
    conference = queries.conference()
    frozen = document.written(freeze())
    newest = queries.newest_release()
    stands = newest is not None and conference.current_release == newest.number
    if newest is not None and stands and newest.document == frozen:
        return newest
    release = Release(
        number=(newest.number if newest else 0) + 1,
        published_at=clock.now(),
        note=note,
        document=frozen,
    )
    db.session.add(release)
    db.session.flush()
    conference.current_release = release.number
    raise_edition()
    history.record(
        f"Release {release.number} was published", about=f"release {release.number}", who=who
    )
    return release


def _record(difference: Difference) -> None:
    if difference:
        history.record(f"A programme was loaded: {difference}", about="programme")
