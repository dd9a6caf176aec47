"""Deeds on the programme: load it from a file, invent one, publish it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from app import clock
from app.database import db, hold
from app.edition import raise_edition
from app.history import services as history
from app.programme import document, in_effect, loading, queries, recognising, revisions
from app.programme.difference import Difference
from app.programme.document import Document
from app.programme.finding import services as finding
from app.programme.following import services as following
from app.programme.freezing import freeze
from app.programme.models import Conference, Release
from app.programme.reading import read
from app.programme.reading.written import Note, WrittenProgramme

if TYPE_CHECKING:
    from app.programme.invented import InventedDelegate


@dataclass(frozen=True)
class Loaded:
    """What came of loading a programme."""

    programme: WrittenProgramme
    difference: Difference
    notes: tuple[Note, ...] = ()


def load(path: Path) -> Loaded:
    """Bring the working programme to what a file holds; raise Unreadable when it cannot be used."""
    reading = read(path, recognising.home())
    return Loaded(reading.programme, replace(reading.programme), reading.notes)


def load_beside(path: Path) -> Loaded:
    """Add what a file holds to the working programme, and withdraw nothing."""
    reading = read(path, recognising.home())
    return Loaded(reading.programme, merge(reading.programme), reading.notes)


def replace(programme: WrittenProgramme, *, who: str = history.THE_SITE) -> Difference:
    """Bring the working programme to this one."""
    difference = loading.replace(recognising.recognised(programme))
    _record(difference, who)
    return difference


def merge(programme: WrittenProgramme, *, who: str = history.THE_SITE) -> Difference:
    """Add this programme to the working one, and withdraw nothing."""
    difference = loading.merge(recognising.recognised(programme))
    _record(difference, who)
    return difference


def invent(sessions: int, speakers: int) -> WrittenProgramme:
    """Put an invented conference of this size in place of the programme."""
    programme: WrittenProgramme = _inventor().invent(sessions, speakers)
    replace(programme)
    return programme


def invented_delegates(count: int) -> Iterator["InventedDelegate"]:
    """Invent people who would like to come."""
    people: Iterator[InventedDelegate] = _inventor().invented_delegates(count)
    return people


def _inventor() -> ModuleType:
    """Load what invents conferences: many words, which only those need who try the site out."""
    from app.programme import invented  # noqa: PLC0415 - see above

    return invented


def publish(
    note: str = "",
    *,
    who: str = history.THE_SITE,
    overruled: str = "",
    frozen: Document | None = None,
) -> Release:
    """Freeze the working programme into a release and show it to the public.

    Publishing what is already public gives the release that stands. ``overruled`` tells the
    clashes that stand in it and why, ``frozen`` is the programme where that is done already.
    """
    hold(Conference)
    conference = queries.conference()
    db.session.flush()
    db.session.refresh(conference)
    frozen = frozen or freeze()
    shown = db.session.get(Release, conference.current_release or 0)
    before = _as_shown(shown, conference) if shown else None
    if shown is not None and frozen == before:
        return shown
    release = Release(
        number=queries.newest_number() + 1,
        published_at=clock.now(),
        note=note,
        who=who,
        overruled=overruled,
        document=document.written(frozen),
    )
    db.session.add(release)
    db.session.flush()
    conference.current_release = release.number
    conference.in_effect = document.written_facts(frozen.conference)
    revisions.tell(before, frozen)
    seen = (shown.number, before) if shown and before else None
    following.begin(release.number, frozen, seen, release.published_at)
    finding.write(release.number, frozen)
    raise_edition()
    history.record(
        f"Release {release.number} was published{_in_spite_of(overruled)}",
        about=f"release {release.number}",
        who=who,
    )
    return release


def _as_shown(release: Release, conference: Conference) -> Document:
    return in_effect.over(document.read(release.document), conference.in_effect)


def _in_spite_of(overruled: str) -> str:
    why, *clashes = overruled.split("\n")
    if not clashes:
        return ""
    count = "1 clash" if len(clashes) == 1 else f"{len(clashes)} clashes"
    return f" in spite of {count}: {why}"


def _record(difference: Difference, who: str) -> None:
    if difference:
        history.record(f"A programme was loaded: {difference}", about="programme", who=who)
