"""speakers keep their own pages."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wanted_by",
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("item", name=op.f("pk_wanted_by")),
    )
    op.create_table(
        "keeping",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("speaker_id", sa.Integer(), nullable=False),
        sa.Column("is_assistant", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("named_by", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_keeping_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["speaker_id"],
            ["speaker.id"],
            name=op.f("fk_keeping_speaker_id_speaker"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keeping")),
    )
    with op.batch_alter_table("keeping", schema=None) as batch_op:
        batch_op.create_index(
            "ix_keeping_once",
            ["speaker_id", "person_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_keeping_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_keeping_speaker_id"), ["speaker_id"], unique=False)

    op.create_table(
        "reply",
        sa.Column("speaker_id", sa.Integer(), nullable=False),
        sa.Column("availability_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("needs_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("audio_visual", sa.Text(), server_default="", nullable=False),
        sa.Column("audio_visual_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("travel", sa.Text(), server_default="", nullable=False),
        sa.Column("travel_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recording", sa.String(), server_default="", nullable=False),
        sa.Column("slides", sa.String(), server_default="", nullable=False),
        sa.Column("consent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "recording IN ('', 'yes', 'no') AND slides IN ('', 'yes', 'no')",
            name=op.f("ck_reply_known_consent"),
        ),
        sa.ForeignKeyConstraint(
            ["speaker_id"],
            ["speaker.id"],
            name=op.f("fk_reply_speaker_id_speaker"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("speaker_id", name=op.f("pk_reply")),
    )
    op.create_table(
        "speaker_calendar_key",
        sa.Column("speaker_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["speaker_id"],
            ["speaker.id"],
            name=op.f("fk_speaker_calendar_key_speaker_id_speaker"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("speaker_id", name=op.f("pk_speaker_calendar_key")),
        sa.UniqueConstraint("key", name=op.f("uq_speaker_calendar_key_key")),
    )
    op.create_table(
        "speaker_mailing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("speaker_id", sa.Integer(), nullable=False),
        sa.Column("letter", sa.String(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["speaker_id"],
            ["speaker.id"],
            name=op.f("fk_speaker_mailing_speaker_id_speaker"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_speaker_mailing")),
    )
    with op.batch_alter_table("speaker_mailing", schema=None) as batch_op:
        batch_op.create_index(
            "ix_speaker_mailing_last", ["speaker_id", "letter", "sent_at"], unique=False
        )

    op.create_table(
        "speaker_needs",
        sa.Column("speaker_id", sa.Integer(), nullable=False),
        sa.Column("access", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["speaker_id"],
            ["speaker.id"],
            name=op.f("fk_speaker_needs_speaker_id_speaker"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("speaker_id", name=op.f("pk_speaker_needs")),
    )
    op.create_table(
        "speaker_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("speaker_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('another time', 'withdrawal')", name=op.f("ck_speaker_request_known_kind")
        ),
        sa.ForeignKeyConstraint(
            ["speaker_id"],
            ["speaker.id"],
            name=op.f("fk_speaker_request_speaker_id_speaker"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_speaker_request")),
    )
    with op.batch_alter_table("speaker_request", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_speaker_request_speaker_id"), ["speaker_id"], unique=False
        )

    op.create_table(
        "session_owner",
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("named_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_session_owner_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name=op.f("fk_session_owner_session_id_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_session_owner")),
    )
    with op.batch_alter_table("session_owner", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_owner_person_id"), ["person_id"], unique=False)

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("keeps_pages_since", sa.DateTime(timezone=True), nullable=True)
        )


def downgrade() -> None:
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("keeps_pages_since")

    with op.batch_alter_table("session_owner", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_owner_person_id"))

    op.drop_table("session_owner")
    with op.batch_alter_table("speaker_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_speaker_request_speaker_id"))

    op.drop_table("speaker_request")
    op.drop_table("speaker_needs")
    with op.batch_alter_table("speaker_mailing", schema=None) as batch_op:
        batch_op.drop_index("ix_speaker_mailing_last")

    op.drop_table("speaker_mailing")
    op.drop_table("speaker_calendar_key")
    op.drop_table("reply")
    with op.batch_alter_table("keeping", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_keeping_speaker_id"))
        batch_op.drop_index(batch_op.f("ix_keeping_person_id"))
        batch_op.drop_index(
            "ix_keeping_once",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.drop_table("keeping")
    op.drop_table("wanted_by")
