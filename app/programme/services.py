"""Deeds on the programme: load it from a file, publish it."""

from dataclasses import dataclass
from pathlib import Path

from app import clock
from app.database import db
from app.edition import raise_edition
from app.history import services as history
from app.programme import document, loading, queries
from app.programme.freezing import freeze
from app.programme.loading import Difference
from app.programme.models import Release
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


def replace(programme: WrittenProgramme) -> Difference:
    """Bring the working programme to this one."""
    difference = loading.apply(programme)
    if difference:
        history.record(
            f"A programme was loaded: {len(difference.added)} added, "
            f"{len(difference.changed)} changed, {len(difference.withdrawn)} withdrawn",
            about="programme",
        )
    return difference


def publish(note: str = "", *, who: str = history.THE_SITE) -> Release:
    """Freeze the working programme into a release and show it to the public.

    Publishing what is already public gives the release that stands.
    """
    conference = queries.conference()
    frozen = document.written(freeze())
    newest = queries.newest_release()
    if newest is not None and newest.document == frozen:
        if conference.current_release == newest.number:
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
