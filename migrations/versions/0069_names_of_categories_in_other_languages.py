"""names and texts of categories in other languages, and bookings that are of different people."""

import sqlalchemy as sa
from alembic import op

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "registration_category",
        sa.Column("translations", sa.Text(), server_default="", nullable=False),
    )
    op.create_table(
        "distinct_bookings",
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("second_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "first_id < second_id", name=op.f("ck_distinct_bookings_older_booking_first")
        ),
        sa.ForeignKeyConstraint(
            ["first_id"],
            ["delegate.id"],
            name=op.f("fk_distinct_bookings_first_id_delegate"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["second_id"],
            ["delegate.id"],
            name=op.f("fk_distinct_bookings_second_id_delegate"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("first_id", "second_id", name=op.f("pk_distinct_bookings")),
    )
    op.create_index(op.f("ix_distinct_bookings_second_id"), "distinct_bookings", ["second_id"])


def downgrade() -> None:
    op.drop_table("distinct_bookings")
    op.drop_column("registration_category", "translations")
