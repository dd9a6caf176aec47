"""Questions about materials. Nothing here changes anything."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from app.database import db
from app.errors import NotFound
from app.programme.materials.models import Downloads, Material
from app.programme.models import Appearance, Session

GONE = "There is no such file or link any more"


def material(key: str) -> Material:
    """Find a material, with its session."""
    wanted = select(Material).where(Material.key == key).options(joinedload(Material.session))
    found = db.session.scalar(wanted)
    if found is None:
        raise NotFound(GONE)
    return found


def of(session: Session, key: str) -> Material:
    """Find a material of this session; another's is none of it."""
    found = material(key)
    if found.session_id != session.id:
        raise NotFound(GONE)
    return found


def of_sessions(sessions: Collection[int]) -> Mapping[int, Sequence[Material]]:
    """List the materials of several sessions, by the session's id, in the order they came."""
    wanted = select(Material).where(Material.session_id.in_(sessions)).order_by(Material.id)
    found: dict[int, list[Material]] = {number: [] for number in sessions}
    for row in db.session.scalars(wanted):
        found[row.session_id].append(row)
    return found


def downloads(materials: Collection[Material]) -> Mapping[int, int]:
    """Tell how often each of several files was taken, by the material's id."""
    ids = [one.id for one in materials]
    rows = db.session.execute(
        select(Downloads.material_id, func.sum(Downloads.count))
        .where(Downloads.material_id.in_(ids))
        .group_by(Downloads.material_id)
    )
    return {**dict.fromkeys(ids, 0), **{number: int(total) for number, total in rows}}


def counts_by_speaker(speakers: Collection[int]) -> Mapping[int, int]:
    """Count the materials of the sessions in which each of several speakers appears."""
    rows = db.session.execute(
        select(Appearance.speaker_id, func.count(Material.id.distinct()).label("total"))
        .join(Material, Material.session_id == Appearance.session_id)
        .where(Appearance.speaker_id.in_(speakers))
        .group_by(Appearance.speaker_id)
    )
    return {**dict.fromkeys(speakers, 0), **{row.speaker_id: row.total for row in rows}}
