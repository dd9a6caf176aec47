"""notices of change, and that people know what is public today."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "change_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("from_release", sa.Integer(), nullable=False),
        sa.Column("to_release", sa.Integer(), nullable=False),
        sa.Column("old_place", sa.Text(), nullable=False),
        sa.Column("new_place", sa.Text(), nullable=False),
        sa.Column("excluded_changes", sa.Text(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("mailing_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'dropped', 'empty')", name=op.f("ck_change_notice_known_state")
        ),
        sa.ForeignKeyConstraint(
            ["from_release"], ["release.number"], name=op.f("fk_change_notice_from_release_release")
        ),
        sa.ForeignKeyConstraint(
            ["mailing_id"],
            ["mailing.id"],
            name=op.f("fk_change_notice_mailing_id_mailing"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["to_release"], ["release.number"], name=op.f("fk_change_notice_to_release_release")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_notice")),
        sa.UniqueConstraint("mailing_id", name=op.f("uq_change_notice_mailing_id")),
    )
    op.create_index("ix_change_notice_state", "change_notice", ["state"])
    _note_what_is_public()


def _note_what_is_public() -> None:
    """Store that people know the programme that is public today."""
    connection = op.get_bind()
    row = connection.execute(
        sa.text(
            "SELECT release.number, release.snapshot, conference.public_settings "
            "FROM conference JOIN release ON release.number = conference.current_release"
        )
    ).first()
    if row is None:
        return
    number, content, settings = row
    place = (json.loads(settings) if settings else json.loads(content)["conference"])["place"]
    connection.execute(
        sa.text(
            "INSERT INTO change_notice (state, from_release, to_release, old_place, new_place, "
            "excluded_changes, people, changes, version, changed_at, decided_by) VALUES ('empty', "
            ":number, :number, :place, :place, '[]', 0, 0, 0, CURRENT_TIMESTAMP, '')"
        ),
        {"number": number, "place": place},
    )


def downgrade() -> None:
    op.drop_table("change_notice")
