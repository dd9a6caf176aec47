"""menus of the site that organisers have changed."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "menu_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("menu", sa.String(), nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint(
            "menu IN ('header', 'conference', 'help', 'site')",
            name=op.f("ck_menu_entry_known_menu"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_menu_entry")),
        sa.UniqueConstraint("menu", "page", name=op.f("uq_menu_entry_menu_page")),
    )


def downgrade() -> None:
    op.drop_table("menu_entry")
