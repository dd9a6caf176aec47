"""emails to many people, and who gets each of them."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
HAS_ADDRESS = sa.text("state != 'left_out' AND address_key != ''")
IS_PENDING = sa.text("state = 'pending'")


def upgrade() -> None:
    op.create_table(
        "mailing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("is_essential", sa.Boolean(), nullable=False),
        sa.Column("deselected", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("queued_at", MOMENT, nullable=True),
        sa.Column("queued_by", sa.String(), nullable=False),
        sa.Column("send_at", MOMENT, nullable=True),
        sa.Column("days_before", sa.Integer(), nullable=True),
        sa.Column("time_of_day", sa.String(), nullable=False),
        sa.Column("chooses_when_sent", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'scheduled', 'sending', 'done', 'stopped')",
            name=op.f("ck_mailing_known_state"),
        ),
        sa.CheckConstraint(
            "state = 'draft' OR send_at IS NOT NULL", name=op.f("ck_mailing_has_time_if_scheduled")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailing")),
    )
    op.create_index("ix_mailing_due", "mailing", ["state", "send_at"])
    create_recipients()


def create_recipients() -> None:
    """Create the table of those who get a mailing."""
    op.create_table(
        "mailing_recipient",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mailing_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("booking_reference", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("own_values", sa.Text(), nullable=False),
        sa.Column("calendar", sa.LargeBinary(), nullable=True),
        sa.Column("email_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.CheckConstraint(
            "state IN ('pending', 'queued', 'left_out')",
            name=op.f("ck_mailing_recipient_known_state"),
        ),
        sa.ForeignKeyConstraint(
            ["mailing_id"],
            ["mailing.id"],
            name=op.f("fk_mailing_recipient_mailing_id_mailing"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["email_id"],
            ["email.id"],
            name=op.f("fk_mailing_recipient_email_id_email"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailing_recipient")),
    )
    for column in ("person", "email_id"):
        op.create_index(op.f(f"ix_mailing_recipient_{column}"), "mailing_recipient", [column])
    op.create_index(
        "uq_mailing_recipient_person", "mailing_recipient", ["mailing_id", "person"], unique=True
    )
    op.create_index(
        "uq_mailing_recipient_address",
        "mailing_recipient",
        ["mailing_id", "address_key"],
        unique=True,
        sqlite_where=HAS_ADDRESS,
        postgresql_where=HAS_ADDRESS,
    )
    op.create_index(
        "ix_mailing_recipient_pending",
        "mailing_recipient",
        ["mailing_id", "id"],
        sqlite_where=IS_PENDING,
        postgresql_where=IS_PENDING,
    )


def downgrade() -> None:
    op.drop_table("mailing_recipient")
    op.drop_table("mailing")
