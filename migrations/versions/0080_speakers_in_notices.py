"""speakers among the people of notices, and the wording of emails that are no longer sent."""

import sqlalchemy as sa
from alembic import op

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None

NO_LONGER_SENT = ("speaker_session_moved", "speaker_details_changed", "speaker_left_out")
TEXTS = sa.table("email_text_version", sa.column("template", sa.String))
PEOPLE = sa.table("notice_person", sa.column("delegate_id", sa.Integer))
ACCOUNTS = sa.table("mailing_recipient", sa.column("person", sa.String))
NOTICES = sa.table("change_notice", sa.column("content", sa.Text))


def upgrade() -> None:
    op.execute(sa.delete(TEXTS).where(TEXTS.c.template.in_(NO_LONGER_SENT)))
    with op.batch_alter_table("notice_person") as batch:
        batch.add_column(sa.Column("person_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("name", sa.String(), server_default="", nullable=False))
        batch.alter_column("delegate_id", existing_type=sa.Integer(), nullable=True)
        batch.create_foreign_key(
            op.f("fk_notice_person_person_id_person"),
            *("person", ["person_id"], ["id"]),
            ondelete="CASCADE",
        )
        batch.create_unique_constraint(
            op.f("uq_notice_person_notice_id_person_id"), ["notice_id", "person_id"]
        )
        batch.create_check_constraint(
            op.f("ck_notice_person_is_one_person"), "(delegate_id IS NULL) <> (person_id IS NULL)"
        )
    op.create_index(op.f("ix_notice_person_person_id"), "notice_person", ["person_id"])
    op.add_column(
        "mailing_recipient",
        sa.Column("is_essential", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    op.execute(sa.delete(PEOPLE).where(PEOPLE.c.delegate_id.is_(None)))
    op.execute(sa.delete(ACCOUNTS).where(ACCOUNTS.c.person.startswith("account ")))
    # Earlier code has no names for changes of which only speakers are told. Without what is stored,
    # the worker finds out anew what an open notice is about.
    op.execute(sa.update(NOTICES).values(content=""))
    op.drop_column("mailing_recipient", "is_essential")
    op.drop_index(op.f("ix_notice_person_person_id"), "notice_person")
    with op.batch_alter_table("notice_person") as batch:
        batch.drop_constraint(op.f("ck_notice_person_is_one_person"), type_="check")
        batch.drop_constraint(op.f("uq_notice_person_notice_id_person_id"), type_="unique")
        batch.drop_constraint(op.f("fk_notice_person_person_id_person"), type_="foreignkey")
        batch.alter_column("delegate_id", existing_type=sa.Integer(), nullable=False)
        batch.drop_column("name")
        batch.drop_column("person_id")
