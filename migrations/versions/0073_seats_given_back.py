"""seats that people gave back, for calendars, and which reserved seats were not claimed."""

import sqlalchemy as sa
from alembic import op

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "released_seat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delegate_id", sa.Integer(), nullable=False),
        sa.Column("session_key", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["delegate_id"],
            ["delegate.id"],
            name=op.f("fk_released_seat_delegate_id_delegate"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_released_seat")),
    )
    op.create_index(op.f("ix_released_seat_delegate_id"), "released_seat", ["delegate_id"])
    op.add_column(
        "seat_hold",
        sa.Column("is_unclaimed", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.execute(
        "UPDATE seat_hold SET is_unclaimed = (1 = 1) "
        "WHERE is_for_door AND reason = 'Unclaimed seats'"
    )


def downgrade() -> None:
    with op.batch_alter_table("seat_hold") as batch:
        batch.drop_column("is_unclaimed")
    op.drop_table("released_seat")
