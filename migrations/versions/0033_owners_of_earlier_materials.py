"""who uploaded the materials of before 0026, as far as the history says so.

The entry was written together with the material. What nobody can be found for stays without an
owner, as if the organisers had uploaded it.
"""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0030"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TOGETHER = timedelta(seconds=5)
MATERIAL = sa.table(
    "material",
    *(sa.column(name) for name in ("id", "session_id", "title", "speaker_id", "uploaded_by")),
    sa.column("created_at", MOMENT),
)
SESSION = sa.table("session", sa.column("id"), sa.column("key"))
ENTRY = sa.table(
    "history_entry",
    *(sa.column(name) for name in ("actor", "subject", "summary")),
    sa.column("happened_at", MOMENT),
)
APPEARANCE = sa.table("appearance", sa.column("session_id"), sa.column("speaker_id"))
ACCESS = sa.table("speaker_access", sa.column("speaker_id"), sa.column("person_id"))
PERSON = sa.table("person", sa.column("id"), sa.column("email"))


def upgrade() -> None:
    connection = op.get_bind()
    without_owner = (
        sa.select(MATERIAL, SESSION.c.key)
        .join(SESSION, SESSION.c.id == MATERIAL.c.session_id)
        .where(MATERIAL.c.speaker_id.is_(None), MATERIAL.c.uploaded_by == "")
    )
    for material in connection.execute(without_owner).all():
        uploader = find_uploader(connection, material)
        if uploader:
            connection.execute(
                MATERIAL.update()
                .where(MATERIAL.c.id == material.id)
                .values(
                    uploaded_by=uploader,
                    speaker_id=find_speaker(connection, material.session_id, uploader),
                )
            )


def downgrade() -> None:
    """Leave the owners: the version before knows them too."""


def find_uploader(connection, material) -> str:
    """Return who added a material to its session at that moment, or "" if that is not clear."""
    entries = connection.execute(
        sa.select(ENTRY.c.actor, ENTRY.c.summary).where(
            ENTRY.c.subject == f"session {material.key}",
            ENTRY.c.happened_at.between(
                material.created_at - TOGETHER, material.created_at + TOGETHER
            ),
            sa.or_(
                ENTRY.c.summary.like("%) was handed in"),
                ENTRY.c.summary.like("%: a link was added: %"),
            ),
        )
    ).all()
    if len({one.actor for one in entries}) > 1:
        entries = [one for one in entries if f": {material.title} (" in one.summary]
    actors = {one.actor for one in entries}
    return actors.pop() if len(actors) == 1 else ""


def find_speaker(connection, session_id: int, email: str) -> int | None:
    """Return the speaker of a session on whose pages somebody worked, if there is only one."""
    found = connection.scalars(
        sa.select(APPEARANCE.c.speaker_id)
        .join(ACCESS, ACCESS.c.speaker_id == APPEARANCE.c.speaker_id)
        .join(PERSON, PERSON.c.id == ACCESS.c.person_id)
        .where(APPEARANCE.c.session_id == session_id, PERSON.c.email == email)
        .distinct()
    ).all()
    return found[0] if len(found) == 1 else None
