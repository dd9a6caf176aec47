"""group emails: texts in other languages, why one failed, who agreed to some about sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0049"
branch_labels = None
depends_on = None

STATES = "'draft', 'scheduled', 'sending', 'done', 'stopped'"


def upgrade() -> None:
    op.add_column("mailing", sa.Column("failure", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "mailing", sa.Column("translations", sa.Text(), server_default="{}", nullable=False)
    )
    _replace_check(f"{STATES}, 'failed'")
    moment = sa.DateTime(timezone=True)
    op.add_column("linked_agenda", sa.Column("emails_agreed_at", moment, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("linked_agenda") as batch:
        batch.drop_column("emails_agreed_at")
    op.execute("UPDATE mailing SET state = 'stopped' WHERE state = 'failed'")
    _replace_check(STATES)
    with op.batch_alter_table("mailing") as batch:
        batch.drop_column("translations")
        batch.drop_column("failure")


def _replace_check(states: str) -> None:
    name = op.f("ck_mailing_known_state")
    with op.batch_alter_table("mailing") as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, f"state IN ({states})")
