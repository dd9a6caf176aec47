"""What speakers tell of themselves, and what they would like changed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("speaker_id", sa.Integer(), nullable=True),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("goes_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'approved', 'amended', 'sent back', 'taken back', 'trusted')",
            name=op.f("ck_proposal_known_state"),
        ),
        sa.CheckConstraint(
            "(speaker_id IS NULL) <> (session_id IS NULL)", name=op.f("ck_proposal_about_one")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name=op.f("fk_proposal_session_id_session"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["speaker_id"],
            ["speaker.id"],
            name=op.f("fk_proposal_speaker_id_speaker"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.create_index("ix_proposal_goes_out_at", ["goes_out_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_proposal_session_id"), ["session_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_proposal_speaker_id"), ["speaker_id"], unique=False)
        batch_op.create_index("ix_proposal_state", ["state", "sent_at"], unique=False)
        batch_op.create_index(
            "uq_proposal_session_open",
            ["session_id"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.create_index(
            "uq_proposal_speaker_open",
            ["speaker_id"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    with op.batch_alter_table("conference", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("trusted_fields", sa.String(), server_default="", nullable=False)
        )

    with op.batch_alter_table("release", schema=None) as batch_op:
        batch_op.add_column(sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("speaker", schema=None) as batch_op:
        batch_op.add_column(sa.Column("honorific", sa.String(), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("pronunciation", sa.String(), server_default="", nullable=False)
        )
        batch_op.add_column(sa.Column("pronouns", sa.String(), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("biographies", sa.Text(), server_default="[]", nullable=False)
        )
        batch_op.add_column(sa.Column("links", sa.Text(), server_default="[]", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("speaker", schema=None) as batch_op:
        batch_op.drop_column("links")
        batch_op.drop_column("biographies")
        batch_op.drop_column("pronouns")
        batch_op.drop_column("pronunciation")
        batch_op.drop_column("honorific")

    with op.batch_alter_table("release", schema=None) as batch_op:
        batch_op.drop_column("frozen_at")

    with op.batch_alter_table("conference", schema=None) as batch_op:
        batch_op.drop_column("trusted_fields")

    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_proposal_speaker_open",
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.drop_index(
            "uq_proposal_session_open",
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.drop_index("ix_proposal_state")
        batch_op.drop_index(batch_op.f("ix_proposal_speaker_id"))
        batch_op.drop_index(batch_op.f("ix_proposal_session_id"))
        batch_op.drop_index("ix_proposal_goes_out_at")

    op.drop_table("proposal")
