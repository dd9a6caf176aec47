"""speakers' places, and equality monitoring: the category for speakers, whose booking is whose; counts."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "registration_category",
        sa.Column("is_for_speakers", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "registration_category",
        sa.Column("kept_places", sa.Integer(), server_default="0", nullable=False),
    )
    op.create_index(
        "uq_registration_category_for_speakers",
        "registration_category",
        ["is_for_speakers"],
        unique=True,
        sqlite_where=sa.text("is_for_speakers IS 1"),
        postgresql_where=sa.text("is_for_speakers IS true"),
    )
    op.create_table(
        "speaker_place",
        sa.Column("speaker_id", sa.Integer(), nullable=False),
        sa.Column("delegate_id", sa.Integer(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["delegate_id"],
            ["delegate.id"],
            name=op.f("fk_speaker_place_delegate_id_delegate"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["speaker_id"],
            ["speaker.id"],
            name=op.f("fk_speaker_place_speaker_id_speaker"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("speaker_id", name=op.f("pk_speaker_place")),
        sa.UniqueConstraint("delegate_id", name=op.f("uq_speaker_place_delegate_id")),
    )
    op.create_table(
        "equality_question",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("is_asked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("published", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "published >= 0 AND published <= answered",
            name=op.f("ck_equality_question_not_ahead"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_equality_question")),
    )
    op.create_table(
        "equality_count",
        sa.Column("question_key", sa.String(), nullable=False),
        sa.Column("choice", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("published", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "published >= 0 AND published <= number", name=op.f("ck_equality_count_not_ahead")
        ),
        sa.PrimaryKeyConstraint("question_key", "choice", name=op.f("pk_equality_count")),
    )


def downgrade() -> None:
    op.drop_table("equality_count")
    op.drop_table("equality_question")
    op.drop_table("speaker_place")
    op.drop_index("uq_registration_category_for_speakers", "registration_category")
    op.drop_column("registration_category", "kept_places")
    op.drop_column("registration_category", "is_for_speakers")
