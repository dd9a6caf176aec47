"""materials."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "material",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("opens", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'link') = (address <> '')", name=op.f("ck_material_file_or_link")
        ),
        sa.CheckConstraint(
            "kind IN ('pdf', 'odp', 'pptx', 'link')", name=op.f("ck_material_known_kind")
        ),
        sa.CheckConstraint(
            "opens IN ('now', 'start', 'end', 'word')", name=op.f("ck_material_known_opening")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name=op.f("fk_material_session_id_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_material")),
        sa.UniqueConstraint("key", name=op.f("uq_material_key")),
    )
    op.create_index(op.f("ix_material_session_id"), "material", ["session_id"])
    op.create_table(
        "piece",
        sa.Column("material_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["material_id"],
            ["material.id"],
            name=op.f("fk_piece_material_id_material"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("material_id", "number", name=op.f("pk_piece")),
    )
    op.create_table(
        "downloads",
        sa.Column("material_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.CheckConstraint("count > 0", name=op.f("ck_downloads_some")),
        sa.ForeignKeyConstraint(
            ["material_id"],
            ["material.id"],
            name=op.f("fk_downloads_material_id_material"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("material_id", "day", name=op.f("pk_downloads")),
    )


def downgrade() -> None:
    op.drop_table("downloads")
    op.drop_table("piece")
    op.drop_index(op.f("ix_material_session_id"), table_name="material")
    op.drop_table("material")
