"""whether food is served in a session, for the caterer."""

import sqlalchemy as sa
from alembic import op

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "session",
        sa.Column("serves_food", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.execute(
        "UPDATE session SET serves_food = (1 = 1) "
        "WHERE LOWER(kind) IN ('breakfast', 'lunch', 'dinner')"
    )


def downgrade() -> None:
    with op.batch_alter_table("session") as batch:
        batch.drop_column("serves_food")
