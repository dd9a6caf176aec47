"""how often a picture has been tried to encode."""

import sqlalchemy as sa
from alembic import op

revision = "0085"
down_revision = "0084"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("photo", "page_image"):
        attempts = sa.Column("render_attempts", sa.Integer(), server_default="0", nullable=False)
        op.add_column(table, attempts)


def downgrade() -> None:
    for table in ("photo", "page_image"):
        op.drop_column(table, "render_attempts")
