"""a narrow index of the names of delegates who attend, for likely duplicates."""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None

ATTENDING = sa.text("cancelled_at IS NULL")


def upgrade() -> None:
    op.create_index(
        "ix_delegate_attending_name",
        "delegate",
        ["name_sort_key", "country"],
        sqlite_where=ATTENDING,
        postgresql_where=ATTENDING,
    )


def downgrade() -> None:
    op.drop_index("ix_delegate_attending_name", "delegate")
