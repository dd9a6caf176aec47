"""Deeds on materials: hand one in, say when readers see it, give the word, take it away.

Each is in effect at once, for whoever hands slides in minutes before a talk cannot wait for a
release; but only a session that readers see has materials that they see.
"""

from secrets import token_hex
from typing import BinaryIO, Final

from sqlalchemy import func, select

from app import clock
from app.database import db
from app.edition import raise_edition
from app.errors import NotFound, Refused
from app.history import services as history
from app.programme import profile
from app.programme.editing import edits
from app.programme.editing.of_sessions import KIND
from app.programme.materials import checking, storage
from app.programme.materials.models import LINK, Material
from app.programme.materials.queries import GONE
from app.programme.models import Session

MOST: Final = 12  # for one session
LENGTH_OF_KEY: Final = 16  # bytes


def hand_in(session: Session, file: BinaryIO, title: str, opens: str, *, who: str) -> bool:
    """Keep a file as slides or a paper of a session; raise Unreadable where it cannot be taken.

    Whoever saw no answer sends it once more: the very same is kept once. Tell whether it is new.
    """
    kind = checking.kind_of(file)
    edits.hold(session)
    same = {"kind": kind, "title": title, "opens": opens, "digest": storage.digest(file)}
    known = select(Material.id).filter_by(session_id=session.id, **same)
    if db.session.scalars(known.limit(1)).first() is not None:
        return False
    material = _added(session, Material(kind=kind, title=title, opens=opens))
    storage.store(material, file)
    _tell(material, f"{title} ({kind.upper()}) was handed in", who)
    return True


def link(session: Session, address: str, title: str, opens: str, *, who: str) -> Material:
    """Keep a link as slides or a paper of a session."""
    wrong = profile.fault(address)
    if wrong:
        raise Refused(f"The link {wrong}")
    bare = profile.without_tracking(address)
    material = _added(session, Material(kind=LINK, address=bare, title=title, opens=opens))
    _tell(material, f"a link was added: {title} ({bare})", who)
    return material


def change(material: Material, title: str, opens: str, *, who: str) -> bool:
    """Call a material something else or show it at another time; tell whether that is news."""
    _hold(material)
    if (material.title, material.opens) == (title, opens):
        return False
    material.title, material.opens, material.released_at = title, opens, None
    _tell(material, f"{title} was changed", who)
    return True


def replace(material: Material, file: BinaryIO, *, who: str) -> None:
    """Keep another file in the place of one; its address stays, the word on the one before not."""
    if material.is_link:
        raise Refused("A link has no file: take it away and hand the file in")
    kind = checking.kind_of(file)
    _hold(material)
    material.kind, material.released_at = kind, None
    storage.store(material, file)
    _tell(material, f"another file was handed in for {material.title}", who)


def release(material: Material, *, who: str) -> bool:
    """Give the organisers' word that readers may see it; tell whether that is news."""
    _hold(material)
    if not material.waits_for_word:
        return False
    material.released_at = clock.now()
    _tell(material, f"{material.title} was released", who)
    return True


def take_away(material: Material, *, who: str) -> None:
    """Keep a material no longer."""
    _hold(material)
    _tell(material, f"{material.title} was taken away", who)
    db.session.delete(material)
    db.session.flush()


def _hold(material: Material) -> None:
    """Let nobody else change a material, and see it as it is now; raise NotFound once it has gone.

    Who hands another in beside it holds its session too.
    """
    edits.hold(material.session)
    if db.session.scalar(select(Material.id).where(Material.id == material.id)) is None:
        raise NotFound(GONE)
    db.session.refresh(material)


def _added(session: Session, material: Material) -> Material:
    """Add a material to a session, as long as it has not got very many."""
    edits.hold(session)
    of_session = select(func.count()).select_from(Material).where(Material.session == session)
    if (db.session.scalar(of_session) or 0) >= MOST:
        raise Refused(f"A session can have {MOST} files and links: take one away first")
    material.key, material.session, material.made_at = (
        token_hex(LENGTH_OF_KEY),
        session,
        clock.now(),
    )
    db.session.add(material)
    return material


def _tell(material: Material, what: str, who: str) -> None:
    raise_edition()
    session = material.session
    history.record(f"{session.title}: {what}", about=KIND.about(session), who=who)
