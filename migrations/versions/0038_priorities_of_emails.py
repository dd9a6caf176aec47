"""priorities of emails, and domains that are left alone for a while."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
IS_WAITING = sa.text("state = 'waiting'")
EMAIL = sa.table("email", *(sa.column(name) for name in ("id", "recipient", "domain", "state")))


def upgrade() -> None:
    op.create_table(
        "mail_domain",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("resumes_at", MOMENT, nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_mail_domain"),
    )
    op.add_column("email", sa.Column("domain", sa.String(), server_default="", nullable=False))
    op.add_column(
        "email", sa.Column("priority", sa.SmallInteger(), server_default="1", nullable=False)
    )
    set_domains()
    create_index("priority", "due_at", "id")


def downgrade() -> None:
    create_index("due_at")
    op.drop_column("email", "priority")
    op.drop_column("email", "domain")
    op.drop_table("mail_domain")


def set_domains() -> None:
    """Set the domains of the emails that wait; those that are over need none."""
    connection = op.get_bind()
    waiting = sa.select(EMAIL.c.id, EMAIL.c.recipient).where(EMAIL.c.state == "waiting")
    for number, recipient in connection.execute(waiting).all():
        domain = recipient.rpartition("@")[2].strip().lower()
        connection.execute(EMAIL.update().where(EMAIL.c.id == number).values(domain=domain))


def create_index(*columns: str) -> None:
    """Put an index over these columns in place of the one of that name."""
    op.drop_index("ix_email_due", table_name="email")
    op.create_index(
        "ix_email_due",
        "email",
        list(columns),
        sqlite_where=IS_WAITING,
        postgresql_where=IS_WAITING,
    )
