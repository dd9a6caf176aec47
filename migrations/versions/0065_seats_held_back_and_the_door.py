"""seats that are held back, people at the door, and when seats that nobody takes up are freed."""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seat_hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_key", sa.String(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("is_for_door", sa.Boolean(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("seats > 0", name=op.f("ck_seat_hold_some_seats")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_hold")),
    )
    op.create_index(op.f("ix_seat_hold_session_key"), "seat_hold", ["session_key"])
    op.add_column(
        "seat_limit", sa.Column("held_back", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("seat_limit", sa.Column("no_show_minutes", sa.Integer(), nullable=True))
    op.add_column(
        "session_booking", sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "session_booking",
        sa.Column("is_from_door", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    with op.batch_alter_table("session_booking") as batch:
        batch.drop_column("is_from_door")
        batch.drop_column("checked_in_at")
    op.execute("UPDATE seat_limit SET seats = seats + held_back WHERE held_back > 0")
    with op.batch_alter_table("seat_limit") as batch:
        batch.drop_column("no_show_minutes")
        batch.drop_column("held_back")
    op.drop_table("seat_hold")
