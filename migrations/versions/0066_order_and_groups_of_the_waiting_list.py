"""waiting list: the order that organisers have changed, and groups that stay together."""

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

GROUP_KEY = "fk_waiting_list_entry_together_group_id_registration_group"
GROUP_INDEX = "ix_waiting_list_entry_together_group_id"


def upgrade() -> None:
    with op.batch_alter_table("waiting_list_entry") as batch:
        batch.add_column(sa.Column("queue_order", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("together_group_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            GROUP_KEY, "registration_group", ["together_group_id"], ["id"], ondelete="SET NULL"
        )
        batch.create_index(GROUP_INDEX, ["together_group_id"])


def downgrade() -> None:
    with op.batch_alter_table("waiting_list_entry") as batch:
        batch.drop_index(GROUP_INDEX)
        batch.drop_constraint(GROUP_KEY, type_="foreignkey")
        batch.drop_column("together_group_id")
        batch.drop_column("queue_order")
