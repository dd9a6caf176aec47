"""the release speakers were told of."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "told_release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_told_release_single_row")),
        sa.ForeignKeyConstraint(
            ["number"], ["release.number"], name=op.f("fk_told_release_number_release")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_told_release")),
    )


def downgrade() -> None:
    op.drop_table("told_release")
