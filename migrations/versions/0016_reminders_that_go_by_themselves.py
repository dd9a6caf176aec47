"""reminders that go by themselves, and letters to owners of sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "owner_mailing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("letter", sa.String(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_owner_mailing_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owner_mailing")),
    )
    op.create_index("ix_owner_mailing_last", "owner_mailing", ["person_id", "letter", "sent_at"])
    op.create_table(
        "planned_reminder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("speaker_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("goes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_by", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(speaker_id IS NULL) <> (person_id IS NULL)", name=op.f("ck_planned_reminder_to_one")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_planned_reminder_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["speaker_id"],
            ["speaker.id"],
            name=op.f("fk_planned_reminder_speaker_id_speaker"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_reminder")),
        sa.UniqueConstraint("person_id", name=op.f("uq_planned_reminder_person_id")),
        sa.UniqueConstraint("speaker_id", name=op.f("uq_planned_reminder_speaker_id")),
    )
    op.create_index(op.f("ix_planned_reminder_goes_at"), "planned_reminder", ["goes_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_planned_reminder_goes_at"), table_name="planned_reminder")
    op.drop_table("planned_reminder")
    op.drop_index("ix_owner_mailing_last", table_name="owner_mailing")
    op.drop_table("owner_mailing")
