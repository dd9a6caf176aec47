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
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_registration_category_position"), "registration_category", ["position"]
    )
    op.create_table(
        "invitation_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "used >= 0 AND used <= uses", name=op.f("ck_invitation_code_never_overused")
        ),
        sa.CheckConstraint(
            "held >= 0 AND held <= uses - used", name=op.f("ck_invitation_code_holds_what_is_left")
        ),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["registration_category.id"],
            name=op.f("fk_invitation_code_category_id_registration_category"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation_code")),
        sa.UniqueConstraint("code", name=op.f("uq_invitation_code_code")),
    )
    op.create_index(op.f("ix_invitation_code_category_id"), "invitation_code", ["category_id"])
    op.create_index(op.f("ix_invitation_code_expires_at"), "invitation_code", ["expires_at"])
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
    op.execute(
        "UPDATE seat_limit SET taken = taken - (SELECT coalesce(sum(held), 0) FROM invitation_code)"
        " WHERE name = 'conference'"
    )
    op.drop_table("invitation_code")
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            batch.drop_index(op.f(f"ix_{table}_category_id"))
            batch.drop_constraint(
                op.f(f"fk_{table}_category_id_registration_category"), type_="foreignkey"
            )
            batch.drop_column("category_id")
    op.drop_table("registration_category")
    op.execute("DELETE FROM seat_limit WHERE name LIKE 'category %'")
