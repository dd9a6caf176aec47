"""addresses that get no emails to many, and what became of emails once they had gone out."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "suppressed_address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("suppressed_at", MOMENT, nullable=False),
        sa.Column("suppressed_by", sa.String(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "reason IN ('unsubscribed', 'complaint', 'bounced', 'desk')",
            name=op.f("ck_suppressed_address_known_reason"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressed_address")),
        sa.UniqueConstraint("address", "reason", name=op.f("uq_suppressed_address_address_reason")),
    )
    op.create_table(
        "unsubscribe_key",
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_unsubscribe_key")),
        sa.UniqueConstraint("key", name=op.f("uq_unsubscribe_key_key")),
    )
    op.create_table(
        "mailbox_position",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("validity", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("existing", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mailbox_position")),
    )
    op.add_column("email", sa.Column("returned_at", MOMENT, nullable=True))
    op.add_column(
        "email", sa.Column("return_status", sa.String(), server_default="", nullable=False)
    )
    op.add_column("email", sa.Column("complained_at", MOMENT, nullable=True))


def downgrade() -> None:
    op.drop_column("email", "complained_at")
    op.drop_column("email", "return_status")
    op.drop_column("email", "returned_at")
    op.drop_table("mailbox_position")
    op.drop_table("unsubscribe_key")
    op.drop_table("suppressed_address")
