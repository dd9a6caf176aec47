"""who uploaded a material, its approval, and materials that were deleted within a week."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

OPENINGS = ("now", "start", "end", "word")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _replace_check((*OPENINGS, "technicians"))
    with op.batch_alter_table("material", schema=None) as batch_op:
        batch_op.add_column(sa.Column("speaker_id", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("uploaded_by", sa.String(), server_default="", nullable=False)
        )
        batch_op.add_column(sa.Column("deleted_at", MOMENT, nullable=True))
        batch_op.add_column(sa.Column("deleted_by", sa.String(), server_default="", nullable=False))
        batch_op.create_foreign_key(
            batch_op.f("fk_material_speaker_id_speaker"),
            "speaker",
            ["speaker_id"],
            ["id"],
            ondelete="SET NULL",
        )
        batch_op.create_index(batch_op.f("ix_material_speaker_id"), ["speaker_id"], unique=False)
    # what is public already stays public: it counts as approved
    op.execute("UPDATE material SET released_at = created_at WHERE available_from <> 'word'")


def downgrade() -> None:
    # hidden files stay hidden: the earlier version shows them once an organiser releases them
    op.execute(
        "UPDATE material SET available_from = 'word', released_at = NULL"
        " WHERE available_from = 'technicians' OR deleted_at IS NOT NULL OR released_at IS NULL"
    )
    op.execute("UPDATE material SET released_at = NULL WHERE available_from <> 'word'")
    with op.batch_alter_table("material", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_material_speaker_id"))
        batch_op.drop_constraint(batch_op.f("fk_material_speaker_id_speaker"), type_="foreignkey")
        batch_op.drop_column("deleted_by")
        batch_op.drop_column("deleted_at")
        batch_op.drop_column("uploaded_by")
        batch_op.drop_column("speaker_id")
    _replace_check(OPENINGS)


def _replace_check(values: tuple[str, ...]) -> None:
    with op.batch_alter_table("material", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_material_known_opening"), type_="check")
        batch_op.create_check_constraint(
            batch_op.f("ck_material_known_opening"), f"available_from IN {values}"
        )
