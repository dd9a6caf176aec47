"""narrow indexes of delegates who attend, for the figures of the dashboard."""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

ATTENDING = sa.text("cancelled_at IS NULL")
COLUMNS = ("country", "days", "category_id", "registered_at")


def upgrade() -> None:
    for name, columns in (
        ("ix_delegate_attending_email", ["email"]),
        ("ix_delegate_attending_figures", [*COLUMNS]),
    ):
        op.create_index(
            name, "delegate", columns, sqlite_where=ATTENDING, postgresql_where=ATTENDING
        )


def downgrade() -> None:
    op.drop_index("ix_delegate_attending_figures", "delegate")
    op.drop_index("ix_delegate_attending_email", "delegate")
