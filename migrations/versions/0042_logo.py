"""a logo in place of the shipped mark."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "site_logo",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("has_plate", sa.Boolean(), nullable=False),
        sa.Column("has_name", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_site_logo_single_row")),
        sa.CheckConstraint(
            "picture IS NULL OR description <> ''", name=op.f("ck_site_logo_described")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_logo")),
    )


def downgrade() -> None:
    op.drop_table("site_logo")
