"""the waiting list of the conference."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "seat_limit", sa.Column("waiting", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "seat_limit",
        sa.Column("has_waiting_list", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_table(
        "waiting_list_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("access_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("identity_key", sa.String(), nullable=False),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offer_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delegate_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'offered', 'accepted', 'lapsed', 'left', 'removed')",
            name=op.f("ck_waiting_list_entry_known_state"),
        ),
        sa.ForeignKeyConstraint(
            ["delegate_id"],
            ["delegate.id"],
            name=op.f("fk_waiting_list_entry_delegate_id_delegate"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_list_entry")),
        sa.UniqueConstraint("access_key", name=op.f("uq_waiting_list_entry_access_key")),
    )
    op.create_index(
        "uq_waiting_list_entry_identity_key_open",
        "waiting_list_entry",
        ["identity_key"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_waiting_list_entry_state", "waiting_list_entry", ["state", "id"])
    op.create_index(
        op.f("ix_waiting_list_entry_delegate_id"), "waiting_list_entry", ["delegate_id"]
    )


def downgrade() -> None:
    op.execute(
        "UPDATE seat_limit SET taken = taken - "
        "(SELECT count(*) FROM waiting_list_entry WHERE state = 'offered') "
        "WHERE name = 'conference'"
    )
    op.drop_table("waiting_list_entry")
    with op.batch_alter_table("seat_limit") as batch:
        batch.drop_column("has_waiting_list")
        batch.drop_column("waiting")
