"""the people of notices of change, and replies of people."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "change_notice",
        sa.Column("includes_days", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "change_notice", sa.Column("content", sa.Text(), server_default="", nullable=False)
    )
    op.add_column(
        "change_notice", sa.Column("groups", sa.Text(), server_default="[]", nullable=False)
    )
    op.add_column(
        "change_notice", sa.Column("stale_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_table(
        "notice_person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("delegate_id", sa.Integer(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("day_changes", sa.Text(), nullable=False),
        sa.Column("is_included", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"],
            ["change_notice.id"],
            name=op.f("fk_notice_person_notice_id_change_notice"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["delegate_id"],
            ["delegate.id"],
            name=op.f("fk_notice_person_delegate_id_delegate"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_person")),
        sa.UniqueConstraint(
            "notice_id", "delegate_id", name=op.f("uq_notice_person_notice_id_delegate_id")
        ),
    )
    op.create_index(op.f("ix_notice_person_delegate_id"), "notice_person", ["delegate_id"])

    op.create_table(
        "email_reply",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email_id", sa.Integer(), nullable=True),
        sa.Column("booking_reference", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("attachments", sa.Text(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_by", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["email_id"],
            ["email.id"],
            name=op.f("fk_email_reply_email_id_email"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_reply")),
        sa.UniqueConstraint("message_id", name=op.f("uq_email_reply_message_id")),
    )
    op.create_index(op.f("ix_email_reply_email_id"), "email_reply", ["email_id"])
    op.create_index(op.f("ix_email_reply_booking_reference"), "email_reply", ["booking_reference"])
    op.create_index(op.f("ix_email_reply_sender"), "email_reply", ["sender"])
    op.create_index(
        "ix_email_reply_unread",
        "email_reply",
        ["id"],
        sqlite_where=sa.text("read_at IS NULL"),
        postgresql_where=sa.text("read_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("email_reply")
    op.drop_table("notice_person")
    with op.batch_alter_table("change_notice") as batch:
        batch.drop_column("stale_at")
        batch.drop_column("groups")
        batch.drop_column("content")
        batch.drop_column("includes_days")
