"""what a conference adds to its emails: a paragraph, and who signs them."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("conference", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("email_paragraph", sa.Text(), server_default="", nullable=False)
        )
        batch_op.add_column(
            sa.Column("email_signatory", sa.String(), server_default="", nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("conference", schema=None) as batch_op:
        batch_op.drop_column("email_signatory")
        batch_op.drop_column("email_paragraph")
