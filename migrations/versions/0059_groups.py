"""groups: one contact registers several people."""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "registration_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("access_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("shared", sa.Text(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_group")),
        sa.UniqueConstraint("access_key", name=op.f("uq_registration_group_access_key")),
    )
    op.create_index(op.f("ix_registration_group_email"), "registration_group", ["email"])
    op.create_table(
        "group_member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("delegate_id", sa.Integer(), nullable=True),
        sa.Column("waiting_list_entry_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state IN ('placed', 'waiting', 'unplaced', 'left', 'cancelled')",
            name=op.f("ck_group_member_known_state"),
        ),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["registration_group.id"],
            name=op.f("fk_group_member_group_id_registration_group"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["delegate_id"],
            ["delegate.id"],
            name=op.f("fk_group_member_delegate_id_delegate"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["waiting_list_entry_id"],
            ["waiting_list_entry.id"],
            name=op.f("fk_group_member_waiting_list_entry_id_waiting_list_entry"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_member")),
    )
    op.create_index(op.f("ix_group_member_group_id"), "group_member", ["group_id"])
    op.create_index("uq_group_member_delegate_id", "group_member", ["delegate_id"], unique=True)
    op.create_index(
        op.f("ix_group_member_waiting_list_entry_id"), "group_member", ["waiting_list_entry_id"]
    )


def downgrade() -> None:
    op.drop_table("group_member")
    op.drop_table("registration_group")
