"""what emails say in the words of organisers, version by version."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "email_text_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("is_shipped", sa.Boolean(), nullable=False),
        sa.Column("shipped_subject", sa.Text(), nullable=False),
        sa.Column("shipped_body", sa.Text(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_email_text_version_version_from_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_text_version")),
        sa.UniqueConstraint(
            "template",
            "language",
            "version",
            name=op.f("uq_email_text_version_template_language_version"),
        ),
    )


def downgrade() -> None:
    op.drop_table("email_text_version")
