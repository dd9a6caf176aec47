"""agendas with bookings, and when an agenda was last changed."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("agenda", schema=None) as batch_op:
        batch_op.drop_index("ix_agenda_made_at")
        batch_op.alter_column("made_at", new_column_name="changed_at")
    op.create_index("ix_agenda_changed_at", "agenda", ["changed_at"], unique=False)
    op.create_table(
        "kept_agenda",
        sa.Column("delegate_id", sa.Integer(), nullable=False),
        sa.Column("agenda_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agenda_id"],
            ["agenda.id"],
            name=op.f("fk_kept_agenda_agenda_id_agenda"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["delegate_id"],
            ["delegate.id"],
            name=op.f("fk_kept_agenda_delegate_id_delegate"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("delegate_id", name=op.f("pk_kept_agenda")),
    )
    op.create_index("ix_kept_agenda_agenda_id", "kept_agenda", ["agenda_id"], unique=False)


def downgrade() -> None:
    op.drop_table("kept_agenda")
    with op.batch_alter_table("agenda", schema=None) as batch_op:
        batch_op.drop_index("ix_agenda_changed_at")
        batch_op.alter_column("changed_at", new_column_name="made_at")
    op.create_index("ix_agenda_made_at", "agenda", ["made_at"], unique=False)
