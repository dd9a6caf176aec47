"""Read-only queries on materials, and the materials that are part of public pages.

Materials are not part of a release: the current ones are added to a snapshot when it is loaded.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Database
from sqlalchemy.orm import joinedload

from app.database import db
from app.errors import NotFound
from app.materials.models import ON_RELEASE, DownloadCount, Material
from app.programme import models, snapshot
from app.programme.editing import session_queries
from app.programme.models import Appearance, Session
from app.programme.snapshot import Snapshot

MATERIAL_GONE = "There is no such file or link any more"


def get_material(key: str) -> Material:
    """Return a material with its session; raise NotFound."""
    wanted = select(Material).where(Material.key == key).options(joinedload(Material.session))
    found = db.session.scalar(wanted)
    if found is None:
        raise NotFound(MATERIAL_GONE)
    return found


def get_material_of_session(session: Session, key: str) -> Material:
    """Return a material; raise NotFound if it belongs to another session."""
    found = get_material(key)
    if found.session_id != session.id:
        raise NotFound(MATERIAL_GONE)
    return found


def list_by_session(sessions: Collection[int]) -> Mapping[int, Sequence[Material]]:
    """List the materials of several sessions by session id, oldest first."""
    wanted = select(Material).where(Material.session_id.in_(sessions)).order_by(Material.id)
    found: dict[int, list[Material]] = {number: [] for number in sessions}
    for row in db.session.scalars(wanted):
        found[row.session_id].append(row)
    return found


def count_downloads(materials: Collection[Material]) -> Mapping[int, int]:
    """Return the number of downloads of several files, by material id."""
    ids = [one.id for one in materials]
    rows = db.session.execute(
        select(DownloadCount.material_id, func.sum(DownloadCount.count))
        .where(DownloadCount.material_id.in_(ids))
        .group_by(DownloadCount.material_id)
    )
    return {**dict.fromkeys(ids, 0), **{number: int(total) for number, total in rows}}


def count_by_speaker(speakers: Collection[int]) -> Mapping[int, int]:
    """Return the number of materials in each speaker's sessions, by speaker id."""
    rows = db.session.execute(
        select(Appearance.speaker_id, func.count(Material.id.distinct()).label("total"))
        .join(Material, Material.session_id == Appearance.session_id)
        .where(Appearance.speaker_id.in_(speakers))
        .group_by(Appearance.speaker_id)
    )
    return {**dict.fromkeys(speakers, 0), **{row.speaker_id: row.total for row in rows}}


def attach_to(content: Snapshot, database: Database) -> Snapshot:
    """Return the snapshot with the materials of its sessions."""
    wanted = select(Material, models.Session.key).join(Material.session).order_by(Material.id)
    found: dict[str, list[Material]] = defaultdict(list)
    for row, key in database.execute(wanted):
        found[key].append(row)
    if not found:
        return content
    sessions = (
        replace(one, materials=_snapshot_materials(one, found[one.key]))
        if one.key in found
        else one
        for one in content.sessions
    )
    return replace(content, sessions=tuple(sessions))


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
        Material.available_from == ON_RELEASE,
        Material.released_at.is_(None),
    )
    .exists()
)

# registers a filter of the organisers' session list: materials that await release
session_queries.MISSING_CONDITIONS["word"] = session_queries.TAKES_PLACE & HAS_UNRELEASED_MATERIAL
