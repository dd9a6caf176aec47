"""what columns of spreadsheets mean."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "column_mapping",
        sa.Column("header_key", sa.String(), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("meanings", sa.Text(), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("header_key", name=op.f("pk_column_mapping")),
    )
    op.add_column(
        "upload", sa.Column("table_choices", sa.Text(), server_default="", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("upload", "table_choices")
    op.drop_table("column_mapping")
