"""answers to speakers' requests, and speakers who want no photo."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for name in ("outcome", "resolved_by"):
        op.add_column(
            "speaker_request", sa.Column(name, sa.String(), server_default="", nullable=False)
        )
    op.add_column(
        "speaker_request", sa.Column("answer", sa.Text(), server_default="", nullable=False)
    )
    op.add_column("speaker_answers", sa.Column("photo_declined_at", MOMENT, nullable=True))


def downgrade() -> None:
    op.drop_column("speaker_answers", "photo_declined_at")
    for name in ("answer", "resolved_by", "outcome"):
        op.drop_column("speaker_request", name)
