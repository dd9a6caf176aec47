"""the address of each delegate as it is compared, and indexes that answer without the rows."""

import sqlalchemy as sa
from alembic import op

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None

ATTENDING = sa.text("cancelled_at IS NULL")
DELEGATE = sa.table(
    "delegate",
    sa.column("id", sa.Integer),
    sa.column("email", sa.String),
    sa.column("email_key", sa.String),
)


def upgrade() -> None:
    op.add_column(
        "delegate", sa.Column("email_key", sa.String(), nullable=False, server_default="")
    )
    bind = op.get_bind()
    bind.execute(sa.update(DELEGATE).values(email_key=sa.func.lower(DELEGATE.c.email)))
    for number, email in bind.execute(sa.select(DELEGATE.c.id, DELEGATE.c.email)).all():
        if not email.isascii():  # SQLite lowers no other letters
            row = sa.update(DELEGATE).where(DELEGATE.c.id == number)
            bind.execute(row.values(email_key=email.lower()))
    for name in ("ix_delegate_attending_name", "ix_delegate_attending_email", "ix_delegate_email"):
        op.drop_index(name, "delegate")
    _index_attending("ix_delegate_attending_name", ["name_sort_key", "country", "cancelled_at"])
    op.create_index("ix_delegate_email_key", "delegate", ["email_key", "cancelled_at", "erased_at"])


def downgrade() -> None:
    for name in ("ix_delegate_attending_name", "ix_delegate_email_key"):
        op.drop_index(name, "delegate")
    op.create_index("ix_delegate_email", "delegate", ["email"])
    _index_attending("ix_delegate_attending_email", ["email"])
    _index_attending("ix_delegate_attending_name", ["name_sort_key", "country"])
    op.drop_column("delegate", "email_key")


def _index_attending(name: str, columns: list[str]) -> None:
    op.create_index(name, "delegate", columns, sqlite_where=ATTENDING, postgresql_where=ATTENDING)
