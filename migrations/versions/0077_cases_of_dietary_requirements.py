"""cases of dietary requirements, in one table with those of access requirements."""

import sqlalchemy as sa
from alembic import op

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None

COLUMNS = (
    "id, key, delegate_id, kind, answer, reply, has_unread_reply, state, owner_id, due_on, "
    "updated_at, version"
)


def upgrade() -> None:
    _create_table(
        "requirement_case",
        sa.Column("type", sa.String(), nullable=False),
        sa.CheckConstraint(
            "type IN ('access', 'dietary')", name=op.f("ck_requirement_case_known_type")
        ),
    )
    op.create_index("ix_requirement_case_state", "requirement_case", ["type", "state", "due_on"])
    op.execute(
        f"INSERT INTO requirement_case ({COLUMNS}, type) "
        f"SELECT {COLUMNS}, 'access' FROM access_case"
    )
    _continue_numbers("requirement_case")
    op.drop_table("access_case")


def downgrade() -> None:
    _create_table("access_case")
    op.create_index("ix_access_case_state", "access_case", ["state", "due_on"])
    op.execute(
        f"INSERT INTO access_case ({COLUMNS}) SELECT {COLUMNS} FROM requirement_case "
        "WHERE type = 'access'"
    )
    _continue_numbers("access_case")
    op.drop_table("requirement_case")


def _create_table(name: str, *more: sa.Column | sa.CheckConstraint) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("delegate_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("has_unread_reply", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *more,
        sa.CheckConstraint(
            "state IN ('open', 'in progress', 'arranged', 'cannot be arranged')",
            name=op.f(f"ck_{name}_known_state"),
        ),
        sa.ForeignKeyConstraint(
            ["delegate_id"],
            ["delegate.id"],
            name=op.f(f"fk_{name}_delegate_id_delegate"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["person.id"],
            name=op.f(f"fk_{name}_owner_id_person"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("key", name=op.f(f"uq_{name}_key")),
    )
    op.create_index(op.f(f"ix_{name}_delegate_id"), name, ["delegate_id"])
    op.create_index(op.f(f"ix_{name}_owner_id"), name, ["owner_id"])


def _continue_numbers(name: str) -> None:
    """Let new rows follow those that were copied with their numbers."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), "
            f"COALESCE((SELECT MAX(id) FROM {name}), 0) + 1, false)"
        )
