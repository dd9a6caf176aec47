"""Read-only queries about the example: whether it may be removed, and what would be removed."""

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, func, select

from app.content.models import ContentVersion
from app.database import Base, db
from app.delegates.models import Delegate
from app.history.models import HistoryEntry
from app.materials.models import Material
from app.programme.models import Conference, Photo, Release, Room, Session, Speaker, Theme
from app.speakers.models import SpeakerAccess

EXAMPLE_FILE: Final = "conference.json"
EXAMPLE_MEALS: Final = ("lunch-thursday", "lunch-friday")  # public files do not name meals
KEEPING_SUBJECT: Final = "example"  # of the entry about keeping the example


@dataclass(frozen=True)
class Inventory:
    """How much data of a conference the site has."""

    sessions: int
    speakers: int
    rooms: int
    themes: int
    releases: int
    delegates: int  # invented and real ones
    texts: int  # edited versions of pages, news, links and the notice
    photos: int
    files: int  # slides and papers
    accesses: int  # people with access to speakers' pages


@dataclass(frozen=True)
class ReplacementPreview:
    """The current conference, what would be removed with it, and whether it may be."""

    title: str
    inventory: Inventory
    has_real_delegates: bool
    fingerprint: str  # of all this, to detect changes between confirmation and removal


INVENTORY_MODELS: Final[Mapping[str, type[Base]]] = {
    "sessions": Session,
    "speakers": Speaker,
    "rooms": Room,
    "themes": Theme,
    "releases": Release,
    "delegates": Delegate,
    "texts": ContentVersion,
    "photos": Photo,
    "files": Material,
    "accesses": SpeakerAccess,
}
IS_REAL: Final = Delegate.is_demo.is_(False)  # includes cancelled bookings
OFFER_COLUMNS: Final[tuple[ColumnElement[Any], ...]] = (  # for ``is_offered``
    select(Conference.acronym).scalar_subquery(),
    select(Conference.is_demo).scalar_subquery(),
    select(select(Delegate.id).where(IS_REAL).exists()).scalar_subquery(),
    select(
        select(HistoryEntry.id).where(HistoryEntry.subject == KEEPING_SUBJECT).exists()
    ).scalar_subquery(),
)


def has_real_delegates() -> bool:
    """Return True if a real person has registered, even if they have cancelled."""
    return db.session.scalar(select(Delegate.id).where(IS_REAL).limit(1)) is not None


def get_replacement_preview() -> ReplacementPreview:
    """Return the current conference and what would be removed with it, in one statement."""
    counts = [select(func.count()).select_from(one) for one in INVENTORY_MODELS.values()]
    facts = [Conference.acronym, Conference.title, Conference.version, Conference.current_release]
    row = db.session.execute(
        select(
            select(select(Delegate.id).where(IS_REAL).exists()).scalar_subquery(),
            *(select(fact).scalar_subquery() for fact in facts),
            *(count.scalar_subquery() for count in counts),
        )
    ).one()
    inventory = Inventory(*row[1 + len(facts) :])
    content = repr((tuple(row[1 : 1 + len(facts)]), astuple(inventory)))
    return ReplacementPreview(
        row[2] or "", inventory, bool(row[0]), sha256(content.encode()).hexdigest()[:32]
    )


def is_offered(folder: Path, row: Row[Any] | tuple[Any, ...]) -> bool:
    """Return whether a new organiser is offered to replace the example.

    ``row`` has the values of ``OFFER_COLUMNS``.
    """
    acronym, is_demo, has_real, is_kept = row
    is_example = acronym is None or is_demo or acronym == get_example_acronym(folder)
    return is_example and not has_real and not is_kept


@cache
def get_example_acronym(folder: Path) -> str:
    """Return the acronym of the example."""
    document = json.loads((folder / EXAMPLE_FILE).read_text(encoding="utf-8"))
    return str(document["conference"]["acronym"])
