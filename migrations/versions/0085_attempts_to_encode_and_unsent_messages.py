"""how often a picture has been tried to encode, and what the first of two approvers wrote."""

import sqlalchemy as sa
from alembic import op

revision = "0085"
down_revision = "0084"
branch_labels = None
depends_on = None


APPLICATIONS = sa.table(
    "registration_application",
    *(sa.column("state", sa.String), sa.column("first_approved_by", sa.String)),
    *(sa.column("message", sa.Text), sa.column("unsent_message", sa.Text)),
)
# the first of two has approved, and what they wrote has not been sent
IS_HALF_APPROVED = (APPLICATIONS.c.state == "asked") & (APPLICATIONS.c.first_approved_by != "")


def upgrade() -> None:
    for table in ("photo", "page_image"):
        attempts = sa.Column("render_attempts", sa.Integer(), server_default="0", nullable=False)
        op.add_column(table, attempts)
    unsent = sa.Column("unsent_message", sa.Text(), server_default="", nullable=False)
    op.add_column("registration_application", unsent)
    moved = {"unsent_message": APPLICATIONS.c.message, "message": ""}
    op.execute(sa.update(APPLICATIONS).where(IS_HALF_APPROVED).values(moved))


def downgrade() -> None:
    moved = {"message": APPLICATIONS.c.unsent_message}
    op.execute(sa.update(APPLICATIONS).where(IS_HALF_APPROVED).values(moved))
    op.drop_column("registration_application", "unsent_message")
    for table in ("photo", "page_image"):
        op.drop_column(table, "render_attempts")
