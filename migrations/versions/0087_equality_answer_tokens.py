"""tokens with which each booking answers the equality questions once."""

import sqlalchemy as sa
from alembic import op

revision = "0087"
down_revision = "0086"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "equality_spent_token",
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_equality_spent_token")),
    )
    opened = sa.Column(
        "has_opened_equality", sa.Boolean(), server_default=sa.false(), nullable=False
    )
    op.add_column("delegate", opened)


def downgrade() -> None:
    op.drop_column("delegate", "has_opened_equality")
    op.drop_table("equality_spent_token")
