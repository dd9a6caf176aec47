"""identity of the database, when a worker was last seen, and whether one draws."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("site_state", schema=None) as batch_op:
        batch_op.add_column(sa.Column("database_id", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("drawing_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("worker_seen_at", sa.DateTime(timezone=True), nullable=True))
    site_state = sa.table("site_state", sa.column("database_id", sa.String))
    op.execute(site_state.update().values(database_id=uuid4().hex))


def downgrade() -> None:
    with op.batch_alter_table("site_state", schema=None) as batch_op:
        batch_op.drop_column("worker_seen_at")
        batch_op.drop_column("drawing_until")
        batch_op.drop_column("database_id")
