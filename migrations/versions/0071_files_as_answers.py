"""files that answer questions, and how large each may be"""

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "question", sa.Column("max_megabytes", sa.Integer(), server_default="5", nullable=False)
    )
    op.create_table(
        "answer_file",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_answer_file")),
    )
    op.create_index(op.f("ix_answer_file_used_at"), "answer_file", ["used_at"])
    op.create_table(
        "answer_file_chunk",
        sa.Column("file_key", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_key"],
            ["answer_file.key"],
            name=op.f("fk_answer_file_chunk_file_key_answer_file"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("file_key", "number", name=op.f("pk_answer_file_chunk")),
    )


def downgrade() -> None:
    op.drop_table("answer_file_chunk")
    op.drop_table("answer_file")
    op.drop_column("question", "max_megabytes")
