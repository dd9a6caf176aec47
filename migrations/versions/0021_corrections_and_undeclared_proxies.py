"""until when a confirmation page corrects an address; when an undeclared proxy was seen."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("confirmation", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("correctable_until", sa.DateTime(timezone=True), nullable=True)
        )
    with op.batch_alter_table("site_state", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("undeclared_proxy_seen_at", sa.DateTime(timezone=True), nullable=True)
        )


def downgrade() -> None:
    with op.batch_alter_table("site_state", schema=None) as batch_op:
        batch_op.drop_column("undeclared_proxy_seen_at")
    with op.batch_alter_table("confirmation", schema=None) as batch_op:
        batch_op.drop_column("correctable_until")
