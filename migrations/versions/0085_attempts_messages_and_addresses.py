"""attempts to encode pictures, what the first of two approvers wrote, and addresses with “ß”."""

import unicodedata

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

COLUMNS = ("id", "mailing_id", "state", "address", "address_key")
RECIPIENTS = sa.table("mailing_recipient", *(sa.column(name) for name in COLUMNS))
OTHERS = RECIPIENTS.alias()


def upgrade() -> None:
    for table in ("photo", "page_image"):
        attempts = sa.Column("render_attempts", sa.Integer(), server_default="0", nullable=False)
        op.add_column(table, attempts)
    unsent = sa.Column("unsent_message", sa.Text(), server_default="", nullable=False)
    op.add_column("registration_application", unsent)
    moved = {"unsent_message": APPLICATIONS.c.message, "message": ""}
    op.execute(sa.update(APPLICATIONS).where(IS_HALF_APPROVED).values(moved))
    _compare_addresses_in_lower_case()


def downgrade() -> None:
    moved = {"message": APPLICATIONS.c.unsent_message}
    op.execute(sa.update(APPLICATIONS).where(IS_HALF_APPROVED).values(moved))
    op.drop_column("registration_application", "unsent_message")
    for table in ("photo", "page_image"):
        op.drop_column(table, "render_attempts")


def _compare_addresses_in_lower_case() -> None:
    """Let “ß” be another letter than “ss” in addresses of emails that were written before."""
    bind, columns = op.get_bind(), RECIPIENTS.c
    differs = (columns.address_key != "") & (sa.func.lower(columns.address) != columns.address_key)
    pairs = sa.select(columns.address, columns.address_key).where(columns.address != "", differs)
    for address, key in bind.execute(pairs.distinct()).all():
        new = unicodedata.normalize("NFC", address).strip().lower()
        is_taken = sa.exists().where(
            OTHERS.c.mailing_id == columns.mailing_id,
            OTHERS.c.address_key == new,
            OTHERS.c.state != "left_out",
        )
        own = sa.update(RECIPIENTS).where(columns.address == address, columns.address_key == key)
        if new != key:
            bind.execute(own.where(~is_taken).values(address_key=new))
