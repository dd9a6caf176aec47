"""under which key the files that answer questions are encrypted"""

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "answer_file", sa.Column("key_id", sa.String(), server_default="", nullable=False)
    )


def downgrade() -> None:
    # an earlier version would send encrypted files as they are stored
    op.execute(
        "DELETE FROM answer_file_chunk WHERE file_key IN"
        " (SELECT key FROM answer_file WHERE key_id != '')"
    )
    op.execute("DELETE FROM answer_file WHERE key_id != ''")
    with op.batch_alter_table("answer_file", schema=None) as batch_op:
        batch_op.drop_column("key_id")
