"""what was read from a spreadsheet of delegates, until it is saved."""

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delegate_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("imported_by", sa.String(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_delegate_import"),
        sa.UniqueConstraint("key", name="uq_delegate_import_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_delegate_import_imported_by", "delegate_import", ["imported_by"])


def downgrade() -> None:
    op.drop_table("delegate_import")
