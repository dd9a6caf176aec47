"""an index of the recipients of a group email in the order in which pages list them."""

from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_mailing_recipient_order", "mailing_recipient", ["mailing_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_mailing_recipient_order", "mailing_recipient")
