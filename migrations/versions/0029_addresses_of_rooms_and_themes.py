"""keys of themes, and former addresses of rooms and themes.

A theme was known by its slug, which never changed: that is its key from now on.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0027"
branch_labels = None
depends_on = None

THEME = sa.table("theme", sa.column("slug"), sa.column("key"))
ENTRY = sa.table("history_entry", sa.column("subject"))
SLUG_REDIRECT = sa.table("slug_redirect", sa.column("kind"))


def upgrade() -> None:
    op.add_column("theme", sa.Column("key", sa.String(), nullable=True))
    op.execute(THEME.update().values(key=THEME.c.slug))
    with op.batch_alter_table("theme", schema=None) as batch_op:
        batch_op.alter_column("key", existing_type=sa.String(), nullable=False)
        batch_op.create_unique_constraint(batch_op.f("uq_theme_key"), ["key"])
    _allow_redirects_of("'session', 'speaker', 'room', 'theme'")


def downgrade() -> None:
    op.execute(SLUG_REDIRECT.delete().where(SLUG_REDIRECT.c.kind.in_(("room", "theme"))))
    _allow_redirects_of("'session', 'speaker'")
    connection = op.get_bind()
    moved = sa.select(THEME.c.key, THEME.c.slug).where(THEME.c.key != THEME.c.slug)
    for key, slug in connection.execute(moved).all():  # the history knows them by slug again
        its = ENTRY.update().where(ENTRY.c.subject == f"theme {key}")
        connection.execute(its.values(subject=f"theme {slug}"))
    with op.batch_alter_table("theme", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_theme_key"), type_="unique")
        batch_op.drop_column("key")


def _allow_redirects_of(kinds: str) -> None:
    name = op.f("ck_slug_redirect_known_kind")
    with op.batch_alter_table("slug_redirect", schema=None) as batch_op:
        batch_op.drop_constraint(name, type_="check")
        batch_op.create_check_constraint(name, f"kind IN ({kinds})")
