"""expressions of interest: people who would like to come, from whom organisers select."""

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

AUTOINCREMENT = {"sqlite_autoincrement": True}  # numbers of categories are never used again
CHECK = op.f("ck_registration_category_known_access")


def upgrade() -> None:
    with op.batch_alter_table("registration_category", table_kwargs=AUTOINCREMENT) as batch:
        batch.add_column(
            sa.Column("interest_closes_at", sa.DateTime(timezone=True), nullable=True)
        )
        batch.add_column(
            sa.Column("interest_questions", sa.String(), server_default="", nullable=False)
        )
        batch.drop_constraint(CHECK, type_="check")
        batch.create_check_constraint(CHECK, "access IN ('public', 'code', 'interest')")
    op.create_table(
        "expression_of_interest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("access_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("identity_key", sa.String(), nullable=False),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("expressed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("invitation_id", sa.Integer(), nullable=True),
        sa.Column("delegate_id", sa.Integer(), nullable=True),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state IN ('interested', 'invited', 'registered', 'declined', 'withdrawn')",
            name=op.f("ck_expression_of_interest_known_state"),
        ),
        sa.CheckConstraint(
            "(state IN ('interested', 'invited')) = (ended_at IS NULL)",
            name=op.f("ck_expression_of_interest_open_until_it_ends"),
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitation_code.id"],
            name=op.f("fk_expression_of_interest_invitation_id_invitation_code"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["delegate_id"],
            ["delegate.id"],
            name=op.f("fk_expression_of_interest_delegate_id_delegate"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["registration_category.id"],
            name=op.f("fk_expression_of_interest_category_id_registration_category"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expression_of_interest")),
        sa.UniqueConstraint("access_key", name=op.f("uq_expression_of_interest_access_key")),
    )
    op.create_index(
        "uq_expression_of_interest_open",
        "expression_of_interest",
        ["identity_key", "category_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_expression_of_interest_state", "expression_of_interest", ["state", "id"])
    for column in ("invitation_id", "delegate_id", "category_id"):
        op.create_index(
            op.f(f"ix_expression_of_interest_{column}"), "expression_of_interest", [column]
        )


def downgrade() -> None:
    op.drop_table("expression_of_interest")
    # codes still open what people were invited to; nobody can say any more that they would like to
    op.execute("UPDATE registration_category SET access = 'code' WHERE access = 'interest'")
    with op.batch_alter_table("registration_category", table_kwargs=AUTOINCREMENT) as batch:
        batch.drop_constraint(CHECK, type_="check")
        batch.create_check_constraint(CHECK, "access IN ('public', 'code')")
        batch.drop_column("interest_questions")
        batch.drop_column("interest_closes_at")
