"""Operations on materials: upload, add a link, edit, replace, release, delete.

All take effect at once, because slides uploaded minutes before a talk cannot wait for a release;
but only the materials of public sessions are public. A file has been accepted
(``file_validation.accept``) before the transaction that stores it begins.
"""

from secrets import token_hex
from typing import Final

from sqlalchemy import func, select

from app import clock
from app.cache_version import bump_cache_version
from app.database import db
from app.errors import NotFound, RuleViolation
from app.history import services as history
from app.materials import storage
from app.materials.file_validation import AcceptedFile
from app.materials.models import LINK, Material
from app.materials.queries import MATERIAL_GONE
from app.programme import speaker_links
from app.programme.editing import versioned_edits
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.models import Session

MAX_MATERIALS_PER_SESSION: Final = 12
KEY_BYTES: Final = 16


def add_file(
    session: Session, file: AcceptedFile, title: str, available_from: str, *, actor: str
) -> bool:
    """Add a file to a session; return False if the same file was already there.

    A browser may send an upload again when it got no response.
    """
    versioned_edits.lock(session)
    same = {
        "kind": file.kind,
        "title": title,
        "available_from": available_from,
        "digest": file.digest,
    }
    known = select(Material.id).filter_by(session_id=session.id, **same)
    if db.session.scalars(known.limit(1)).first() is not None:
        return False
    material = _add(session, Material(kind=file.kind, title=title, available_from=available_from))
    storage.save(material, file)
    _record_change(material, f"{title} ({file.kind.upper()}) was handed in", actor)
    return True


def add_link(
    session: Session, address: str, title: str, available_from: str, *, actor: str
) -> Material:
    """Add a link to a session; raise RuleViolation if the URL is not allowed."""
    error = speaker_links.link_error(address)
    if error:
        raise RuleViolation(f"The link {error}")
    stripped = speaker_links.strip_tracking(address)
    material = _add(
        session, Material(kind=LINK, address=stripped, title=title, available_from=available_from)
    )
    _record_change(material, f"a link was added: {title} ({stripped})", actor)
    return material


def update(
    material: Material,
    title: str,
    available_from: str,
    *,
    file: AcceptedFile | None = None,
    actor: str,
) -> bool:
    """Change title or availability, or replace the file; return True if anything changed."""
    if file is not None:
        replace_file(material, file, actor=actor)
    _lock(material)
    if (material.title, material.available_from) == (title, available_from):
        return file is not None
    material.title, material.available_from, material.released_at = title, available_from, None
    _record_change(material, f"{title} was changed", actor)
    return True


def replace_file(material: Material, file: AcceptedFile, *, actor: str) -> None:
    """Replace a file and keep its URL; the new file needs to be released again."""
    if material.is_link:
        raise RuleViolation("A link has no file: take it away and hand the file in")
    _lock(material)
    material.kind, material.released_at = file.kind, None
    storage.save(material, file)
    _record_change(material, f"another file was handed in for {material.title}", actor)


def approve(material: Material, *, actor: str) -> bool:
    """Release a material that awaits the organisers' approval; return True if anything changed."""
    _lock(material)
    if not material.is_awaiting_release:
        return False
    material.released_at = clock.now()
    _record_change(material, f"{material.title} was released", actor)
    return True


def delete(material: Material, *, actor: str) -> None:
    """Delete a material."""
    _lock(material)
    _record_change(material, f"{material.title} was taken away", actor)
    db.session.delete(material)
    db.session.flush()


def _lock(material: Material) -> None:
    """Lock a material and refresh it; raise NotFound if it has been deleted.

    The session is locked too, against uploads of further materials.
    """
    versioned_edits.lock(material.session)
    if db.session.scalar(select(Material.id).where(Material.id == material.id)) is None:
        raise NotFound(MATERIAL_GONE)
    db.session.refresh(material)


def _add(session: Session, material: Material) -> Material:
    """Add a material; raise RuleViolation if the session has too many."""
    versioned_edits.lock(session)
    of_session = select(func.count()).select_from(Material).where(Material.session == session)
    if (db.session.scalar(of_session) or 0) >= MAX_MATERIALS_PER_SESSION:
        raise RuleViolation(
            f"A session can have {MAX_MATERIALS_PER_SESSION} files and links: take one away first"
        )
    material.key, material.session, material.created_at = (
        token_hex(KEY_BYTES),
        session,
        clock.now(),
    )
    db.session.add(material)
    return material


def _record_change(material: Material, sentence: str, actor: str) -> None:
    bump_cache_version()
    session = material.session
    history.record(
        f"{session.title}: {sentence}", subject=SESSION_FIELDS.history_subject(session), actor=actor
    )
