"""the name of the table that says which release was last compared: nobody is notified then."""

import sqlalchemy as sa
from alembic import op

revision = "0083"
down_revision = "0082"
branch_labels = None
depends_on = None

OLD, NEW = "last_notified_release", "last_compared_release"


def upgrade() -> None:
    _rename(OLD, NEW)


def downgrade() -> None:
    _rename(NEW, OLD)


def _rename(old: str, new: str) -> None:
    """Make the table of one row anew: SQLite cannot rename the constraints of one that is there."""
    op.create_table(
        new,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f(f"ck_{new}_single_row")),
        sa.ForeignKeyConstraint(
            ["number"], ["release.number"], name=op.f(f"fk_{new}_number_release")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{new}")),
    )
    op.execute(f"INSERT INTO {new} (id, number) SELECT id, number FROM {old}")
    op.drop_table(old)
