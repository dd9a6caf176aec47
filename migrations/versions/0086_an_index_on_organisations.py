"""an index on delegates' organisations, which the filters of their list count."""

from alembic import op

revision = "0086"
down_revision = "0085"
branch_labels = None
depends_on = None


def upgrade() -> None:
    columns = ["organisation_sort_key", "organisation"]
    op.create_index("ix_delegate_organisation", "delegate", columns)


def downgrade() -> None:
    op.drop_index("ix_delegate_organisation", "delegate")
