"""renditions of photos."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("photo", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("cut", sa.String(), server_default="50 50 100", nullable=False)
        )
        batch_op.add_column(sa.Column("whole", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("painting_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("painted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "rendition",
        sa.Column("photo_key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("side", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["photo_key"],
            ["photo.key"],
            name=op.f("fk_rendition_photo_key_photo"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("photo_key", "kind", "side", name=op.f("pk_rendition")),
    )


def downgrade() -> None:
    op.drop_table("rendition")
    with op.batch_alter_table("photo", schema=None) as batch_op:
        for column in ("painted_at", "painting_until", "whole", "cut"):
            batch_op.drop_column(column)
