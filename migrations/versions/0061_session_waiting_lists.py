"""waiting lists of sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

IDENTITY_INDEX = "uq_waiting_list_entry_identity_key_open"
SCOPE_INDEX = "uq_waiting_list_entry_delegate_scope_open"


def upgrade() -> None:
    op.add_column(
        "waiting_list_entry",
        sa.Column("scope", sa.String(), server_default="conference", nullable=False),
    )
    op.add_column(
        "waiting_list_entry", sa.Column("title", sa.String(), server_default="", nullable=False)
    )
    _recreate_identity_index("ended_at IS NULL AND identity_key <> ''")
    op.create_index(
        SCOPE_INDEX,
        "waiting_list_entry",
        ["delegate_id", "scope"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index("ix_waiting_list_entry_state", table_name="waiting_list_entry")
    op.create_index(
        "ix_waiting_list_entry_state", "waiting_list_entry", ["state", "scope", "id"]
    )


def downgrade() -> None:
    op.execute(
        "UPDATE seat_limit SET waiting = 0, taken = taken - (SELECT count(*) "
        "FROM waiting_list_entry WHERE state = 'offered' AND scope = seat_limit.name) "
        "WHERE name LIKE 'session %'"
    )
    op.execute("DELETE FROM waiting_list_entry WHERE scope <> 'conference'")
    op.drop_index("ix_waiting_list_entry_state", table_name="waiting_list_entry")
    op.create_index("ix_waiting_list_entry_state", "waiting_list_entry", ["state", "id"])
    op.drop_index(SCOPE_INDEX, table_name="waiting_list_entry")
    _recreate_identity_index("ended_at IS NULL")
    with op.batch_alter_table("waiting_list_entry") as batch:
        batch.drop_column("title")
        batch.drop_column("scope")


def _recreate_identity_index(condition: str) -> None:
    op.drop_index(IDENTITY_INDEX, table_name="waiting_list_entry")
    op.create_index(
        IDENTITY_INDEX,
        "waiting_list_entry",
        ["identity_key"],
        unique=True,
        sqlite_where=sa.text(condition),
        postgresql_where=sa.text(condition),
    )
