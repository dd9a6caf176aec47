"""Operations on materials: upload, add a link, edit, replace, release, delete, restore.

All take effect at once, because slides uploaded minutes before a talk cannot wait for a release;
but only the materials of public sessions are public. Speakers' uploads become public once an
organiser has approved them, unless the settings trust speakers with slides, as with other fields.
Files are checked (``file_validation.accept``) before the transaction that stores them begins.
"""

from dataclasses import dataclass
from secrets import token_hex
from typing import Final

from sqlalchemy import delete as delete_rows
from sqlalchemy import func, select
from sqlalchemy import update as update_rows

from app import cache_version, clock
from app.database import db
from app.errors import NotFound, PermissionDenied, RuleViolation, StaleEdit
from app.history import services as history
from app.materials import files
from app.materials.file_validation import AcceptedFile
from app.materials.models import LINK, ON_RELEASE, RECOVERY_PERIOD, Material
from app.materials.queries import IS_PRESENT, MATERIAL_GONE, fingerprint
from app.programme import queries as programme
from app.programme import speaker_links
from app.programme.editing import versioned_edits
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.models import Session, Speaker

MAX_MATERIALS_PER_SESSION: Final = 12
KEY_BYTES: Final = 16
TRUSTED_NAME: Final = "slides"  # in the conference's setting of trusted fields
NOT_PARTICIPATING: Final = "You have withdrawn, so you cannot change this here"
NOT_UPLOADER: Final = "Someone else uploaded this. Only they and the organisers can change it"


@dataclass(frozen=True)
class Uploader:
    """Who acts on a material: an organiser, or a user of a speaker's pages."""

    actor: str  # an email address
    speaker: Speaker | None = None

    @property
    def needs_approval(self) -> bool:
        """Whether an organiser must approve what they upload before it is public."""
        trusted = programme.get_conference().trusted_fields.split()
        return self.speaker is not None and TRUSTED_NAME not in trusted

    def can_edit(self, material: Material) -> bool:
        """Return True if they may change, delete and restore a material.

        A speaker may do so with their own materials, and with those of the organisers if no one
        else appears in the session.
        """
        if self.speaker is None or material.speaker_id == self.speaker.id:
            return True
        parts = {part.speaker_id for part in material.session.appearances}
        return material.speaker_id is None and parts == {self.speaker.id}


class StaleMaterial(StaleEdit):
    """Someone else has changed or deleted the material since the page was opened."""

    message = (
        "Someone else has changed this since you opened the page, so your change has not been "
        "saved. Check what has changed, then try again"
    )


def add_file(
    session: Session, file: AcceptedFile, title: str, available_from: str, *, uploader: Uploader
) -> Material | None:
    """Add a file to a session; return None if the same file was already there.

    A browser may repeat an upload if it got no response.
    """
    versioned_edits.lock(session)
    same = {
        "kind": file.kind,
        "title": title,
        "available_from": available_from,
        "digest": file.digest,
    }
    known = select(Material.id).filter_by(session_id=session.id, **same).where(IS_PRESENT)
    if db.session.scalars(known.limit(1)).first() is not None:
        return None
    new = Material(kind=file.kind, title=title, available_from=available_from)
    material = _add(session, new, uploader)
    files.save(material, file)
    _record_change(material, f"{title} ({file.kind.upper()}) was uploaded", uploader)
    return material


def add_link(
    session: Session, address: str, title: str, available_from: str, *, uploader: Uploader
) -> Material:
    """Add a link to a session; raise RuleViolation if the URL is not allowed."""
    error = speaker_links.link_error(address)
    if error:
        raise RuleViolation(f"The link {error}")
    stripped = speaker_links.strip_tracking(address)
    new = Material(kind=LINK, address=stripped, title=title, available_from=available_from)
    material = _add(session, new, uploader)
    _record_change(material, f"a link was added: {title} ({stripped})", uploader)
    return material


def update(  # noqa: PLR0913 - all values of one form
    material: Material,
    title: str,
    available_from: str,
    *,
    file: AcceptedFile | None = None,
    expected_fingerprint: str,
    uploader: Uploader,
) -> bool:
    """Change title or availability, or replace the file; return True if anything changed."""
    _lock(material, expected_fingerprint, uploader)
    if file is None and (material.title, material.available_from) == (title, available_from):
        return False
    has_new_content = file is not None or material.title != title
    has_moved = material.available_from != available_from
    material.title, material.available_from = title, available_from
    _set_release(material, uploader, is_new=has_new_content, has_moved=has_moved)
    if file is not None:
        _replace_file(material, file, uploader)
    _record_change(material, f"{title} was changed", uploader)
    return True


