"""Read-only queries on materials, and the materials that are part of public pages.

Materials are not part of a release: the current ones are added to a snapshot when it is loaded.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session as Database
from sqlalchemy.orm import contains_eager, joinedload

from app.database import db
from app.errors import NotFound
from app.materials.models import TECHNICIANS, DownloadCount, Material
from app.programme import models, snapshot
from app.programme.editing import session_queries
from app.programme.models import Appearance, Session, Speaker
from app.programme.snapshot import Snapshot

MATERIAL_GONE = "This file or link no longer exists"
IS_PRESENT = Material.deleted_at.is_(None)
COUNT_OF_SPEAKER = (  # a subquery for other packages: materials in the sessions of a speaker
    select(func.count(Material.id.distinct()))
    .join(Appearance, Appearance.session_id == Material.session_id)
    .where(Appearance.speaker_id == Speaker.id, IS_PRESENT)
    .correlate(Speaker)
    .scalar_subquery()
)
HAS_MATERIAL = (
    select(Material.id).where(Material.session_id == Session.id, IS_PRESENT).exists()
)  # of a session
# Ids of speakers whose materials must not be public; the package with their answers extends it.
REFUSALS: list[Select[tuple[int]]] = []


def get_material(key: str) -> Material:
    """Return a material with its session; raise NotFound if there is none, or it was deleted."""
    found = _find_material(key)
    if found is None or found.deleted_at is not None:
        raise NotFound(MATERIAL_GONE)
    return found


def get_material_of_session(session: Session, key: str) -> Material:
    """Return a material; raise NotFound if it belongs to another session."""
    found = get_material(key)
    if found.session_id != session.id:
        raise NotFound(MATERIAL_GONE)
    return found


def get_deleted_material(session: Session, key: str) -> Material:
    """Return a deleted material of a session; raise NotFound if it cannot be restored."""
    found = _find_material(key)
    if found is None or found.session_id != session.id or found.deleted_at is None:
        raise NotFound(MATERIAL_GONE)
    return found


def _find_material(key: str) -> Material | None:
    wanted = select(Material).where(Material.key == key).options(joinedload(Material.session))
    return db.session.scalar(wanted)


def fingerprint(material: Material) -> str:
    """Return a hash of all editable values, to detect changes since a page was opened."""
    values = (
        material.title,
        material.available_from,
        material.digest,
        material.address,
        material.deleted_at,
    )
    return sha256(repr(values).encode()).hexdigest()[:16]


def list_by_session(sessions: Collection[int]) -> Mapping[int, Sequence[Material]]:
    """List the materials of several sessions by session id, oldest first; deleted ones last."""
    wanted = (
        select(Material)
        .where(Material.session_id.in_(sessions))
        .options(
            joinedload(Material.speaker),
            joinedload(Material.session).selectinload(Session.appearances),
        )
        .order_by(Material.deleted_at.is_not(None), Material.id)
    )
    found: dict[int, list[Material]] = {number: [] for number in sessions}
    for row in db.session.scalars(wanted):
        found[row.session_id].append(row)
    return found


def count_downloads(materials: Collection[Material]) -> Mapping[int, int]:
    """Return the number of downloads of several files, by material id."""
    ids = [material.id for material in materials]
    rows = db.session.execute(
        select(DownloadCount.material_id, func.sum(DownloadCount.count))
        .where(DownloadCount.material_id.in_(ids))
        .group_by(DownloadCount.material_id)
    )
    return {**dict.fromkeys(ids, 0), **{number: int(total) for number, total in rows}}


def list_awaiting_release() -> Sequence[Material]:
    """List the materials that wait for approval, with their sessions, oldest first."""
    return db.session.scalars(
        select(Material)
        .join(Material.session)
        .where(
            Material.available_from != TECHNICIANS,
            Material.released_at.is_(None),
            IS_PRESENT,
            session_queries.TAKES_PLACE,
        )
        .options(contains_eager(Material.session))
        .order_by(Material.id)
    ).all()


def list_refusals(materials: Collection[Material]) -> Mapping[int, Sequence[str]]:
    """Return the names of speakers who prevent materials from being public, by material id.

    For a speaker's material, that is the uploader, if they have withdrawn or refused publication.
    For an organisers' material, it is every speaker of its session who has refused.
    """
    ids = [material.id for material in materials]
    refused = _refused_speaker_ids()
    own = select(Material.id, Speaker.name).join(Speaker, Speaker.id == Material.speaker_id)
    shared = (
        select(Material.id, Speaker.name)
        .join(Appearance, Appearance.session_id == Material.session_id)
        .join(Speaker, Speaker.id == Appearance.speaker_id)
        .where(Material.speaker_id.is_(None), Speaker.id.in_(refused))
    )
    is_out = or_(Speaker.withdrawn_at.is_not(None), Speaker.id.in_(refused))
    rows = [
        *db.session.execute(own.where(is_out, Material.id.in_(ids))),
        *db.session.execute(shared.where(Material.id.in_(ids)).distinct()),
    ]
    found: dict[int, list[str]] = defaultdict(list)
    for number, name in rows:
        found[number].append(name)
    return found


def _refused_speaker_ids() -> Select[tuple[int]]:
    """Return a query for the ids of speakers who refuse publication of their materials."""
    return select(Speaker.id).where(
        or_(false(), *(Speaker.id.in_(refusal) for refusal in REFUSALS))
    )


def attach_to(content: Snapshot, database: Database) -> Snapshot:
    """Return the snapshot with the materials of its sessions that may be public."""
    wanted = (
        select(Material, models.Session.key, Speaker.key)
        .join(Material.session)
        .outerjoin(Material.speaker)
        .where(IS_PRESENT, ~_is_refused())
        .order_by(Material.id)
    )
    public_names = {speaker.slug: speaker.key or speaker.slug for speaker in content.speakers}
    public_speakers = {
        session.key: {public_names.get(part.slug) for part in session.parts}
        for session in content.sessions
    }
    found: dict[str, list[Material]] = defaultdict(list)
    for row, key, speaker_key in database.execute(wanted):
        if speaker_key is None or speaker_key in public_speakers.get(key, ()):
            found[key].append(row)
    if not found:
        return content
    sessions = (
        replace(session, materials=_snapshot_materials(session, found[session.key]))
        if session.key in found
        else session
        for session in content.sessions
    )
    return replace(content, sessions=tuple(sessions))


def _is_refused() -> ColumnElement[bool]:
    """Return the condition for materials that a speaker does not want to be public."""
    refused = _refused_speaker_ids()
    speaker_is_out = or_(Speaker.withdrawn_at.is_not(None), Material.speaker_id.in_(refused))
    of_session = (
        select(Appearance.id)
        .where(Appearance.session_id == Material.session_id, Appearance.speaker_id.in_(refused))
        .exists()
    )
    return or_(
        and_(Material.speaker_id.is_not(None), speaker_is_out),
        and_(Material.speaker_id.is_(None), of_session),
    )


def _snapshot_materials(
    session: snapshot.Session, rows: list[Material]
) -> tuple[snapshot.Material, ...]:
    """Return the materials whose publication time is known."""
    moments = ((row, row.opens_at(session.starts_at, session.ends_at)) for row in rows)
    return tuple(
        snapshot.Material(row.key, row.title, row.kind, row.address, row.size, opens_at)
        for row, opens_at in moments
        if opens_at is not None
    )


HAS_UNRELEASED_MATERIAL = (
    select(Material.id)
    .where(
        Material.session_id == Session.id,
        Material.available_from != TECHNICIANS,
        Material.released_at.is_(None),
        IS_PRESENT,
    )
    .exists()
)

# registers a filter of the organisers' session list: materials that await release
session_queries.MISSING_CONDITIONS["word"] = session_queries.TAKES_PLACE & HAS_UNRELEASED_MATERIAL
