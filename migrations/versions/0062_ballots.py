"""ballots of seats in sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ballot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("commitment", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(drawn_at IS NULL) = (document = '')", name=op.f("ck_ballot_published_once_drawn")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ballot")),
        sa.UniqueConstraint("commitment", name=op.f("uq_ballot_commitment")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ballot_session",
        sa.Column("ballot_id", sa.Integer(), nullable=False),
        sa.Column("session_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ballot_id"],
            ["ballot.id"],
            name=op.f("fk_ballot_session_ballot_id_ballot"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("ballot_id", "session_key", name=op.f("pk_ballot_session")),
    )
    op.create_index(op.f("ix_ballot_session_session_key"), "ballot_session", ["session_key"])
    op.create_table(
        "ballot_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ballot_id", sa.Integer(), nullable=False),
        sa.Column("delegate_id", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.String(), nullable=False),
        sa.Column("wishes", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("won", sa.Text(), nullable=False),
        sa.Column("notified_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["ballot_id"],
            ["ballot.id"],
            name=op.f("fk_ballot_entry_ballot_id_ballot"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["delegate_id"],
            ["delegate.id"],
            name=op.f("fk_ballot_entry_delegate_id_delegate"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ballot_entry")),
        sa.UniqueConstraint(
            "ballot_id", "delegate_id", name=op.f("uq_ballot_entry_ballot_id_delegate_id")
        ),
        sa.UniqueConstraint("ballot_id", "ticket", name=op.f("uq_ballot_entry_ballot_id_ticket")),
    )
    op.create_index(op.f("ix_ballot_entry_delegate_id"), "ballot_entry", ["delegate_id"])
    op.create_index("ix_ballot_entry_notified_at", "ballot_entry", ["notified_at"])


def downgrade() -> None:
    op.drop_table("ballot_entry")
    op.drop_table("ballot_session")
    op.drop_table("ballot")