def approve(material: Material, *, uploader: Uploader) -> bool:
    """Approve a material for publication; return True if anything changed."""
    _lock(material, None, uploader)
    if not material.is_awaiting_release:
        return False
    material.released_at = clock.now()
    _record_change(material, f"{material.title} was approved", uploader)
    return True


def delete(material: Material, *, expected_fingerprint: str, uploader: Uploader) -> None:
    """Delete a material; it can be restored for a week."""
    _lock(material, expected_fingerprint, uploader)
    material.deleted_at, material.deleted_by = clock.now(), uploader.actor
    _record_change(material, f"{material.title} was deleted", uploader)
    db.session.flush()


def restore(material: Material, *, uploader: Uploader) -> None:
    """Restore a deleted material; one that another person deleted needs approval again."""
    _lock_row(material, uploader)
    _check_count(material.session)
    if uploader.needs_approval and material.deleted_by != uploader.actor:
        material.released_at = None
    material.deleted_at, material.deleted_by = None, ""
    _record_change(material, f"{material.title} was restored", uploader)
    db.session.flush()


def transfer(source: Speaker, target: Speaker) -> None:
    """Give one speaker's materials to another, when two records are merged."""
    statement = update_rows(Material).where(Material.speaker_id == source.id)
    db.session.execute(statement.values(speaker_id=target.id))
    cache_version.bump_cache_version()


def purge_deleted() -> None:
    """Delete materials permanently a week after they were deleted; run by the worker."""
    if cache_version.is_clock_in_sync():
        expired = Material.deleted_at < clock.now() - RECOVERY_PERIOD
        db.session.execute(delete_rows(Material).where(expired))


def _lock(material: Material, expected_fingerprint: str | None, uploader: Uploader) -> None:
    """Lock a material; raise NotFound if it was deleted, StaleMaterial if it has changed."""
    _lock_row(material, uploader)
    if material.deleted_at is not None:
        raise NotFound(MATERIAL_GONE)
    if expected_fingerprint not in {None, fingerprint(material)}:
        raise StaleMaterial


def _lock_row(material: Material, uploader: Uploader) -> None:
    """Lock a material and refresh it; raise NotFound if it no longer exists.

    The session is locked too, against concurrent uploads.
    """
    versioned_edits.lock(material.session)
    if db.session.scalar(select(Material.id).where(Material.id == material.id)) is None:
        raise NotFound(MATERIAL_GONE)
    db.session.refresh(material)
    if not uploader.can_edit(material):
        raise PermissionDenied(NOT_UPLOADER)


def _add(session: Session, material: Material, uploader: Uploader) -> Material:
    """Add a material; raise RuleViolation if the session has too many."""
    if uploader.speaker is not None and uploader.speaker.withdrawn_at is not None:
        raise RuleViolation(NOT_PARTICIPATING)
    versioned_edits.lock(session)
    _check_count(session)
    material.key, material.session, material.created_at = (
        token_hex(KEY_BYTES),
        session,
        clock.now(),
    )
    material.speaker, material.uploaded_by = uploader.speaker, uploader.actor
    _set_release(material, uploader, is_new=True, has_moved=True)
    db.session.add(material)
    return material


def _check_count(session: Session) -> None:
    of_session = (
        select(func.count()).select_from(Material).where(Material.session == session, IS_PRESENT)
    )
    if (db.session.scalar(of_session) or 0) >= MAX_MATERIALS_PER_SESSION:
        raise RuleViolation(
            f"A session can have {MAX_MATERIALS_PER_SESSION} files and links: delete one first"
        )


def _set_release(material: Material, uploader: Uploader, *, is_new: bool, has_moved: bool) -> None:
    """Set or clear the approval after a change: new content needs approval again."""
    if material.is_internal or (material.available_from == ON_RELEASE and (is_new or has_moved)):
        material.released_at = None
    elif is_new or material.released_at is None:
        material.released_at = None if uploader.needs_approval else clock.now()


def _replace_file(material: Material, file: AcceptedFile, uploader: Uploader) -> None:
    """Replace a file and keep its URL."""
    if material.is_link:
        raise RuleViolation("A link has no file: delete it and upload the file")
    material.kind, material.uploaded_by = file.kind, uploader.actor
    material.created_at = clock.now()  # of the file; organisers hear of it once more
    files.save(material, file)
    _record_change(material, f"another file was uploaded for {material.title}", uploader)


def _record_change(material: Material, sentence: str, uploader: Uploader) -> None:
    cache_version.bump_cache_version()
    session = material.session
    history.record(
        f"{session.title}: {sentence}",
        subject=SESSION_FIELDS.history_subject(session),
        actor=uploader.actor,
    )
