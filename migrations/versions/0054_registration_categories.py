"""categories of registration, each with a limit of its own within that of the conference."""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

TABLES = ("delegate", "waiting_list_entry")


def upgrade() -> None:
    op.create_table(
        "registration_category",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("days", sa.String(), nullable=False),
        sa.Column("confirmation_text", sa.Text(), nullable=False),
        sa.Column("access", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "access IN ('public', 'code')", name=op.f("ck_registration_category_known_access")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_category")),
        sa.UniqueConstraint("name", name=op.f("uq_registration_category_name")),
    )
    op.create_index(
        op.f("ix_registration_category_position"), "registration_category", ["position"]
    )
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("category_id", sa.Integer(), nullable=True))
            batch.create_foreign_key(
                op.f(f"fk_{table}_category_id_registration_category"),
                "registration_category",
                ["category_id"],
                ["id"],
                ondelete="SET NULL",
            )
            batch.create_index(op.f(f"ix_{table}_category_id"), ["category_id"])


def downgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            batch.drop_index(op.f(f"ix_{table}_category_id"))
            batch.drop_constraint(
                op.f(f"fk_{table}_category_id_registration_category"), type_="foreignkey"
            )
            batch.drop_column("category_id")
    op.drop_table("registration_category")
    op.execute("DELETE FROM seat_limit WHERE name LIKE 'category %'")
