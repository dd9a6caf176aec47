"""the access and dietary requirements that people choose from."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("access_kinds", "dietary_kinds"):
        op.add_column("needs", sa.Column(name, sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    for name in ("dietary_kinds", "access_kinds"):
        op.drop_column("needs", name)
