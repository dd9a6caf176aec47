"""seats of sessions that people book."""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "session", sa.Column("booking", sa.String(), server_default="open", nullable=False)
    )
    op.add_column(
        "session", sa.Column("seats_reason", sa.Text(), server_default="", nullable=False)
    )
    op.add_column("seat_limit", sa.Column("nominal_seats", sa.Integer(), nullable=True))
    op.create_table(
        "session_booking",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delegate_id", sa.Integer(), nullable=False),
        sa.Column("session_key", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["delegate_id"],
            ["delegate.id"],
            name=op.f("fk_session_booking_delegate_id_delegate"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_booking")),
        sa.UniqueConstraint(
            "delegate_id", "session_key", name=op.f("uq_session_booking_delegate_id_session_key")
        ),
    )
    op.create_index(
        op.f("ix_session_booking_session_key"), "session_booking", ["session_key"]
    )


def downgrade() -> None:
    op.drop_table("session_booking")
    op.execute("DELETE FROM seat_limit WHERE name LIKE 'session %'")
    with op.batch_alter_table("seat_limit") as batch:
        batch.drop_column("nominal_seats")
    with op.batch_alter_table("session") as batch:
        batch.drop_column("seats_reason")
        batch.drop_column("booking")
