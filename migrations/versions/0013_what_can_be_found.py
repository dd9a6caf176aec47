"""what can be found, as each database looks for words."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            """
            CREATE VIRTUAL TABLE finding USING fts5(
                release UNINDEXED, words,
                tokenize = 'ascii', detail = none, columnsize = 0, prefix = '2 3'
            )
            """
        )
        return
    op.execute(
        """
        CREATE TABLE finding (
            release integer NOT NULL,
            place integer NOT NULL,
            words tsvector NOT NULL,
            CONSTRAINT pk_finding PRIMARY KEY (place)
        )
        """
    )
    op.execute("CREATE INDEX ix_finding_words ON finding USING gin (words)")


def downgrade() -> None:
    op.execute("DROP TABLE finding")
