"""when somebody chooses between two seats that a release has put at the same time."""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

IS_ASKED = sa.text("choose_by IS NOT NULL")


def upgrade() -> None:
    op.add_column(
        "session_booking", sa.Column("choose_by", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(
        "ix_session_booking_choose_by",
        "session_booking",
        ["choose_by"],
        sqlite_where=IS_ASKED,
        postgresql_where=IS_ASKED,
    )


def downgrade() -> None:
    op.drop_index("ix_session_booking_choose_by", "session_booking")
    with op.batch_alter_table("session_booking") as batch:
        batch.drop_column("choose_by")
