"""What publishing would do now, and what was published before. Nothing here changes anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from hashlib import sha256

from sqlalchemy import ColumnElement, and_, func, select

from app import clock
from app.database import db, reading
from app.errors import NotFound
from app.programme import document, in_effect, queries
from app.programme.clashes import Clash, find
from app.programme.document import Document
from app.programme.freezing import freeze
from app.programme.models import FAILED, WAITING, Conference, PlannedRelease, Release
from app.programme.publishing import placing
from app.programme.publishing.comparison import Comparison, compare
from app.programme.releases import NOTHING

CURRENT = select(Conference.current_release).scalar_subquery()
LISTED = (
    Release.number,
    Release.published_at,
    Release.note,
    Release.who,
    Release.overruled,
    Release.number == func.coalesce(CURRENT, 0),
)


@dataclass(frozen=True)
class Listed:
    """A release, without what it holds."""

    number: int
    published_at: datetime
    note: str
    who: str
    overruled: str
    is_current: bool


@dataclass(frozen=True)
class Outlook:
    """What publishing would do now."""

    conference: Conference
    public: Document
    working: Document
    clashes: tuple[Clash, ...]

    @property
    def current(self) -> int:
        """The release that readers see; 0 when there is none."""
        return self.conference.current_release or 0

    @cached_property
    def comparison(self) -> Comparison:
        """What readers would see change."""
        return compare(self.public, self.working)

    @cached_property
    def slugs(self) -> Mapping[str, str]:
        """The addresses of its sessions by their keys."""
        return {session.key: session.slug for session in self.working.sessions}

    @cached_property
    def seal(self) -> str:
        """Give what stands for all this, so that only what someone has seen is done."""
        reasons = "\n".join(map(told, self.clashes))
        seen = f"{self.current}\n{document.written(self.working)}\n{reasons}"
        return sha256(seen.encode()).hexdigest()[:32]


def outlook() -> Outlook:
    """Look at what publishing would do now."""
    conference, shown = _shown()
    rows = queries.working_rows()
    return Outlook(
        conference=conference,
        public=_document(conference, shown),
        working=freeze(rows),
        clashes=for_readers(find(*placing.of_rows(rows))),
    )


def for_readers(clashes: Sequence[Clash]) -> tuple[Clash, ...]:
    """Leave out the clashes of drafts, which no reader would see."""
    return tuple(clash for clash in clashes if not clash.is_draft)


def told(clash: Clash) -> str:
    """Tell a clash in one line."""
    return f"{clash.title}: {clash.reason}"


def public() -> Document:
    """Give the programme that readers see, as the database knows it now."""
    return _document(*_shown())


def as_shown_again(number: int) -> Document:
    """Give a release as readers would see it if it were made public again.

    The facts of the conference stay as the settings have them, unless it is another conference.
    """
    now, then = public().conference, document.read(release(number).document)
    return replace(then, conference=now) if now.acronym == then.conference.acronym else then


def conference() -> Conference:
    """Find the conference as the database knows it now."""
    return _shown()[0]


def _shown() -> tuple[Conference, Release | None]:
    """Find the conference, and the release that readers see, in one question."""
    is_shown = Release.number == Conference.current_release
    found = db.session.execute(
        select(Conference, Release).outerjoin(Release, is_shown),
        execution_options={"populate_existing": True},
    ).one_or_none()
    if found is None:
        raise NotFound("No conference has been loaded yet")
    return found.Conference, found.Release


def _document(conference: Conference, shown: Release | None) -> Document:
    if shown is None:
        return NOTHING
    return in_effect.over(document.read(shown.document), conference.in_effect)


def releases() -> Sequence[Listed]:
    """List every release, the newest first."""
    rows = db.session.execute(select(*LISTED).order_by(Release.number.desc()))
    return [Listed(*row) for row in rows]


def release(number: int) -> Release:
    """Find a release, with what it holds."""
    found = db.session.get(Release, number)
    if found is None:
        raise NotFound("There is no release with that number")
    return found


def plans() -> Sequence[PlannedRelease]:
    """List the releases that are planned, and those that failed and wait for someone to look."""
    return db.session.scalars(
        select(PlannedRelease)
        .where(PlannedRelease.state.in_((WAITING, FAILED)))
        .order_by(PlannedRelease.publish_at, PlannedRelease.id)
    ).all()


def plan(number: int) -> PlannedRelease:
    """Find a planned release."""
    found = db.session.get(PlannedRelease, number)
    if found is None:
        raise NotFound("There is no planned release at that address")
    return found


def is_anything_due() -> bool:
    """Whether the moment of a planned release has come; costs next to nothing."""
    with reading(db.engine) as connection:
        due = select(PlannedRelease.id).where(is_due()).limit(1)
        return connection.execute(due).first() is not None


def is_due() -> ColumnElement[bool]:
    """Say which planned releases are to be published now."""
    return and_(PlannedRelease.state == WAITING, PlannedRelease.publish_at <= clock.now())
