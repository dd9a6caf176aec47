"""applications for a place that the organisers decide on."""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

AUTOINCREMENT = {"sqlite_autoincrement": True}  # numbers of categories are never used again
CHECK = op.f("ck_registration_category_known_approvals")


def upgrade() -> None:
    with op.batch_alter_table("registration_category", table_kwargs=AUTOINCREMENT) as batch:
        batch.add_column(
            sa.Column("approvals_needed", sa.Integer(), server_default="0", nullable=False)
        )
        batch.add_column(
            sa.Column("is_place_held", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch.add_column(
            sa.Column("allows_transfer", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch.create_check_constraint(CHECK, "approvals_needed BETWEEN 0 AND 2")
    op.create_table(
        "registration_application",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("access_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("identity_key", sa.String(), nullable=False),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("is_held", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_approved_by", sa.String(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delegate_id", sa.Integer(), nullable=True),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'on hold', 'approved', 'waiting', 'declined', 'withdrawn')",
            name=op.f("ck_registration_application_known_state"),
        ),
        sa.CheckConstraint(
            "NOT is_held OR state IN ('asked', 'on hold')",
            name=op.f("ck_registration_application_holds_while_open"),
        ),
        sa.ForeignKeyConstraint(
            ["delegate_id"],
            ["delegate.id"],
            name=op.f("fk_registration_application_delegate_id_delegate"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["waiting_list_entry.id"],
            name=op.f("fk_registration_application_entry_id_waiting_list_entry"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["registration_category.id"],
            name=op.f("fk_registration_application_category_id_registration_category"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_application")),
        sa.UniqueConstraint("access_key", name=op.f("uq_registration_application_access_key")),
    )
    op.create_index(
        "uq_registration_application_identity_key_open",
        "registration_application",
        ["identity_key"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_registration_application_state", "registration_application", ["state", "id"]
    )
    for column in ("delegate_id", "entry_id", "category_id"):
        op.create_index(
            op.f(f"ix_registration_application_{column}"), "registration_application", [column]
        )

    op.create_table(
        "place_transfer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("access_key", sa.String(), nullable=False),
        sa.Column("delegate_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("keeps_seats", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('offered', 'accepted', 'withdrawn', 'lapsed')",
            name=op.f("ck_place_transfer_known_state"),
        ),
        sa.CheckConstraint(
            "(state = 'offered') = (ended_at IS NULL)",
            name=op.f("ck_place_transfer_open_while_offered"),
        ),
        sa.ForeignKeyConstraint(
            ["delegate_id"],
            ["delegate.id"],
            name=op.f("fk_place_transfer_delegate_id_delegate"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_transfer")),
        sa.UniqueConstraint("access_key", name=op.f("uq_place_transfer_access_key")),
    )
    op.create_index(
        "uq_place_transfer_delegate_id_open",
        "place_transfer",
        ["delegate_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_place_transfer_delegate_id", "place_transfer", ["delegate_id"])
    op.create_index(op.f("ix_place_transfer_ended_at"), "place_transfer", ["ended_at"])


def downgrade() -> None:
    op.drop_table("place_transfer")
    # places that are held for applicants go back
    op.execute(
        "UPDATE seat_limit SET taken = taken - "
        "(SELECT count(*) FROM registration_application WHERE is_held) "
        "WHERE name = 'conference'"
    )
    op.execute(
        "UPDATE seat_limit SET taken = taken - "
        "(SELECT count(*) FROM registration_application WHERE is_held "
        "AND 'category ' || category_id = seat_limit.name) "
        "WHERE name LIKE 'category %'"
    )
    op.drop_table("registration_application")
    with op.batch_alter_table("registration_category", table_kwargs=AUTOINCREMENT) as batch:
        batch.drop_constraint(CHECK, type_="check")
        batch.drop_column("allows_transfer")
        batch.drop_column("is_place_held")
        batch.drop_column("approvals_needed")
