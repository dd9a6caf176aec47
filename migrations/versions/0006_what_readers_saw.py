"""what readers saw from when on, and where things were before."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "showing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("release_number", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("instead_of", sa.Integer(), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("differences", sa.Text(), nullable=True),
        sa.CheckConstraint("turn >= 1", name=op.f("ck_showing_counted_from_one")),
        sa.ForeignKeyConstraint(
            ["instead_of"], ["release.number"], name=op.f("fk_showing_instead_of_release")
        ),
        sa.ForeignKeyConstraint(
            ["release_number"], ["release.number"], name=op.f("fk_showing_release_number_release")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_showing")),
        sa.UniqueConstraint("release_number", "turn", name=op.f("uq_showing_release_number_turn")),
    )
    op.create_table(
        "former_address",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('session', 'speaker')", name=op.f("ck_former_address_known_kind")
        ),
        sa.PrimaryKeyConstraint("kind", "slug", name=op.f("pk_former_address")),
    )
    _show_the_releases_there_have_been()


def _show_the_releases_there_have_been() -> None:
    """Begin the trail with what is known; what each release changed is compared when asked for."""
    op.execute(
        """
        INSERT INTO showing (release_number, turn, instead_of, began_at)
        SELECT number, 1, (SELECT max(one.number) FROM release AS one
                           WHERE one.number < release.number), published_at
        FROM release ORDER BY number
        """
    )
    op.execute(  # readers were led back to an earlier one
        """
        INSERT INTO showing (release_number, turn, instead_of, began_at)
        SELECT conference.current_release, 2, release.number, release.published_at
        FROM conference JOIN release ON release.number = (SELECT max(number) FROM release)
        WHERE conference.current_release < release.number
        """
    )


def downgrade() -> None:
    op.drop_table("former_address")
    op.drop_table("showing")
